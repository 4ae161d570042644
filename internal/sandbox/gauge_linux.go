package sandbox

import (
	"bytes"
	"os"
	"strconv"
)

// watchesMemory says whether this system lets the parent see a child's memory.
const watchesMemory = true

// gauge reads how much memory a process has resident.
type gauge struct {
	file *os.File
	page int64
	buf  [128]byte
}

// openGauge opens the gauge of a process. It returns nil, which measures nothing, when the process is gone.
func openGauge(pid int) *gauge {
	file, err := os.Open("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return nil
	}
	return &gauge{file: file, page: int64(os.Getpagesize())}
}

// resident returns the bytes of memory that the process has resident and shares with no file, or 0 when it is gone.
func (g *gauge) resident() int64 {
	if g == nil {
		return 0
	}
	n, err := g.file.ReadAt(g.buf[:], 0)
	if n == 0 && err != nil {
		return 0
	}
	// The fields are: size, resident, shared…, in pages.
	fields := bytes.SplitN(g.buf[:n], []byte{' '}, 4)
	if len(fields) < 4 {
		return 0
	}
	return max(0, number(fields[1])-number(fields[2])) * g.page
}

func (g *gauge) close() {
	if g != nil {
		_ = g.file.Close()
	}
}

// number reads a decimal number of digits alone.
func number(digits []byte) int64 {
	var n int64
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0
		}
		n = 10*n + int64(d-'0')
	}
	return n
}
