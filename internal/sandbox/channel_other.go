//go:build !unix

package sandbox

import (
	"errors"
	"io"
	"os"
	"os/exec"
)

// pipes is a channel made of two pipes, where a system cannot pass a socket on.
type pipes struct{ in, out *os.File }

func (p pipes) Read(b []byte) (int, error)  { return p.in.Read(b) }
func (p pipes) Write(b []byte) (int, error) { return p.out.Write(b) }
func (p pipes) Close() error                { return errors.Join(p.in.Close(), p.out.Close()) }

// attachChannel makes the pipes between parent and child and gives cmd its ends as stdin and stdout. The returned
// function closes the child's ends in the parent, once cmd has been started or has failed to.
func attachChannel(cmd *exec.Cmd) (io.ReadWriteCloser, func() error, error) {
	toChildR, toChildW, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	fromChildR, fromChildW, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(err, toChildR.Close(), toChildW.Close())
	}
	cmd.Stdin, cmd.Stdout = toChildR, fromChildW
	attached := func() error { return errors.Join(toChildR.Close(), fromChildW.Close()) }
	return pipes{in: fromChildR, out: toChildW}, attached, nil
}

// pending reports false: a pipe does not tell.
func pending(io.ReadWriteCloser) bool { return false }
