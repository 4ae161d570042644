package backup

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// header is what a dump says of itself at its beginning, which any version of pg_dump writes alike since PostgreSQL 8.
type header struct {
	server int // major version of the server that was dumped
	dumper int // major version of the pg_dump that dumped it
}

// errNoDump is of a file that is no dump in pg_dump's custom format.
var errNoDump = errors.New("it is not a dump in pg_dump's custom format")

// readHeader reads the beginning of a dump. The error wraps errNoDump when the file is none.
func readHeader(path string) (header, error) {
	file, err := os.Open(path)
	if err != nil {
		return header{}, fmt.Errorf("opening the dump: %w", err)
	}
	defer func() { _ = file.Close() }()
	r := headerReader{in: bufio.NewReader(file)}
	if mark := r.bytes(5); string(mark) != "PGDMP" {
		return header{}, errNoDump
	}
	version := r.bytes(3) // major, minor, revision of the format
	sizes := r.bytes(3)   // of an integer, of an offset, and the format
	if r.err != nil || sizes[0] == 0 || sizes[0] > 8 {
		return header{}, errNoDump
	}
	r.intSize = int(sizes[0])
	if version[0] == 1 && version[1] < 15 {
		r.integer() // level of compression
	} else {
		r.bytes(1) // kind of compression
	}
	for range 7 {
		r.integer() // when it was made: seconds to years, and daylight saving
	}
	r.text() // name of the database
	h := header{server: leadingNumber(r.text()), dumper: leadingNumber(r.text())}
	if r.err != nil || h.server == 0 || h.dumper == 0 {
		return header{}, errNoDump
	}
	return h, nil
}

// headerReader reads the pieces of a header. After an error it returns zero values.
type headerReader struct {
	in      io.Reader
	intSize int
	err     error
}

func (r *headerReader) bytes(n int) []byte {
	b := make([]byte, n)
	if r.err == nil {
		_, r.err = io.ReadFull(r.in, b)
	}
	return b
}

// integer reads a sign and the bytes of a number, the lowest first.
func (r *headerReader) integer() int {
	sign, value := r.bytes(1), make([]byte, 8)
	copy(value, r.bytes(r.intSize))
	n := int(binary.LittleEndian.Uint64(value) & (1<<62 - 1))
	if sign[0] != 0 {
		return -n
	}
	return n
}

// maxHeaderText is more than any name or version is long; a larger length is no length.
const maxHeaderText = 4 << 10

func (r *headerReader) text() string {
	n := r.integer()
	if n < 0 { // a null pointer
		return ""
	}
	if n > maxHeaderText {
		r.err = errNoDump
		return ""
	}
	return string(r.bytes(n))
}

// leadingNumber returns the number that a text begins with, or 0.
func leadingNumber(text string) int {
	digits := strings.IndexFunc(text+" ", func(c rune) bool { return c < '0' || c > '9' })
	n, err := strconv.Atoi(text[:digits])
	if err != nil {
		return 0
	}
	return n
}
