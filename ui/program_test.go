package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestMain is also the programs that tests start on a terminal.
func TestMain(m *testing.M) {
	switch os.Getenv("UI_TEST_PROGRAM") {
	case "":
		os.Exit(m.Run())
	case "nothing":
		fmt.Println("done") // all inits have run
	case "dashboard":
		dashboardProgram()
	case "idle":
		still := begin()
		show(largeFleet(100), Options{Backend: &recorder{}, Now: func() time.Time { return still }})
	case "loaded":
		show(dozen(), Options{Backend: &recorder{}, Now: time.Now, OpenRun: os.Getenv("UI_TEST_RUN")})
	}
}

// show shows a fleet until somebody leaves; the farewell is of no interest.
func show(all []told, o Options) {
	o.News = NewMailbox()
	o.Crew, o.Look = NewCrew(o.News), Look{Theme: ThemeANSI}
	o.News.Post(InventoryRead{inventoryOf(all)})
	for _, t := range all {
		for _, n := range t.newsOf() {
			o.News.Post(n)
		}
	}
	if _, err := Run(context.Background(), o); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	o.Crew.Wait()
}

// dashboardProgram shows the fleet of the tests. r panics in a goroutine, u in
// Update, and a shell tells whether it is on a terminal.
func dashboardProgram() {
	mail := NewMailbox()
	crew := NewCrew(mail)
	mail.Post(InventoryRead{inventoryOf(dozen())})
	for _, t := range dozen() {
		for _, n := range t.newsOf() {
			mail.Post(n)
		}
	}
	farewell, err := Run(context.Background(), Options{
		Backend: &panicking{recorder: &recorder{}, crew: crew}, News: mail, Crew: crew, Now: time.Now, Look: Look{Theme: ThemeANSI},
	})
	crew.Wait()
	var crash *Crash
	if errors.As(err, &crash) {
		fmt.Printf("crash: %s\n", crash.Value)
		os.Exit(1)
	}
	fmt.Printf("farewell: %q, error: %v\n", farewell, err)
}

type panicking struct {
	*recorder
	crew *Crew
}

func (p *panicking) Refresh(hosts []string) {
	if hosts == nil {
		p.crew.Go(func() { panic("panic in a goroutine") })
	}
}
func (p *panicking) Evaluate([]string) { panic("panic in Update") }

func (p *panicking) Shell(string) (*exec.Cmd, error) {
	return exec.Command("sh", "-c", `if test -t 0 && test -t 1; then echo 'shell on a terminal: yes'; else echo 'shell on a terminal: no'; fi; read line`), nil
}
