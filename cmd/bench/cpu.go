package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cpu is the time that each part of the system has had of the CPUs. Empty where /proc does not tell.
type cpu map[string]time.Duration

// tick is the unit of times in /proc: USER_HZ, which Linux fixes at 100 for every program.
const tick = time.Second / 100

// The parts, in the order of their listing.
var cpuParts = []string{"PostgreSQL", "server", "sandboxes", "load"}

// cpuTimes reads the times of all processes that belong to the bench.
func cpuTimes(db *database) cpu {
	times := cpu{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		part := cpuPart(filepath.Dir(path), db)
		if part == "" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// The name in brackets may hold spaces; user and system time are the 12th and 13th field after it, and those of children
		// that have ended the 14th and 15th.
		_, rest, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(rest); len(fields) > 14 {
			times[part] += ticks(fields[11]) + ticks(fields[12])
			if part == "server" {
				times["sandboxes"] += ticks(fields[13]) + ticks(fields[14])
			}
		}
	}
	return times
}

func ticks(field string) time.Duration {
	n, _ := strconv.Atoi(field)
	return time.Duration(n) * tick
}

// cpuPart tells which part a process belongs to, by its command line; "" for none of ours.
func cpuPart(proc string, db *database) string {
	if proc == "/proc/"+strconv.Itoa(os.Getpid()) {
		return "load"
	}
	text, _ := os.ReadFile(filepath.Join(proc, "cmdline"))
	line := strings.ReplaceAll(string(text), "\x00", " ")
	switch {
	case strings.Contains(line, db.dir) && strings.Contains(line, " serve "):
		return "server"
	case strings.HasPrefix(line, "postgres: peneira") || strings.Contains(line, db.dir):
		return "PostgreSQL"
	case strings.HasSuffix(strings.TrimSpace(line), " sandbox"):
		return "sandboxes"
	default:
		return ""
	}
}

func (c cpu) since(before cpu) cpu {
	used := cpu{}
	for part, t := range c {
		used[part] = max(t-before[part], 0)
	}
	return used
}

// write writes how many CPUs each part kept busy.
func (c cpu) write(out io.Writer, took time.Duration) {
	if len(c) > 0 {
		fmt.Fprintf(out, "  %-12s %s\n", "CPUs busy", c.shares(took))
	}
}
