//go:build !unix

package child

import (
	"io"
	"os"
)

func openChannel() (io.Reader, io.Writer) { return os.Stdin, os.Stdout }
