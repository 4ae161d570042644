package cli_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"peneira/internal/cli"
	"peneira/internal/sandbox/child"
)

func TestMain(m *testing.M) {
	child.MainIfChild()
	if os.Getenv(asProgram) != "" {
		os.Exit(cli.Run(cli.Process{
			Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: "1.2.3", Commit: "abc", Built: "2026-01-02T03:04:05Z",
		}))
	}
	os.Exit(m.Run())
}

const asProgram = "PENEIRA_TEST_AS_PROGRAM"

// result is what a program left behind.
type result struct {
	code           int
	stdout, stderr string
}

// program runs the real program with a script in a file, whose name stands for SCRIPT in args.
func program(t *testing.T, script, stdin string, args ...string) result {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script.js")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "SCRIPT", file)
	}
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), strings.ReplaceAll(stderr.String(), file, "SCRIPT")}
}

func TestRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script, stdin string
		flags         []string
		code          int
		stdout        string
		stderr        []string
	}{
		"result and logs": {
			script: `function process(d) { console.warn("careful"); return {b: d, a: 1}; }`, stdin: ` [1.50] `,
			stdout: "{\"b\":[1.5],\"a\":1}\n", stderr: []string{"warn: careful\n"},
		},
		"script throws": {
			script: "function process(d) {\n  console.log('here');\n  return d.x.y;\n}", stdin: `{}`,
			code: cli.ExitScript, stderr: []string{"log: here\n", "peneira: SCRIPT:3:", "TypeError: Cannot read property 'y' of undefined"},
		},
		"does not compile": {
			script: "function process(d) {\n  return (;\n}", stdin: `{}`, code: cli.ExitScript, stderr: []string{"peneira: SCRIPT:2:11: SyntaxError: Unexpected token ;\n      return (;\n              ^\n"},
		},
		"TypeScript": {script: "export default (d: number): number => d + 1", stdin: `1`, stdout: "2\n"},
		"TypeScript throws": {
			script: "type A = { b: number };\nexport default function (d: A) {\n  throw new RangeError('no');\n}", stdin: `{}`, code: cli.ExitScript,
			stderr: []string{"peneira: SCRIPT:3:9: RangeError: no\n      throw new RangeError('no');\n            ^\nat default (script.js:3:9)"},
		},
		"endless": {
			script: `function process() { for (;;) {} }`, stdin: `{}`, flags: []string{"--time-limit=100ms"},
			code: cli.ExitScript, stderr: []string{"time limit of 100 ms", "[time-limit]"},
		},
		"bad data": {script: `function process() {}`, stdin: `{"a":`, code: cli.ExitUsage, stderr: []string{"not one valid JSON value", "line 1"}},
		"no data":  {script: `function process() {}`, stdin: ``, code: cli.ExitUsage, stderr: []string{"not one valid JSON value"}},
		"data too large": {
			script: `function process() {}`, stdin: `"` + strings.Repeat("x", 2000) + `"`, flags: []string{"--input-limit=1KiB"},
			code: cli.ExitUsage, stderr: []string{"larger than the limit of 1KiB"},
		},
		"bad limit": {script: `function process() {}`, stdin: `1`, flags: []string{"--time-limit=1ms"}, code: cli.ExitUsage, stderr: []string{"PENEIRA_TIME_LIMIT"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := program(t, c.script, c.stdin, append([]string{"run", "SCRIPT"}, c.flags...)...)
			if got.code != c.code || got.stdout != c.stdout {
				t.Errorf("exit code %d, stdout %q; want %d, %q", got.code, got.stdout, c.code, c.stdout)
			}
			for _, want := range c.stderr {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("stderr %q does not contain %q", got.stderr, want)
				}
			}
		})
	}
}

func TestRunReadsDataFromAFile(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data.json")
	if err := os.WriteFile(data, []byte(`{"n":"\u0000"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := program(t, `const process = async (d) => d.n`, "ignored", "run", "SCRIPT", data); got.code != cli.ExitOK || got.stdout != `"\u0000"`+"\n" {
		t.Errorf("%+v", got)
	}
	if got := program(t, `x`, "", "run", "SCRIPT", "/nowhere/at.all"); got.code != cli.ExitUsage {
		t.Errorf("a missing file: %+v", got)
	}
}

func TestOtherCommandLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		"version":                 {[]string{"version"}, cli.ExitOK, "peneira 1.2.3 (commit abc of 2026-01-02T03:04:05Z", ""},
		"help":                    {[]string{"--help"}, cli.ExitOK, "Serve the API", ""},
		"help of serve":           {[]string{"serve", "--help"}, cli.ExitOK, "PENEIRA_TIME_LIMIT", ""},
		"nothing":                 {nil, cli.ExitUsage, "", "peneira --help"},
		"unknown command":         {[]string{"fly"}, cli.ExitUsage, "", "peneira --help"},
		"serve on no address":     {[]string{"serve", "--listen=256.0.0.1:1", "--auth=off"}, cli.ExitUsage, "", "PENEIRA_LISTEN"},
		"migrate nothing":         {[]string{"migrate", "--database-url="}, cli.ExitUsage, "", "DATABASE_URL is not set"},
		"migrate nowhere":         {[]string{"migrate", "--database-url=postgres://u@127.0.0.1:1/d"}, cli.ExitFailed, "", "cannot be reached"},
		"health of nobody":        {[]string{"healthcheck", "--listen=127.0.0.1:1"}, cli.ExitFailed, "", "not reachable"},
		"health of any address":   {[]string{"healthcheck", "--listen=:1"}, cli.ExitFailed, "", "not reachable"},
		"health of no address":    {[]string{"healthcheck", "--listen=x"}, cli.ExitUsage, "", "PENEIRA_LISTEN"},
		"run without a script":    {[]string{"run"}, cli.ExitUsage, "", "peneira --help"},
		"run a script that isn't": {[]string{"run", "/nowhere/at.all"}, cli.ExitUsage, "", "read the script"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := program(t, "", "", c.args...)
			if got.code != c.code || !strings.Contains(got.stdout, c.stdout) || !strings.Contains(got.stderr, c.stderr) {
				t.Errorf("%+v, want %+v", got, c)
			}
		})
	}
}
