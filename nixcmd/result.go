package nixcmd

import (
	"bytes"
	"encoding/json"
)

// result is a "result" line: news of an activity. Nearly all of a log are
// results (98 of 100 lines progress numbers), so they are taken apart by hand;
// that is safe because JSONLogger sorts its keys.
type result struct {
	id     uint64
	kind   int
	raw    []byte            // inside of the fields' brackets, when taken apart by hand
	fields []json.RawMessage // otherwise
}

const (
	resultHead = `{"action":"result","fields":[`
	resultID   = `],"id":`
	resultType = `,"type":`

	progressHead = "@nix " + resultHead
	progressTail = `,"type":105}`
)

// parseResult takes a line apart that looks exactly as JSONLogger writes it,
// from its end, where nothing that a build printed can be mistaken for a key.
func parseResult(body []byte) (r result, ok bool) {
	if len(body) < len(resultHead) || string(body[:len(resultHead)]) != resultHead || body[len(body)-1] != '}' {
		return result{}, false
	}
	rest, kind, ok := cutNumber(body[len(resultHead):len(body)-1], resultType)
	if !ok {
		return result{}, false
	}
	rest, id, ok := cutNumber(rest, resultID)
	return result{id: id, kind: int(kind), raw: rest}, ok
}

// cutNumber cuts key and the number after it off the end of b.
func cutNumber(b []byte, key string) (before []byte, n uint64, ok bool) {
	i := len(b)
	for i > 0 && b[i-1]-'0' <= 9 {
		i--
	}
	digits := b[i:]
	if len(digits) == 0 || len(digits) > maxDigits || i < len(key) || string(b[i-len(key):i]) != key {
		return nil, 0, false
	}
	for _, c := range digits {
		n = n*10 + uint64(c-'0')
	}
	return b[:i-len(key)], n, true
}

// progressLine takes the fields and the activity from a line with progress
// numbers, if it is one.
func progressLine(line []byte) (id uint64, fields []byte, ok bool) {
	if len(line) < len(progressHead)+len(progressTail) || string(line[len(line)-len(progressTail):]) != progressTail || string(line[:len(progressHead)]) != progressHead {
		return 0, nil, false
	}
	fields, id, ok = cutNumber(line[len(progressHead):len(line)-len(progressTail)], resultID)
	return id, fields, ok
}

// maxDigits is how long a number can be that fits 64 bits for sure.
const maxDigits = 18

// numbers are the first four fields; those that are missing are 0.
func (r result) numbers() (n [4]int64, ok bool) { return parseNumbers(r.list()) }

// list is the inside of the fields' brackets.
func (r result) list() []byte {
	if r.fields == nil {
		return r.raw
	}
	var list []byte
	for i, field := range r.fields {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, field...)
	}
	return list
}

// parseNumbers reads "1,2,3,4", or at least two of them.
func parseNumbers(list []byte) (n [4]int64, ok bool) {
	field, digits := 0, 0
	for _, c := range list {
		switch {
		case c-'0' <= 9 && digits < maxDigits:
			n[field] = n[field]*10 + int64(c-'0')
			digits++
		case c == ',' && digits > 0 && field == len(n)-1:
			return n, true // more fields than are known
		case c == ',' && digits > 0:
			field++
			digits = 0
		default:
			return [4]int64{}, false
		}
	}
	if digits == 0 || field == 0 {
		return [4]int64{}, false
	}
	return n, true
}

// text is the first field, a string.
func (r result) text() (string, bool) {
	field := r.raw
	if len(r.fields) > 0 {
		field = r.fields[0]
	}
	if len(field) < 2 || field[0] != '"' {
		return "", false
	}
	inside := field[1 : len(field)-1]
	if bytes.IndexByte(inside, '\\') < 0 && bytes.IndexByte(inside, '"') < 0 && field[len(field)-1] == '"' {
		return string(inside), true
	}
	var fields []json.RawMessage
	var s string
	list := append(append([]byte{'['}, field...), ']')
	if json.Unmarshal(list, &fields) != nil || json.Unmarshal(fields[0], &s) != nil {
		return "", false
	}
	return s, true
}
