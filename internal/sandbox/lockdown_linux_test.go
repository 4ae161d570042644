package sandbox_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"peneira/internal/sandbox"
)

// TestChildIsLockedDown looks at a child from outside.
func TestChildIsLockedDown(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	_ = output(t, pool, "function process() {}", "1")
	proc := filepath.Join("/proc", strconv.Itoa(pool.PIDs()[0]))

	if env := readFile(t, filepath.Join(proc, "environ")); env != "" {
		t.Errorf("environment: %q", env)
	}
	fields := make(map[string]string)
	for line := range strings.SplitSeq(readFile(t, filepath.Join(proc, "status")), "\n") {
		key, value, _ := strings.Cut(line, ":")
		fields[key] = strings.Join(strings.Fields(value), " ")
	}
	if strings.Contains(" "+fields["Uid"]+" "+fields["Gid"]+" ", " 0 ") || fields["Groups"] != "" && os.Getuid() == 0 {
		t.Errorf("Uid %s, Gid %s, Groups %s", fields["Uid"], fields["Gid"], fields["Groups"])
	}
	if fields["CapEff"] != "0000000000000000" || fields["CapPrm"] != "0000000000000000" {
		t.Errorf("capabilities: %s, %s", fields["CapEff"], fields["CapPrm"])
	}
	limits := readFile(t, filepath.Join(proc, "limits"))
	for line := range strings.SplitSeq(limits, "\n") {
		if strings.HasPrefix(line, "Max data size") && strings.Contains(line, "unlimited") {
			t.Error(line)
		}
		if strings.HasPrefix(line, "Max core") && !strings.Contains(line, " 0 ") {
			t.Error(line)
		}
	}
	descriptors, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range descriptors {
		to, err := os.Readlink(filepath.Join(proc, "fd", d.Name()))
		if err != nil {
			continue
		}
		fine := to == "/dev/null" || strings.HasPrefix(to, "pipe:") && d.Name() == "2" || strings.HasPrefix(to, "socket:") && d.Name() == "3" ||
			strings.HasPrefix(to, "anon_inode:[event") || strings.HasPrefix(to, "/sys/fs/cgroup/") // the runtime's own
		if !fine {
			t.Errorf("descriptor %s is open on %s", d.Name(), to)
		}
	}
	for _, m := range pool.Lockdown() {
		// Not every kernel can bind all threads of a program that is linked with C.
		if !m.Active && (m.Name != "landlock" || !linkedWithC) {
			t.Errorf("%s is missing: %s", m.Name, m.Detail)
		}
	}
	if fields["NoNewPrivs"] != "1" || fields["Seccomp"] != "2" {
		t.Errorf("NoNewPrivs is %s, Seccomp is %s", fields["NoNewPrivs"], fields["Seccomp"])
	}
}
