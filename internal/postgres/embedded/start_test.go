//go:build unix

package embedded

import (
	"context"
	"testing"
)

func TestQuick(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		s, err := Start(context.Background(), Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(s.URL(), s.BinDir())
		if err := s.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}
