package figures

import (
	"bufio"
	"regexp"
	"strconv"
	"strings"
)

// Metric is a unit of a benchmark, such as ns/op.
type Metric struct{ Benchmark, Unit string }

// Results are all that Go's benchmarks printed.
type Results map[Metric][]float64

// Read takes what `go test -bench` prints. Benchmarks go by their names without
// the word Benchmark and without the number of processors behind them.
func (r Results) Read(said string) {
	processors := regexp.MustCompile(`-\d+$`)
	lines := bufio.NewScanner(strings.NewReader(said))
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		name := processors.ReplaceAllString(strings.TrimPrefix(words[0], "Benchmark"), "")
		for i := 2; i+1 < len(words); i += 2 {
			if v, err := strconv.ParseFloat(words[i], 64); err == nil {
				m := Metric{name, words[i+1]}
				r[m] = append(r[m], v)
			}
		}
	}
}
