//go:build !linux

package pgtest

import "os"

func scratchDir() string { return os.TempDir() }
