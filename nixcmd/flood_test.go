package nixcmd

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// recordedFlood is as long as a recorded log of 633 substitutes and 20 builds.
const recordedFlood = 95 << 20

// flood writes a log with the proportions of real ones: 98 of 100 lines are
// progress numbers, a line has 90 bytes on average, and the longest 15 kB.
func flood(to io.Writer, size int64) error {
	w := &counter{w: bufio.NewWriterSize(to, 1<<20)}
	fmt.Fprintln(w, "building the system configuration...")
	for id, kind := range map[int]int{5050881540097: actRealise, 5050881540098: actBuilds, 5050881540099: actCopyPaths} {
		fmt.Fprintf(w, `@nix {"action":"start","id":%d,"level":0,"parent":0,"text":"","type":%d}`+"\n", id, kind)
	}
	for i := 0; w.n < size; i++ {
		id := 5050881540100 + i
		fmt.Fprintf(w, `@nix {"action":"start","fields":["/nix/store/8bm45xdk5sakpc30lam9f739izchy80h-ghc-9.2.4-doc-%d","https://cache.nixos.org","local"],"id":%d,"level":3,"parent":0,"text":"copying path '/nix/store/8bm45xdk5sakpc30lam9f739izchy80h-ghc-9.2.4-doc-%d' from 'https://cache.nixos.org'","type":100}`+"\n", i, id, i)
		for n := range 196 {
			fmt.Fprintf(w, `@nix {"action":"result","fields":[%d,1605632,0,0],"id":%d,"type":105}`+"\n", n*8192, id)
		}
		fmt.Fprintf(w, `@nix {"action":"result","fields":[%d,633,4,0],"id":5050881540099,"type":105}`+"\n", i)
		fmt.Fprintf(w, `@nix {"action":"result","fields":["output for /nix/store/0kzm0jjrfrx167f7h2qpc72naqgijjq6-build%d"],"id":5050881540101,"type":101}`+"\n", i)
		fmt.Fprintf(w, `@nix {"action":"stop","id":%d}`+"\n", id)
	}
	fmt.Fprintf(w, `@nix {"action":"msg","level":1,"msg":"warning: %s"}`+"\n", strings.Repeat("long ", 3000))
	return w.w.Flush()
}

// counter counts what is written.
type counter struct {
	w *bufio.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.w.Write(p)
}

// digest reads a log as it is tailed, and calls each after every chunk.
func digest(log io.Reader, each func()) (*LogDecoder, error) {
	d := NewLogDecoder(Build, noon)
	var readable []byte
	chunk := make([]byte, 64<<10)
	for {
		n, err := log.Read(chunk)
		readable = d.Write(readable[:0], chunk[:n])
		each()
		if err == io.EOF {
			d.Close(readable)
			return d, nil
		}
		if err != nil {
			return d, err
		}
	}
}

// decodeEveryLine is what there is to compare with.
func decodeEveryLine(log io.Reader) error {
	lines := bufio.NewReaderSize(log, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if body, ok := bytes.CutPrefix(line, nixMark); ok {
			var m nixMessage
			if err := json.Unmarshal(body, &m); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// race times both ways of reading the same log.
type race struct{ ours, plain time.Duration }

func (r race) ratio() float64 { return float64(r.plain) / float64(r.ours) }

func runRace(log func() io.Reader) (r race, err error) {
	began := time.Now()
	if _, err := digest(log(), func() {}); err != nil {
		return r, err
	}
	r.ours, began = time.Since(began), time.Now()
	err = decodeEveryLine(log())
	r.plain = time.Since(began)
	return r, err
}

// TestFloodIsDigested holds the reason for our speed, which can be counted
// where time cannot be trusted: nearly all lines are put aside undecoded, so
// there is a tenth of the allocations of encoding/json on every line, at most.
// BenchmarkFlood takes the time.
func TestFloodIsDigested(t *testing.T) {
	var b bytes.Buffer
	if err := flood(&b, 12<<20); err != nil {
		t.Fatal(err)
	}
	log := func() io.Reader { return bytes.NewReader(b.Bytes()) }
	ours := testing.AllocsPerRun(1, func() {
		if _, err := digest(log(), func() {}); err != nil {
			t.Fatal(err)
		}
	})
	plain := testing.AllocsPerRun(1, func() {
		if err := decodeEveryLine(log()); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%d MB: %.0f allocations against %.0f", b.Len()>>20, ours, plain)
	if ours*10 > plain {
		t.Errorf("%.0f allocations, and encoding/json makes %.0f on every line", ours, plain)
	}

	runtime.GC()
	before := heapInUse()
	d, err := digest(log(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	if kept := int64(heapInUse()) - int64(before); kept > 4<<20 {
		t.Errorf("%d bytes are kept", kept)
	}
	runtime.KeepAlive(d)
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// BenchmarkFlood reads 95 MB from a file in both ways. Besides the speed it
// tells how many times as fast as encoding/json that is, and the largest heap
// that was in use at any moment.
func BenchmarkFlood(b *testing.B) {
	path := filepath.Join(b.TempDir(), "log")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := flood(f, recordedFlood); err != nil {
		b.Fatal(err)
	}
	log := func() io.Reader { return io.NewSectionReader(f, 0, 1<<62) }
	var all race
	b.SetBytes(recordedFlood)
	for b.Loop() {
		r, err := runRace(log)
		if err != nil {
			b.Fatal(err)
		}
		all.ours, all.plain = all.ours+r.ours, all.plain+r.plain
	}
	runtime.GC()
	var peak uint64
	if _, err := digest(log(), func() { peak = max(peak, heapInUse()) }); err != nil {
		b.Fatal(err)
	}
	rounds := float64(b.N)
	b.ReportMetric(all.ratio(), "times-json")
	b.ReportMetric(float64(peak)/(1<<20), "MB-heap")
	b.ReportMetric(float64(all.ours.Nanoseconds())/rounds, "ns/op")
	b.ReportMetric(float64(recordedFlood)/1e6*rounds/all.ours.Seconds(), "MB/s")
}
