package ui

import (
	"fmt"
	"os/exec"

	tea "github.com/charmbracelet/bubbletea"
)

// handedBackMsg tells that a program that had the terminal has ended.
type handedBackMsg struct {
	host string // that is to be read again, or ""
	what string // such as "the shell on web1"
	err  error
}

// handOver gives the terminal to what the backend has made, until it ends.
// What lingers stays on the screen until it has been read.
func (m *Model) handOver(host, what string, program *exec.Cmd, err error, lingers func(error) bool) tea.Cmd {
	if err != nil {
		m.fail(err)
		return nil
	}
	return m.give(program, lingers, func(err error) tea.Msg { return handedBackMsg{host, what, err} })
}

// sshFailed is the status with which ssh says that it could not connect. Any
// other is the last command's that was typed there.
const sshFailed = 255

// cutOff says that ssh did not connect, or lost its connection.
func cutOff(err error) bool { return exitOf(err) == sshFailed }

// anyFailure says that a program was there and failed.
func anyFailure(err error) bool { return exitOf(err) > 0 }

func (m *Model) onHandedBack(msg handedBackMsg) {
	if msg.host != "" {
		m.backend.Refresh([]string{msg.host})
	}
	m.backend.ReadKeys() // whoever has a terminal may load or remove some
	switch {
	case exitOf(msg.err) < 0:
		m.fail(fmt.Errorf("%s could not be started: %w", msg.what, msg.err))
	case msg.host != "" && cutOff(msg.err):
		m.announce(warn, "The connection to "+msg.host+" failed or was cut", "What ssh said stands on the screen that you had before.")
	}
}

// under is the host that a key in Fleet or in a host's place is about.
func (m *Model) under() string {
	if m.at == placeHost {
		return m.host.name
	}
	return m.fleet.current()
}

func (m *Model) openShell() tea.Cmd {
	name := m.under()
	shell, err := m.backend.Shell(name)
	return m.handOver(name, "the shell on "+name, shell, err, cutOff)
}

// canAcceptKey says whether nobody knows the host's key yet. One that is
// another than the known one is never offered: that is for a person to mend.
func (m *Model) canAcceptKey() bool {
	h := m.known.hosts[m.under()]
	return h != nil && h.status.KeyUnknown()
}

// acceptKey has ssh itself ask whether the host's key is the right one.
func (m *Model) acceptKey() tea.Cmd {
	name := m.under()
	question, err := m.backend.AcceptKey(name)
	return m.handOver(name, "ssh to "+name, question, err, anyFailure)
}

// openLog shows the log of the task under the cursor as it is on disk, in a
// pager or in an editor.
func (m *Model) openLog(in LogProgram) tea.Cmd {
	p := m.run.focused()
	program, err := m.backend.ShowLog(in, m.run.dir, p.host)
	return m.handOver("", "the "+string(in), program, err, anyFailure)
}
