package sshutil

import (
	"context"
	"io"
	"time"
)

// Command is one command line to run on a host.
type Command struct {
	Line         string // as handed to the login shell
	Stdin        []byte
	MaxOutput    int  // bytes of stdout and of stderr kept; zero means 1 MiB
	ForwardAgent bool // only for what needs it (sudo by agent)
}

// Result is what a command that ended by itself left.
type Result struct {
	Stdout, Stderr []byte
	ExitCode       int
}

// Runner runs commands on one host. Client, Master and test doubles do.
// Run's error is an *Error; a command that ran and failed is no error but has
// an ExitCode. Close ends the connection.
type Runner interface {
	Run(ctx context.Context, cmd Command) (Result, error)
	Close() error
}

// Client is one authenticated connection to one host, shared by all who want
// to run something there. It keeps itself alive and measures latency.
type Client struct{}

// Run implements Runner. Several may run at once (at most four sessions; more wait).
func (c *Client) Run(ctx context.Context, cmd Command) (Result, error) { panic("soon") }

// Stream starts a command and hands over its stdin and stdout, for protocols.
// Closing it ends the command.
func (c *Client) Stream(ctx context.Context, line string) (io.ReadWriteCloser, error) { panic("soon") }

// Close ends the connection and waits for what belongs to it.
func (c *Client) Close() error { panic("soon") }

// Done is closed when the connection has ended, for whatever reason.
func (c *Client) Done() <-chan struct{} { panic("soon") }

// Latency is the last measured round trip; zero when none was.
func (c *Client) Latency() time.Duration { panic("soon") }

// Via says how the host is reached: "direct", "jump a→b", "proxycommand" or "openssh".
func (c *Client) Via() string { panic("soon") }

// Target is what the name resolved to.
func (c *Client) Target() Target { panic("soon") }

// Dialer makes connections. The zero value of an option means its default.
type Dialer struct {
	Resolver    Resolver
	AgentSocket string        // SSH_AUTH_SOCK of the person
	Timeout     time.Duration // for resolution, dial, handshake and login together; default 8 s
	Home        string        // for ~ and %d; default os.UserHomeDir
	OpenSSH     string        // the ssh program, for what x/crypto cannot do; "" never
	SSHOptions  []string      // words put before the host whenever that program is started
}

// Dial connects to the host called name. The error is an *Error.
func (d *Dialer) Dial(ctx context.Context, name string) (*Client, error) { panic("soon") }

// Pool keeps one Client per host and dials again when it has died. Concurrent
// calls for one host share one dial.
type Pool struct{}

// NewPool returns an empty pool over d.
func NewPool(d *Dialer) *Pool { panic("soon") }

// Client returns the host's connection, dialling if there is none.
func (p *Pool) Client(ctx context.Context, name string) (*Client, error) { panic("soon") }

// Run runs cmd on the host called name.
func (p *Pool) Run(ctx context.Context, name string, cmd Command) (Result, error) { panic("soon") }

// Drop closes the host's connection, if there is one.
func (p *Pool) Drop(name string) { panic("soon") }

// Close ends all connections.
func (p *Pool) Close() error { panic("soon") }

// OpenSSH resolves names by asking the ssh program (`ssh OPTIONS -G -- NAME`).
type OpenSSH struct {
	Program string   // default "ssh"
	Options []string // such as -F FILE, or the words of NIX_SSHOPTS
	Home    string   // for ~ and %d
}

// Resolve implements Resolver. The error is an *Error of KindConfigBad.
func (o *OpenSSH) Resolve(ctx context.Context, name string) (Target, error) { panic("soon") }

// Master is an OpenSSH connection that other ssh processes share through its
// control socket. It outlives this process until Close, or until it has been
// idle for ten minutes.
type Master struct {
	Program string   // default "ssh"
	Options []string // words before the host; must hold ControlPath
	Host    string
	Socket  string // the control socket's path, with tokens expanded
}

// Open starts the master and returns when it is logged in.
func (m *Master) Open(ctx context.Context) error { panic("soon") }

// Run implements Runner through the shared connection.
func (m *Master) Run(ctx context.Context, cmd Command) (Result, error) { panic("soon") }

// Close ends the shared connection. A master that is gone already is no error.
func (m *Master) Close() error { panic("soon") }

// ConfigHost is one Host block of a generated ssh configuration. Empty fields
// are left to the person's own files.
type ConfigHost struct {
	Name         string // the fleet's name, which is what ssh is asked for
	HostName     string
	User         string
	Port         int
	ForwardAgent *bool
}

// Config is an ssh configuration that lays a fleet's settings over the person's own.
type Config struct {
	Hosts    []ConfigHost
	Includes []string // the person's and the system's files; see PersonalConfig
}

// Render returns the text of the configuration: the Host blocks, the includes,
// and keepalives for whoever has none (ServerAliveInterval 10,
// ServerAliveCountMax 3, ConnectTimeout 8). Names that ssh could misread are
// refused.
func (c Config) Render() ([]byte, error) { panic("soon") }

// PersonalConfig splits the words of NIX_SSHOPTS into the file that a -F among
// them names (or ~/.ssh/config and /etc/ssh/ssh_config, whichever exist) and the rest.
func PersonalConfig(words []string, home string) (includes, rest []string) { panic("soon") }

// SplitOptions splits NIX_SSHOPTS as nixos-rebuild does (shell words).
func SplitOptions(s string) ([]string, error) { panic("soon") }
