package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// quotaPeriod is how often a quota is granted anew: short, so that a process that has used it up is soon back.
const quotaPeriod = 10 * time.Millisecond

// quota is a control group of Linux whose processes together get a share of one CPU.
type quota struct{ dir string }

// errNoQuota says that a process cannot be held to a share of a CPU here.
var errNoQuota = errors.New("no share of a CPU can be given to a process here: that takes root on Linux")

// newQuota makes a group that gets percent of a CPU, 10 to 100. Its error is errNoQuota where that is not to be had.
func newQuota(name string, percent int) (*quota, error) {
	allowed, period := fmt.Sprint(quotaPeriod.Microseconds()*int64(percent)/100), fmt.Sprint(quotaPeriod.Microseconds())
	for root, files := range map[string][][2]string{
		"/sys/fs/cgroup":     {{"cpu.max", allowed + " " + period}},                          // version 2
		"/sys/fs/cgroup/cpu": {{"cpu.cfs_period_us", period}, {"cpu.cfs_quota_us", allowed}}, // version 1
	} {
		q := &quota{filepath.Join(root, name)}
		if err := q.set(files); err == nil {
			return q, nil
		}
		q.remove()
	}
	return nil, errNoQuota
}

func (q *quota) set(files [][2]string) error {
	if err := os.Mkdir(q.dir, 0o755); err != nil { //nolint:gosec // what the system gives its groups
		return err
	}
	for _, file := range files {
		if err := overwrite(filepath.Join(q.dir, file[0]), file[1]); err != nil {
			return err
		}
	}
	return nil
}

// overwrite writes a file that is there already: where there is none, dir is not of the kind that was looked for.
func overwrite(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// hold has a command that is not started yet run in the group, with all that it starts.
func (q *quota) hold(cmd *exec.Cmd) {
	cmd.Args = append([]string{"sh", "-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(q.dir, "cgroup.procs"), cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
}

// remove removes the group, when all in it have ended.
func (q *quota) remove() { _ = os.Remove(q.dir) }
