//go:build !unix

package backup

import "os"

func openLog(root *os.Root, name string) (*os.File, error) { return root.Open(name) }
