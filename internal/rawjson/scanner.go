package rawjson

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// failed is the index that scanning functions return once they have noted an error.
const failed = -1

// scanner walks over one text. It lives on the stack of its caller.
type scanner struct {
	data     []byte
	info     Info
	maxDepth int
	depth    int
	objects  [MaxDepth/64 + 1]uint64 // bit d: the container at depth d is an object, not an array

	at      int    // where the error is
	message string // empty: no error
	tooDeep bool
}

func (s *scanner) fail(at int, message string) int {
	s.at, s.message = at, message
	return failed
}

// unexpected notes that something else was expected at i than what stands there.
func (s *scanner) unexpected(i int, expected string) int {
	i = min(i, len(s.data))
	rest := s.data[i:]
	switch {
	case len(rest) == 0:
		return s.fail(i, "expected "+expected+" but the text ends here")
	case bytes.HasPrefix(rest, []byte("\ufeff")):
		return s.fail(i, "expected "+expected+" but found a byte order mark (U+FEFF); send the text without it")
	}
	r, size := utf8.DecodeRune(rest)
	if r == utf8.RuneError && size == 1 {
		return s.fail(i, fmt.Sprintf("expected %s but found the byte 0x%02X", expected, rest[0]))
	}
	return s.fail(i, fmt.Sprintf("expected %s but found %s", expected, strconv.Quote(string(r))))
}

// space returns the index of the first byte at or after i that is not white space.
func (s *scanner) space(i int) int {
	for i < len(s.data) && (s.data[i] == ' ' || s.data[i] == '\n' || s.data[i] == '\r' || s.data[i] == '\t') {
		i++
	}
	return i
}

// value scans one value that begins at or after i, with all that is nested in it, and returns the index after it.
// It keeps its own stack, one bit a level, so that no nesting can exhaust ours.
func (s *scanner) value(i int) int {
	for {
		i = s.space(i)
		if i >= len(s.data) {
			return s.unexpected(i, "a value")
		}
		switch c := s.data[i]; c {
		case '"':
			i = s.text(i)
		case '{', '[':
			if i = s.open(i, c); i < 0 {
				return failed
			}
			if s.data[i] != c+2 { // '{'+2 is '}', '['+2 is ']': not empty
				if c == '{' {
					if i = s.key(i); i < 0 {
						return failed
					}
				}
				continue
			}
			s.depth--
			i++
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			i = s.number(i)
		case 't':
			i = s.literal(i, "true")
		case 'f':
			i = s.literal(i, "false")
		case 'n':
			i = s.literal(i, "null")
		default:
			return s.unexpected(i, "a value")
		}
		if i < 0 {
			return failed
		}
		next, more := s.close(i)
		if !more {
			return next
		}
		i = next
	}
}

// open enters the array or object that begins at i. It returns the index of the first byte in it that is not white
// space, which exists.
func (s *scanner) open(i int, c byte) int {
	if s.depth >= s.maxDepth {
		s.tooDeep = true
		return s.fail(i, fmt.Sprintf("nested deeper than %d arrays and objects", s.maxDepth))
	}
	s.depth++
	s.info.Values++
	if bit := uint64(1) << (s.depth & 63); c == '{' {
		s.objects[s.depth>>6] |= bit
	} else {
		s.objects[s.depth>>6] &^= bit
	}
	if i = s.space(i + 1); i < len(s.data) {
		return i
	}
	if c == '{' {
		return s.unexpected(i, `a key or "}"`)
	}
	return s.unexpected(i, `a value or "]"`)
}

// close goes on after a value: out of every container that ends here, and to the next value when there is one.
// It returns where to go on, and whether a value is to follow there. An error gives failed and false.
func (s *scanner) close(i int) (next int, more bool) {
	for s.depth > 0 {
		if i >= len(s.data) || s.data[i] <= ' ' {
			i = s.space(i)
		}
		inObject := s.objects[s.depth>>6]&(1<<(s.depth&63)) != 0
		switch {
		case i >= len(s.data):
		case s.data[i] == ',':
			s.info.Values++
			if !inObject {
				return i + 1, true
			}
			i = s.key(s.space(i + 1))
			return i, i >= 0
		case inObject && s.data[i] == '}', !inObject && s.data[i] == ']':
			s.depth--
			i++
			continue
		}
		if inObject {
			return s.unexpected(i, `"," or "}"`), false
		}
		return s.unexpected(i, `"," or "]"`), false
	}
	return i, false
}

// key scans a key at i and the colon after it.
func (s *scanner) key(i int) int {
	if i >= len(s.data) || s.data[i] != '"' {
		return s.unexpected(i, "a key in double quotes")
	}
	if i = s.text(i); i < 0 {
		return failed
	}
	if i < len(s.data) && s.data[i] == ':' {
		return i + 1
	}
	if i = s.space(i); i >= len(s.data) || s.data[i] != ':' {
		return s.unexpected(i, `":" after a key`)
	}
	return i + 1
}

// keyText decodes a key that was scanned; raw begins with its quote and may go on after the closing one, to the colon.
func keyText(raw []byte) string {
	end := bytes.LastIndexByte(raw, '"')
	if bytes.IndexByte(raw[:end], '\\') < 0 {
		return string(raw[1:end])
	}
	var key string
	if err := json.Unmarshal(raw[:end+1], &key); err != nil {
		return string(raw[1:end]) // cannot be: the scanner accepted it
	}
	return key
}

func (s *scanner) literal(i int, word string) int {
	for k := range len(word) {
		if i+k >= len(s.data) || s.data[i+k] != word[k] {
			return s.unexpected(i+k, "the word "+word)
		}
	}
	return i + len(word)
}

// Eight bytes at a time: each of these holds the same byte eight times.
const (
	ones   = 0x0101010101010101
	highs  = ones * 0x80
	spaces = ones * ' '
	quotes = ones * '"'
	slants = ones * '\\'
)

// text scans the string whose opening quote is at i.
func (s *scanner) text(i int) int {
	data := s.data
	i++
	for {
		// A byte's high bit in m is set when it is a quote, a backslash, a control character or not ASCII. Borrows may set
		// bits above the first such byte falsely; only the first is looked at.
		for i+8 <= len(data) {
			x := binary.LittleEndian.Uint64(data[i:])
			m := (((x ^ quotes) - ones) | ((x ^ slants) - ones) | (x - spaces) | x) & highs
			if m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		if i >= len(data) {
			return s.fail(i, "the text ends within a string; a closing quote is missing")
		}
		switch c := data[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			if i = s.escape(i); i < 0 {
				return failed
			}
		case c < ' ':
			return s.fail(i, fmt.Sprintf(`a string holds the control character U+%04X; write it as \u%04x`, c, c))
		case c < utf8.RuneSelf:
			i++
		default:
			if i = s.multibyte(i); i < 0 {
				return failed
			}
		}
	}
}

// multibyte scans the run of characters beyond ASCII that begins at i.
func (s *scanner) multibyte(i int) int {
	data := s.data
	for i < len(data) && data[i] >= utf8.RuneSelf {
		// Two bytes are the most frequent case, written out; DecodeRune does the rest.
		if c := data[i]; c >= 0xC2 && c <= 0xDF && i+1 < len(data) && data[i+1]&0xC0 == 0x80 {
			i += 2
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return s.fail(i, fmt.Sprintf("the byte 0x%02X is not valid UTF-8 here", data[i]))
		}
		i += size
	}
	return i
}
