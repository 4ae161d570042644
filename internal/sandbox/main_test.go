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
			// Not os.Exit: in a program that checks for races that takes a second.
			panic("an impostor ends")
		}
	}
	child.MainIfChild()
	os.Exit(m.Run())
}
