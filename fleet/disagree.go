package fleet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nixfleet-tui/nixcmd"
)

// listing is a builder as one source lists it; "" is what that source leaves open.
type listing struct {
	from    string
	points  map[string]string // by what it is
	mistake string            // for which Nix refuses the whole source; or ""
}

// points are what sources can disagree on, in the order of how much it matters.
func points() []string {
	return []string{"host key", "protocol", "user", "systems", "features", "mandatory features", "jobs", "speed"}
}

func listingOf(m nixcmd.Machine, from string) listing {
	return listing{from: from, mistake: m.Mistake, points: map[string]string{
		"host key": m.PublicHostKey, "protocol": m.Protocol, "user": m.User, "systems": inOrder(m.Systems), "jobs": strconv.Itoa(m.MaxJobs), "speed": speedWords(m.SpeedFactor),
		// NixOS writes mandatory features among the supported ones too.
		"features": inOrder(slices.Concat(m.SupportedFeatures, m.MandatoryFeatures)), "mandatory features": inOrder(m.MandatoryFeatures),
	}}
}

// fleetListing is what fleet.nix itself says of a builder.
func fleetListing(b Builder) listing {
	return listing{from: fleetFile, points: map[string]string{
		"host key": b.HostKey, "user": b.SSHUser, "systems": inOrder(b.Systems), "jobs": strconv.Itoa(b.MaxJobs), "speed": speedWords(b.SpeedFactor),
		"features": inOrder(slices.Concat(b.SupportedFeatures, b.MandatoryFeatures)), "mandatory features": inOrder(b.MandatoryFeatures),
	}}
}

func inOrder(words []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(words))), " ")
}

func speedWords(factor float64) string { return strconv.FormatFloat(factor, 'g', -1, 64) }

// disagreements are what the listings of one builder contradict each other in,
// a sentence for each point; and sources that list it more than once.
func disagreements(listings []listing) []string {
	var found []string
	for _, point := range points() {
		values := map[string][]string{}
		var order []string
		for _, l := range listings {
			v := l.points[point]
			if v == "" {
				continue
			}
			if values[v] == nil {
				order = append(order, v)
			}
			if n := len(values[v]); n == 0 || values[v][n-1] != l.from { // listings come source by source
				values[v] = append(values[v], l.from)
			}
		}
		if len(order) < 2 {
			continue
		}
		var said []string
		for _, v := range order {
			said = append(said, brief(v)+" in "+sources(values[v]))
		}
		found = append(found, fmt.Sprintf("its %s: %s", point, strings.Join(said, ", but ")))
	}
	return append(found, twice(listings)...)
}

// brief shortens a key to what tells it from another: its end.
func brief(value string) string {
	const most, shown = 48, 12
	if len(value) <= most {
		return value
	}
	return "…" + strings.ToValidUTF8(value[len(value)-shown:], "")
}

func sources(from []string) string {
	if len(from) == 1 {
		return from[0]
	}
	return fmt.Sprintf("%s and %d more", from[0], len(from)-1)
}

func twice(listings []listing) []string {
	times := map[string]int{}
	var found []string
	for _, l := range listings {
		if times[l.from]++; times[l.from] == 2 {
			found = append(found, l.from+" lists it more than once")
		}
	}
	return found
}

// mistakes are what of the listings makes no sense.
func mistakes(listings []listing) []string {
	var found []string
	for _, l := range listings {
		if l.mistake != "" {
			found = append(found, l.from+": "+l.mistake+passedOver)
		}
	}
	return found
}
