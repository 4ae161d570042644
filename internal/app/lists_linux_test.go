package app_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
)

// highWater is the most memory that a process had so far, in MiB.
func highWater(t *testing.T, p *process) (mebibytes int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(after, &mebibytes); !found || err != nil {
		t.Fatal(err)
	}
	return mebibytes >> 10
}

// Lists hold contents, and a page of them may be 100 MiB: the server has one of them in memory at a time. Under the race
// detector, which takes several times as much memory, six answers at once stay below the bound; whole pages do not.
func TestListsOfLargeScriptsTakeLittleMemory(t *testing.T) {
	t.Parallel()
	url, pool := open(t)
	server := launch(t, url)
	script := server.host(`const process = (d) => d`)
	const rows = 100
	for _, sql := range []string{
		`INSERT INTO script_versions (script_id, number, content, sha256)
		 SELECT '` + script + `', n, c, sha256(c::bytea) FROM generate_series(2, 100) n, repeat('x', 1 << 20) c`,
		`UPDATE scripts SET current_version = 100`,
		`WITH ids AS MATERIALIZED (SELECT gen_random_uuid() AS id FROM generate_series(1, 100)),
		      s AS (INSERT INTO scripts (id, name, current_version) SELECT id, 'large', 1 FROM ids)
		 INSERT INTO script_versions (script_id, number, content, sha256) SELECT id, 1, c, sha256(c::bytea) FROM ids, repeat('x', 1 << 20) c`,
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	before := highWater(t, server)
	var wg sync.WaitGroup
	for _, path := range []string{"/api/scripts", "/api/scripts/" + script + "/versions"} {
		for range 3 {
			wg.Go(func() {
				response, err := http.Get(server.url + path + "?size=100")
				if err != nil {
					t.Error(err)
					return
				}
				n, err := io.Copy(io.Discard, response.Body)
				if err = errors.Join(err, response.Body.Close()); err != nil || n < (rows-2)<<20 || response.StatusCode != http.StatusOK {
					t.Errorf("%s: %s, %d bytes, %v", path, response.Status, n, err)
				}
			})
		}
	}
	wg.Wait()
	if grown := highWater(t, server) - before; grown > 400 {
		t.Errorf("the lists took %d MiB of memory", grown)
	}
}
