package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/access"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
	"peneira/internal/delivered"
	"peneira/internal/postgres"
	"peneira/internal/postgres/pgtest"
)

// command runs the program to its end.
func command(t *testing.T, env []string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), delivered.Program(t), args...)
	cmd.Env = append(append(os.Environ(), "DATABASE_URL="), env...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err = cmd.Run()
	return out.String(), complaint.String(), err
}

func status(t *testing.T, url, key string) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url+"/api/keys", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// Keys are made with the command line on an empty database, hold in two processes at once, and are revoked in both.
func TestKeysHoldInAllProcesses(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	database := []string{"DATABASE_URL=" + url}
	_, complaint, err := command(t, database, "serve", "--listen=0.0.0.0:0", "--data-dir="+t.TempDir())
	if err == nil || !strings.Contains(complaint, "peneira keys create") || !strings.Contains(complaint, "PENEIRA_AUTH=off") {
		t.Errorf("without a key it serves the world: %v %s", err, complaint)
	}
	made, note, err := command(t, database, "keys", "create", "--name=root", "--scope=admin")
	token := strings.TrimSpace(made)
	if err != nil || !access.WellFormed(token) || strings.Contains(note, token) {
		t.Fatalf("%q %q %v", made, note, err)
	}
	first, second := launch(t, url, "--listen=0.0.0.0:0"), launch(t, url)
	for _, p := range []*process{first, second} {
		if got := status(t, p.url, token); got != http.StatusOK {
			t.Errorf("the key gets %d", got)
		}
		if got := status(t, p.url, access.NewToken(access.TokenPrefix)); got != http.StatusUnauthorized {
			t.Errorf("another key gets %d", got)
		}
	}
	list, _, err := command(t, database, "keys", "list")
	if err != nil || !strings.Contains(list, "root") || !strings.Contains(list, access.HintOf(token)) || strings.Contains(list, token) {
		t.Errorf("%s %v", list, err)
	}
	id := strings.Fields(strings.Split(list, "\n")[1])[0]
	if _, complaint, err := command(t, database, "keys", "revoke", uuid.NewString()); err == nil || !strings.Contains(complaint, "no key") {
		t.Errorf("%v %s", err, complaint)
	}
	for _, p := range []*process{first, second} {
		if got := status(t, p.url, token); got != http.StatusOK {
			t.Fatalf("the key gets %d", got)
		}
	}
	if _, complaint, err := command(t, database, "keys", "revoke", id); err != nil {
		t.Fatalf("%v %s", err, complaint)
	}
	revoked := time.Now()
	for _, p := range []*process{first, second} {
		eventually(t, func() error {
			if got := status(t, p.url, token); got != http.StatusUnauthorized {
				return fmt.Errorf("%v after it was revoked, the key gets %d", time.Since(revoked), got)
			}
			return nil
		})
	}
	for _, p := range []*process{first, second} {
		if err := p.terminate(); err != nil {
			t.Error(err)
		}
	}
}

func TestWrongKeysCommands(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"keys", "create", "--name=n"}, "--scope"},
		{[]string{"keys", "create", "--name=n", "--scope=root"}, "scripts:read"},
		{[]string{"keys", "create", "--name= ", "--scope=admin"}, "name"},
		{[]string{"keys", "create", "--name=n", "--scope=admin", "--expires=-1h"}, "expiresAt"},
		{[]string{"keys", "revoke", "peneira_x"}, "UUID"},
	} {
		if _, complaint, err := command(t, nil, c.args...); err == nil || !strings.Contains(complaint, c.want) {
			t.Errorf("%v: %v %s", c.args, err, complaint)
		}
	}
}

