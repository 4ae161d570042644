// Package examples_test runs each example in a real sandbox.
package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"peneira/internal/sandbox"
	"peneira/internal/sandbox/child"
)

func TestMain(m *testing.M) {
	child.MainIfChild()
	os.Exit(m.Run())
}

// setup returns a pool of one sandbox, which is gone when the test ends.
func setup(t *testing.T) *sandbox.Pool {
	t.Helper()
	pool, err := sandbox.New(sandbox.Config{Sandboxes: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- pool.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the pool ended with %v", err)
		}
	})
	return pool
}

func TestExamples(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("*/script.js")
	if err != nil || len(scripts) < 3 {
		t.Fatalf("found the scripts %v: %v", scripts, err)
	}
	pool := setup(t)
	for _, path := range scripts {
		dir := filepath.Dir(path)
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			source := string(read(t, path))
			if _, err := pool.Check(t.Context(), source); err != nil {
				t.Fatalf("the script cannot be hosted: %v", err)
			}
			output, runTime := execute(t, pool, source, read(t, filepath.Join(dir, "data.json")))
			t.Logf("ran %s in the sandbox", runTime)
			if want := compact(t, read(t, filepath.Join(dir, "expected.json"))); !bytes.Equal(output, want) {
				t.Errorf("got\n%s\nwant\n%s", output, want)
			}
		})
	}
}

// What the features' README promises: rows that are sent with the parameters learnt from them get the same features.
func TestCreditFeaturesScoreAsTrained(t *testing.T) {
	t.Parallel()
	pool := setup(t)
	source := string(read(t, "credit-features/script.js"))
	type features struct {
		Features   []json.RawMessage `json:"features"`
		Parameters json.RawMessage   `json:"parameters"`
	}
	var data struct {
		Rows []json.RawMessage `json:"rows"`
	}
	var trained, scored features
	decode(t, read(t, "credit-features/data.json"), &data)
	output, _ := execute(t, pool, source, read(t, "credit-features/data.json"))
	decode(t, output, &trained)

	one, err := json.Marshal(map[string]any{"rows": data.Rows[4:5], "parameters": trained.Parameters})
	if err != nil {
		t.Fatal(err)
	}
	output, _ = execute(t, pool, source, one)
	decode(t, output, &scored)
	if len(scored.Features) != 1 || !bytes.Equal(scored.Features[0], trained.Features[4]) {
		t.Errorf("trained as\n%s\nscored as\n%s", trained.Features[4], scored.Features)
	}
}

// execute runs the source over the input and fails the test unless it completes.
func execute(t *testing.T, pool *sandbox.Pool, source string, input []byte) ([]byte, time.Duration) {
	t.Helper()
	outcome, err := pool.Execute(t.Context(), sandbox.Request{Program: sandbox.NewProgram(source), Input: input})
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Err != nil {
		t.Fatalf("the script failed: %v\n%s", outcome.Err, outcome.Err.Stack)
	}
	return outcome.Output, outcome.RunTime
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// compact takes the white space out and leaves the order of keys and the numbers as they are.
func compact(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}
