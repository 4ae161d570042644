//go:build !unix

package sandbox

import "os"

// signalled reports false: a process that was terminated cannot be told from one that exited.
func signalled(*os.ProcessState) bool { return false }

func forbidden(*os.ProcessState) bool { return false }
