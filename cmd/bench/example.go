package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// example is the case that is measured.
type example struct {
	script         string
	data, expected []byte // JSON without white space between tokens, as a program would send it
}

func loadExample(dir string) (e example, err error) {
	script, err := os.ReadFile(filepath.Join(dir, "script.js"))
	if err != nil {
		return e, err
	}
	e.script = string(script)
	for name, to := range map[string]*[]byte{"data.json": &e.data, "expected.json": &e.expected} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return e, err
		}
		var b bytes.Buffer
		if err := json.Compact(&b, text); err != nil {
			return e, fmt.Errorf("%s: %w", name, err)
		}
		*to = b.Bytes()
	}
	return e, nil
}

// describeMachine says what the figures were measured on.
func describeMachine(out io.Writer) {
	fmt.Fprintf(out, "%d CPUs%s, %s, %s/%s, which carry the load and the database too\n",
		runtime.NumCPU(), cpuModel(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// cpuModel is what Linux says the CPUs are.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return " (" + strings.TrimSpace(value) + ")"
		}
	}
	return ""
}
