package rawjson

// What PostgreSQL's numeric, and so JSONB, can hold: more digits are refused with "value overflows numeric format".
const (
	numericWhole    = 131072 // digits before the point
	numericFraction = 16383  // digits after it
)

const (
	// longNumber is the length from which a number without an exponent may be out of numeric's range.
	longNumber = numericFraction
	// maxExtraPerNumber bounds what one number may grow by when it is printed without its exponent. Every float64 stays
	// below it: the longest is 326 characters.
	maxExtraPerNumber = 400
	// maxExtraBytes bounds what all numbers of one text may grow by. It stops an array of 1e308: six bytes each, printed as
	// 309, so that 32 MiB of them become 1.6 GB, and no text in PostgreSQL may pass 1 GB: the row could be written and
	// never be read or dumped again.
	maxExtraBytes = 16 << 20
)

// replacement is what stands in the JSONB copy for what JSONB refuses in strings. It is as long as what it replaces.
const replacement = `\ufffd`

// Info tells what stands between a valid text and PostgreSQL's JSONB.
type Info struct {
	NullEscapes    bool // a string holds \u0000, which JSONB refuses
	LoneSurrogates bool // a string holds half of a surrogate pair, which JSONB refuses
	// LargeNumbers tells that a number is out of numeric's range, or that printing it without its exponent would lengthen
	// it by more than 400 bytes: 1e131071 is 8 bytes here and 131,072 in every dump.
	LargeNumbers bool
	// ExtraBytes is how much longer the text's other numbers are when printed without their exponents.
	ExtraBytes int
	// Values counts the members of arrays and objects, give or take the containers themselves: what a reader that builds
	// them in memory has to build.
	Values int
}

// FitsJSONB reports whether JSONB takes the text as it is.
func (n *Info) FitsJSONB() bool {
	return !n.NullEscapes && !n.LoneSurrogates && !n.LargeNumbers && n.ExtraBytes <= maxExtraBytes
}

// add notes a number.
func (n *Info) add(d decimal) {
	extra, fits := d.expanded()
	if !fits {
		n.LargeNumbers = true
		return
	}
	n.ExtraBytes += extra
}

// expanded returns how many bytes longer the number is when it is printed without its exponent, and whether JSONB may
// have it as a number at all.
func (d decimal) expanded() (extra int, fits bool) {
	whole := max(d.whole+d.exponent, 1)
	fraction := max(d.fraction-d.exponent, 0)
	if d.hasE {
		extra = max(whole+fraction-d.length, 0)
	}
	return extra, whole <= numericWhole && fraction <= numericFraction && extra <= maxExtraPerNumber
}

// JSONB returns a text for PostgreSQL's JSONB that is as near to data as JSONB allows. data must have passed Inspect and
// info be what that returned. When JSONB takes data as it is, that is data itself; else a copy, in which \u0000 and lone
// surrogates have become \ufffd, and numbers too large have become strings of what was written ("1e400").
// Once the numbers with exponents have added 16 MiB together, every further one that would add more becomes a string.
func JSONB(data []byte, info Info) []byte {
	if info.FitsJSONB() {
		return data
	}
	r := rewriter{
		data: data, out: make([]byte, 0, len(data)+len(data)/8), left: maxExtraBytes, numbers: scanner{data: data},
	}
	for i := 0; i < len(data); {
		switch c := data[i]; {
		case c == '"':
			i = r.text(i)
		case c == '-' || c-'0' <= 9:
			i = r.number(i)
		default:
			i++
		}
	}
	return append(r.out, data[r.copied:]...)
}

// rewriter copies a valid text, with changes.
type rewriter struct {
	data   []byte
	out    []byte
	copied int // data before it is in out
	left   int // bytes that numbers may still grow by

	numbers scanner // of data
}

// replace puts text in the place of data[from:to].
func (r *rewriter) replace(from, to int, text ...string) {
	r.out = append(r.out, r.data[r.copied:from]...)
	for _, t := range text {
		r.out = append(r.out, t...)
	}
	r.copied = to
}

// text goes over the string that begins at i and returns the index after it.
func (r *rewriter) text(i int) int {
	for i++; r.data[i] != '"'; {
		switch {
		case r.data[i] != '\\':
			i++
		case r.data[i+1] != 'u':
			i += 2
		default:
			i = r.unit(i)
		}
	}
	return i + 1
}

// unit goes over the \uXXXX at i, or the pair of them.
func (r *rewriter) unit(i int) int {
	unit := hex4(r.data, i+2)
	if isHigh(unit) && r.data[i+6] == '\\' && r.data[i+7] == 'u' && isLow(hex4(r.data, i+8)) {
		return i + 12
	}
	if unit == 0 || isHigh(unit) || isLow(unit) {
		r.replace(i, i+6, replacement)
	}
	return i + 6
}

// number goes over the number that begins at i and returns the index after it.
func (r *rewriter) number(i int) int {
	d, end := r.numbers.decimal(i)
	extra, fits := d.expanded()
	if fits && extra <= r.left {
		r.left -= extra
		return end
	}
	r.replace(i, end, `"`, string(r.data[i:end]), `"`)
	return end
}