// The embedded database serves the command line with no server up, and with one.
func TestKeysOnTheEmbeddedDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if os.Geteuid() == 0 { // the database's own user must pass
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	made, complaint, err := command(t, nil, "keys", "create", "--name=first", "--scope=admin", "--data-dir="+dir)
	if err != nil {
		t.Fatalf("%v %s", err, complaint)
	}
	p := launch(t, "", "--data-dir="+dir)
	if got := status(t, p.url, strings.TrimSpace(made)); got != http.StatusOK {
		t.Errorf("the key made before the start gets %d", got)
	}
	second, complaint, err := command(t, nil, "keys", "create", "--name=second", "--scope=admin", "--data-dir="+dir)
	if err != nil {
		t.Fatalf("beside a running server: %v %s", err, complaint)
	}
	eventually(t, func() error {
		if got := status(t, p.url, strings.TrimSpace(second)); got != http.StatusOK {
			return fmt.Errorf("the key made beside the server gets %d", got)
		}
		return nil
	})
	if err := p.terminate(); err != nil {
		t.Error(err)
	}
}

// Last uses are written behind the requests.
func TestLastUseIsNoted(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	key, token := service.MakeKey(t, []access.Scope{access.Admin})
	eventually(t, func() error {
		// Until the service has heard of its first key it answers without looking at it.
		if got := status(t, service.URL, token); got != http.StatusOK {
			return fmt.Errorf("%d", got)
		}
		now, err := postgres.NewAPIKeys(service.Pool).Get(t.Context(), key.ID)
		if err != nil || now.LastUsed == nil {
			return fmt.Errorf("%+v %w", now, err)
		}
		return nil
	})
}

// With PENEIRA_AUTH=off keys mean nothing, and without any a loopback server asks nobody.
func TestNobodyIsAskedWithoutKeysOrWithAuthOff(t *testing.T) {
	t.Parallel()
	open := apptest.Start(t)
	if got := status(t, open.URL, "whatever"); got != http.StatusOK {
		t.Errorf("without keys: %d", got)
	}
	if !strings.Contains(open.Log.String(), "no key was made yet") {
		t.Error("the start does not say so")
	}
	off := apptest.Start(t, func(cfg *config.Config) { cfg.Auth, cfg.Listen = "off", "0.0.0.0:0" })
	_, _ = off.MakeKey(t, []access.Scope{access.Admin})
	if got := status(t, off.URL, ""); got != http.StatusOK {
		t.Errorf("with PENEIRA_AUTH=off: %d", got)
	}
}

// A page whose own name was made to point at the server (DNS rebinding) must get nothing of one that asks nobody for a key.
func TestWithAuthOffAForeignNameIsNotAnswered(t *testing.T) {
	t.Parallel()
	for name, listen := range map[string]string{"this machine": "127.0.0.1:0", "everywhere": "0.0.0.0:0"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := apptest.Start(t, func(cfg *config.Config) {
				cfg.Auth, cfg.Listen, cfg.Hosts = "off", listen, []string{"Peneira.internal"}
			})
			for host, want := range map[string]int{
				"evil.example": http.StatusMisdirectedRequest, "peneira.internal:5000": http.StatusCreated, "": http.StatusCreated,
			} {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, service.URL+"/api/keys",
					strings.NewReader(`{"name":"of a page","scopes":["admin"]}`))
				if err != nil {
					t.Fatal(err)
				}
				request.Host = host
				request.Header.Set("Content-Type", "application/json")
				request.Header.Set("Sec-Fetch-Site", "same-origin")
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				_ = response.Body.Close()
				if response.StatusCode != want {
					t.Errorf("as %q: %d, want %d", host, response.StatusCode, want)
				}
			}
		})
	}
}

// What a key posted must not be told to another that uses the same idempotency key.
func TestIdempotencyKeysAreEachCallersOwn(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	_, mine := service.MakeKey(t, []access.Scope{access.Admin})
	_, other := service.MakeKey(t, []access.Scope{access.Admin})
	c.Key = mine
	eventually(t, func() error { return usable(t, c) })
	body := `{"scriptId":"` + c.Host(t, double) + `","data":[1]}`
	ids := map[string]bool{}
	for _, key := range []string{mine, mine, other} {
		var accepted struct{ ID string }
		a := c.Do(t, "POST", "/api/executions", body, "Idempotency-Key", "1", "Authorization", "Bearer "+key)
		if err := json.Unmarshal(a.Body, &accepted); err != nil || a.Status != http.StatusAccepted {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		ids[accepted.ID] = true
	}
	if len(ids) != 2 {
		t.Errorf("%d executions were made, want one for each caller", len(ids))
	}
}
