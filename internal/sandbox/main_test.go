package sandbox_test

import (
	"os"
	"testing"

	"peneira/internal/sandbox/child"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if act := impostors[os.Args[1]]; act != nil {
			act()
			os.Exit(0)
		}
	}
	child.MainIfChild()
	os.Exit(m.Run())
}
