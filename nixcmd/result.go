package nixcmd

import (
	"bytes"
	"encoding/json"
	"strconv"
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

var (
	resultHead = []byte(`{"action":"result","fields":[`)
	resultID   = []byte(`],"id":`)
	resultType = []byte(`,"type":`)
)

// parseResult takes a line apart that looks exactly as JSONLogger writes it.
func parseResult(body []byte) (result, bool) {
	if !bytes.HasPrefix(body, resultHead) || body[len(body)-1] != '}' {
		return result{}, false
	}
	fields := body[len(resultHead) : len(body)-1]
	at := bytes.LastIndex(fields, resultType)
	if at < 0 {
		return result{}, false
	}
	kind, ok := digits(fields[at+len(resultType):])
	if !ok {
		return result{}, false
	}
	fields = fields[:at]
	at = bytes.LastIndex(fields, resultID)
	if at < 0 {
		return result{}, false
	}
	id, ok := digits(fields[at+len(resultID):])
	return result{id: id, kind: int(kind), raw: fields[:at]}, ok
}

func digits(b []byte) (n uint64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, len(b) > 0 && len(b) < 20
}

// numbers are the first four fields; those that are missing are 0.
func (r result) numbers() (n [4]int64, ok bool) {
	if r.raw == nil {
		for i, field := range r.fields[:min(len(r.fields), len(n))] {
			v, err := strconv.ParseInt(string(field), 10, 64)
			if err != nil {
				return n, false
			}
			n[i] = v
		}
		return n, len(r.fields) > 1
	}
	count, rest := 0, r.raw
	for count < len(n) && len(rest) > 0 {
		field, more, _ := bytes.Cut(rest, []byte{','})
		v, ok := digits(field)
		if !ok {
			return n, false
		}
		n[count], rest = int64(v), more
		count++
	}
	return n, count > 1
}

// text is the first field, a string.
func (r result) text() (string, bool) {
	field := r.raw
	if field == nil {
		if len(r.fields) == 0 {
			return "", false
		}
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
