package sandbox

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"time"
)

// watchesMemory says whether this system lets the parent see a child's memory.
const watchesMemory = true

// gauge reads how much memory a process has resident, and how much CPU time it has used. Only one goroutine at a time may
// read each.
type gauge struct {
	file *os.File
	stat *os.File
	page int64
	buf  [128]byte
	line [512]byte
}

// openGauge opens the gauge of a process. It returns nil, which measures nothing, when the process is gone.
func openGauge(pid int) *gauge {
	file, err := os.Open("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return nil
	}
	stat, err := os.Open("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		_ = file.Close()
		return nil
	}
	return &gauge{file: file, stat: stat, page: int64(os.Getpagesize())}
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

// tick is the unit of CPU times in /proc, which Linux keeps the same on every machine.
const tick = 10 * time.Millisecond

// used returns the CPU time of all the process's threads together, or 0 when it is gone.
func (g *gauge) used() time.Duration {
	if g == nil {
		return 0
	}
	n, err := g.stat.ReadAt(g.line[:], 0)
	if n == 0 && err != nil {
		return 0
	}
	// The second field is the program's name, which may hold anything. The times are the 14th and the 15th.
	_, rest, _ := bytes.Cut(g.line[:n], []byte(") "))
	fields := bytes.SplitN(rest, []byte{' '}, 14)
	const user, system = 11, 12
	if len(fields) <= system {
		return 0
	}
	return time.Duration(number(fields[user])+number(fields[system])) * tick
}

func (g *gauge) close() {
	if g != nil {
		_ = errors.Join(g.file.Close(), g.stat.Close())
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
