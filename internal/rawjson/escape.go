package rawjson

// escape scans the escape sequence whose backslash is at i.
func (s *scanner) escape(i int) int {
	data := s.data
	if i+1 >= len(data) {
		return s.fail(len(data), "the text ends within a string; a closing quote is missing")
	}
	switch data[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
	default:
		return s.fail(i, `a string holds an escape that JSON does not know; write a backslash itself as \\`)
	}
	unit := hex4(data, i+2)
	switch {
	case unit < 0:
		return s.fail(i, `a string holds \u without four hexadecimal digits`)
	case unit == 0:
		s.info.NullEscapes = true
	case isHigh(unit):
		if i+8 <= len(data) && data[i+6] == '\\' && data[i+7] == 'u' && isLow(hex4(data, i+8)) {
			return i + 12
		}
		s.info.LoneSurrogates = true
	case isLow(unit):
		s.info.LoneSurrogates = true
	}
	return i + 6
}

// hex4 returns the UTF-16 unit that the four hexadecimal digits at i write, or -1.
func hex4(data []byte, i int) int {
	if i+4 > len(data) {
		return -1
	}
	unit := 0
	for _, c := range data[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			unit = unit<<4 | int(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			unit = unit<<4 | int(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return unit
}

func isHigh(unit int) bool { return unit>>10 == 0xD800>>10 }
func isLow(unit int) bool  { return unit>>10 == 0xDC00>>10 }
