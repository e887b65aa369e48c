package demo

// Program is how to start this very program again, even when its file is gone,
// as after `go run`.
func Program() (string, error) { return "/proc/self/exe", nil }
