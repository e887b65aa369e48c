module nixfleet-tui/sshutil/usshoracle

go 1.26

require golang.org/x/crypto v0.0.0-20220313003712-b769efc7c000

require golang.org/x/sys v0.0.0-20210615035016-665e8c7367d1 // indirect
