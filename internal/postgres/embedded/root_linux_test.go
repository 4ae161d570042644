package embedded

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("this is about running as root, and we do not")
	}
}

func TestRootRunsTheServerAsAnother(t *testing.T) {
	t.Parallel()
	asRoot(t)
	dir := readyDir(t)
	setup(t, Config{Dir: dir, Throwaway: true})
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", postmasterPID(t, dir)))
	if err != nil {
		t.Fatal(err)
	}
	want := chooseAccount("/nonexistent")
	for _, line := range []string{
		fmt.Sprintf("Uid:\t%d\t%[1]d\t%[1]d\t%[1]d\n", want.uid),
		fmt.Sprintf("Gid:\t%d\t%[1]d\t%[1]d\t%[1]d\n", want.gid),
		"Groups:\t \n",
	} {
		if !strings.Contains(string(text), line) {
			t.Errorf("the server's status lacks %q:\n%s", line, text)
		}
	}
	if want.uid == 0 {
		t.Error("the account is root")
	}
}

func TestRootInADirOfItsOwn(t *testing.T) {
	t.Parallel()
	asRoot(t)
	home, state := t.TempDir(), filepath.Join(openDir(t), "lib", "peneira")
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, ".peneira")
	cfg := Config{Dir: dir, stateRoot: state, Throwaway: true}
	s := setup(t, cfg)
	query(t, s.URL(), "CREATE TABLE t AS SELECT 'kept' AS v")
	target, err := os.Readlink(filepath.Join(dir, "pg"))
	if err != nil || !strings.HasPrefix(target, state) {
		t.Fatalf("the link leads to %q (%v)", target, err)
	}
	stop(t, s)

	s = setup(t, cfg)
	if got := query(t, s.URL(), "SELECT v FROM t"); got != "kept" {
		t.Errorf("the second start sees %q", got)
	}
	stop(t, s)

	// The clone is moved: the data comes along.
	moved := filepath.Join(home, "moved")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	s = setup(t, Config{Dir: moved, stateRoot: state, Throwaway: true})
	if got := query(t, s.URL(), "SELECT v FROM t"); got != "kept" {
		t.Errorf("the start after the move sees %q", got)
	}

	// And a new one in the old place begins with an empty database, beside the one that was moved.
	fresh := setup(t, cfg)
	if got := query(t, fresh.URL(), "SELECT count(*)::text FROM pg_tables WHERE tablename = 't'"); got != "0" {
		t.Error("a new data directory shows old data")
	}
}

func TestRootKilledBeforeTheClusterIsMade(t *testing.T) {
	t.Parallel()
	asRoot(t)
	dir, state := t.TempDir(), openDir(t)
	if err := os.Mkdir(filepath.Join(state, "abc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(state, "abc", "pg"), filepath.Join(dir, "pg")); err != nil {
		t.Fatal(err)
	}
	setup(t, Config{Dir: dir, stateRoot: state, Throwaway: true})
	if _, err := os.Stat(filepath.Join(state, "abc", "pg", "PG_VERSION")); err != nil {
		t.Error(err)
	}
}

// An ordinary user's data stays theirs when root starts the server once.
func TestRootOnAnOrdinaryUsersCluster(t *testing.T) {
	t.Parallel()
	asRoot(t)
	dir := readyDir(t)
	owner := account{name: "nobody", uid: nobody, gid: nobody, other: true}
	if err := owner.ownAll(dir); err != nil {
		t.Fatal(err)
	}
	setup(t, Config{Dir: dir, Throwaway: true})
	if uid, _ := ownerOf(fmt.Sprintf("/proc/%d", postmasterPID(t, dir))); uid != nobody {
		t.Errorf("the server runs as user %d", uid)
	}
}

// A copy of a data directory made by root belongs to root.
func TestRootOnItsOwnCopy(t *testing.T) {
	t.Parallel()
	asRoot(t)
	dir := readyDir(t)
	root := account{name: "root", other: true}
	if err := root.ownAll(filepath.Join(dir, "pg")); err != nil {
		t.Fatal(err)
	}
	setup(t, Config{Dir: dir, Throwaway: true})
}

func TestOthersCannotUseRootsData(t *testing.T) {
	t.Parallel()
	asRoot(t)
	dir := readyDir(t)
	out, err := asNobody(t, append(os.Environ(), serveVariable+"="+dir))
	if err == nil || !strings.Contains(out, "belongs to user root") || !strings.Contains(out, "chown") {
		t.Errorf("another user is told %q (%v)", out, err)
	}
}

// What may differ between users, once more as an ordinary one.
func TestAsOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("all tests run as an ordinary user already")
	}
	out, err := asNobody(t, os.Environ(), "-test.v", "-test.timeout=5m",
		"-test.run=TestStart|TestKilled|TestStale|TestSecond|TestServer|TestSocket|TestFailure|TestHostilePaths/with")
	if err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
	if !strings.Contains(out, "--- PASS: TestKilledParent") {
		t.Errorf("the tests did not run:\n%s", out)
	}
}

// asNobody runs the test binary again as an ordinary user.
func asNobody(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	dir := openDir(t)
	binary := filepath.Join(dir, "test")
	copyProgram(t, os.Args[0], binary)
	temporary := filepath.Join(dir, "t")
	if err := os.Mkdir(temporary, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(temporary, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Dir = temporary
	cmd.Env = slices.Concat(env, []string{"HOME=" + temporary, "TMPDIR=" + temporary})
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, Groups: []uint32{}}}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(target, source); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
}
