package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"peneira/internal/api/openapi"
	"peneira/internal/app/apptest"
	"peneira/internal/config"
	"peneira/internal/postgres"
)

// hostWith hosts a script with more members than its name and content, which terms holds as JSON: `"limits":{…}`.
func hostWith(t *testing.T, c *apptest.Client, source, terms string) openapi.Script {
	t.Helper()
	content, err := json.Marshal(source)
	if err != nil {
		t.Fatal(err)
	}
	a := c.Do(t, http.MethodPost, "/api/scripts", `{"name":"n","content":`+string(content)+`,`+terms+`}`)
	if a.Status != http.StatusCreated {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	var made openapi.Script
	a.Decode(t, &made)
	return made
}

// versions drives the addresses of a script's versions.
func (c contract) versions(t *testing.T) {
	path := "/api/scripts/" + c.Host(t, "const process = () => 1")
	for n := 2; n <= 3; n++ {
		body := fmt.Sprintf(`{"name":"n","content":"const process = () => %d","changeNote":"to %d","limits":{"timeMs":%d}}`, n, n, n*100)
		if a := c.Do(t, http.MethodPut, path, body); a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	var all, paged []openapi.ScriptVersion
	a := c.get(t, path+"/versions", http.StatusOK)
	a.Decode(t, &all)
	if a.Header.Get("X-Total-Count") != "3" || len(all) != 3 || all[0].Version != 3 || all[2].Version != 1 || all[0].ChangeNote != "to 3" ||
		*all[0].Limits.TimeMs != 300 || all[2].Limits.TimeMs != nil {
		t.Errorf("%s", a.Body)
	}
	for at := path + "/versions?size=2"; at != ""; {
		var some []openapi.ScriptVersion
		a := c.get(t, at, http.StatusOK)
		a.Decode(t, &some)
		paged = append(paged, some...)
		at = next(a)
	}
	if !reflect.DeepEqual(paged, all) {
		t.Errorf("pages: %+v", paged)
	}
	var second openapi.ScriptVersion
	c.get(t, path+"/versions/2", http.StatusOK).Decode(t, &second)
	if second.Version != 2 || second.Content != "const process = () => 2" || second.ScriptID.String() != strings.TrimPrefix(path, "/api/scripts/") {
		t.Errorf("%+v", second)
	}
	nobody := "/api/scripts/" + uuid.NewString()
	c.Do(t, "GET", path+"/versions/4", "").Problem(t, 404, "version-not-found")
	c.Do(t, "GET", nobody+"/versions/1", "").Problem(t, 404, "script-not-found")
	c.Do(t, "GET", nobody+"/versions", "").Problem(t, 404, "script-not-found")
	c.Do(t, "GET", path+"/versions?size=0", "").Problem(t, 400, "invalid-parameter")
	for _, wrong := range []string{"0", "-1", "x", "1.5", "2147483648", "99999999999999999999"} {
		c.Do(t, "GET", path+"/versions/"+wrong, "").Problem(t, 400, "invalid-parameter")
	}
	c.Do(t, "DELETE", path, "")
	c.Do(t, "GET", path+"/versions", "").Problem(t, 404, "script-not-found")
	c.Do(t, "GET", path+"/versions/1", "").Problem(t, 404, "script-not-found")
}

// removed sees an execution whose payloads its script's retention has removed.
func (c contract) removed(t *testing.T, pool *pgxpool.Pool) { //nolint:thelper // a step of the story, not a helper
	script := hostWith(t, c.Client, "const process = (d) => d", `"retention":{"inputSeconds":0,"outputSeconds":0}`)
	done := c.Run(t, script.ID.String(), `{"a":1}`)
	path := "/api/executions/" + done.ID.String()
	// The periodic job may come first; ids count from the next millisecond on.
	eventually(t, func() error {
		if _, err := postgres.NewPayloads(pool).RemoveDue(t.Context()); err != nil {
			return err
		}
		var now openapi.Execution
		c.get(t, path, http.StatusOK).Decode(t, &now)
		if now.InputRemovedAt == nil || now.OutputRemovedAt == nil {
			return fmt.Errorf("nothing is removed: %+v", now)
		}
		if apptest.JSON(now.InputData) != "null" || apptest.JSON(now.OutputData) != "null" || now.Status != openapi.Completed {
			t.Errorf("%+v", now)
		}
		return nil
	})
	p := c.Do(t, http.MethodPost, path+"/rerun", "").Problem(t, http.StatusGone, "input-removed")
	if !strings.Contains(p.Detail, done.ID.String()) {
		t.Errorf("%+v", p)
	}
}

func TestTermsOfAScriptAreCheckedAndShown(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	const terms = `"limits":{"timeMs":200,"memoryBytes":33554432,"outputBytes":1000,"logBytes":64},"redact":["$..cpf"],"retention":{"inputSeconds":0,"outputSeconds":86400}`
	made := hostWith(t, c, echo, terms)
	path := "/api/scripts/" + made.ID.String()
	a := c.Do(t, http.MethodGet, path, "")
	var shown map[string]json.RawMessage
	a.Decode(t, &shown)
	if got := `"limits":` + string(shown["limits"]) + `,"redact":` + string(shown["redact"]) + `,"retention":` + string(shown["retention"]); got != terms {
		t.Errorf("shown: %s", got)
	}
	// PUT replaces all of it.
	c.Do(t, http.MethodPut, path, `{"name":"n","content":"const process = d => d","limits":null,"redact":null}`).Decode(t, &shown)
	if string(shown["limits"]) != "{}" || string(shown["redact"]) != "[]" || string(shown["retention"]) != "{}" {
		t.Errorf("after a PUT without them: %s", shown)
	}
	for wrong, member := range map[string]string{
		`"limits":{"timeMs":5001}`:                         "limits.timeMs",
		`"limits":{"memoryBytes":134217729}`:               "limits.memoryBytes",
		`"limits":{"outputBytes":33554433}`:                "limits.outputBytes",
		`"limits":{"logBytes":65537}`:                      "limits.logBytes",
		`"limits":{"timeMs":9223372036854775807}`:          "limits.timeMs",
		`"limits":{"timeMs":0}`:                            "limits.timeMs",
		`"limits":{"timeMs":1.5}`:                          "limits.timeMs",
		`"limits":{"timeMs":"1"}`:                          "limits.timeMs",
		`"limits":{"memoryBytes":4194303}`:                 "limits.memoryBytes",
		`"limits":{"time":1}`:                              "limits.time",
		`"limits":{"timeMs":1,"timeMs":2}`:                 "limits.timeMs",
		`"limits":[]`:                                      "limits",
		`"limits":1`:                                       "limits",
		`"redact":"$.a"`:                                   "redact",
		`"redact":[1]`:                                     "redact",
		`"redact":["$.a","cpf"]`:                           "redact[1]",
		`"redact":["$.\u0000"]`:                            "redact[0]",
		`"redact":[` + strings.Repeat(`"$",`, 50) + `"$"]`: "redact[50]",
		`"retention":{"inputSeconds":-1}`:                  "retention.inputSeconds",
		`"retention":{"outputSeconds":3153600001}`:         "retention.outputSeconds",
		`"retention":{"seconds":1}`:                        "retention.seconds",
		`"retention":"1d"`:                                 "retention",
	} {
		a := c.Do(t, http.MethodPost, "/api/scripts", `{"name":"n","content":"const process = d => d",`+wrong+`}`)
		var p openapi.Problem
		a.Decode(t, &p)
		if a.Status != http.StatusBadRequest || p.Errors == nil || len(*p.Errors) != 1 || (*p.Errors)[0].Path != member {
			t.Errorf("%.100s: %d %s", wrong, a.Status, a.Body)
		}
	}
}

func TestLimitsOfAScriptHoldForItsVersion(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.TimeLimit = 10e9 })
	c := apptest.NewClient(t, service.URL)
	for name, test := range map[string]struct {
		source, limits, data string
		kind                 openapi.ExecutionErrorKind
	}{
		"time":   {"function process() { for (;;); }", `{"timeMs":50}`, `1`, openapi.TimeLimit},
		"memory": {"function process() { const a = []; for (;;) a.push(new Array(1000).fill(a.length)); }", `{"memoryBytes":8388608}`, `1`, openapi.MemoryLimit},
		"output": {"function process(n) { return 'x'.repeat(n) }", `{"outputBytes":100}`, `99`, openapi.OutputLimit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := hostWith(t, c, test.source, `"limits":`+test.limits)
			got := c.Run(t, script.ID.String(), test.data)
			if got.Error == nil || got.Error.Kind != test.kind {
				t.Fatalf("%s %+v", got.Status, got.Error)
			}
			if name == "time" && *got.ExecutionTimeMs > 5000 {
				t.Errorf("it took %d ms", *got.ExecutionTimeMs)
			}
		})
	}
	t.Run("logs", func(t *testing.T) {
		t.Parallel()
		script := hostWith(t, c, "function process() { for (let i = 0; i < 50; i++) console.log('a line') }", `"limits":{"logBytes":100}`)
		got := c.Run(t, script.ID.String(), `1`)
		if len(got.Logs) > 6 || got.Logs[len(got.Logs)-1].Level != openapi.System {
			t.Errorf("%+v", got.Logs)
		}
	})
	t.Run("a version keeps its own", func(t *testing.T) {
		t.Parallel()
		script := hostWith(t, c, "function process(n) { return 'x'.repeat(n) }", `"limits":{"outputBytes":100}`)
		c.Do(t, http.MethodPut, "/api/scripts/"+script.ID.String(), `{"name":"n","content":"const process = n => 'x'.repeat(n)"}`)
		if got := c.Run(t, script.ID.String(), `99`); got.Status != openapi.Completed {
			t.Errorf("version 2: %+v", got.Error)
		}
		a := c.Do(t, http.MethodPost, "/api/executions", `{"version":1,"data":99,"scriptId":"`+script.ID.String()+`"}`, "Prefer", "wait=30")
		var got openapi.Execution
		a.Decode(t, &got)
		if got.Error == nil || got.Error.Kind != openapi.OutputLimit {
			t.Errorf("version 1: %s", a.Body)
		}
	})
	t.Run("a limit above one that the server has lowered since is narrowed", func(t *testing.T) {
		t.Parallel()
		script := hostWith(t, c, "function process() { for (;;); }", `"limits":{"timeMs":10000}`)
		// As if it had been hosted when the server allowed more.
		if _, err := service.Pool.Exec(t.Context(), `ALTER TABLE script_versions DISABLE TRIGGER USER`); err != nil {
			t.Fatal(err)
		}
		if _, err := service.Pool.Exec(t.Context(), `UPDATE script_versions SET time_limit_ms = 3600000 WHERE script_id = $1`, script.ID); err != nil {
			t.Fatal(err)
		}
		got := c.Run(t, script.ID.String(), `1`)
		if got.Error == nil || got.Error.Kind != openapi.TimeLimit || *got.ExecutionTimeMs > 20_000 {
			t.Errorf("%s %+v %d", got.Status, got.Error, *got.ExecutionTimeMs)
		}
	})
}

func TestWhatAScriptRedactsIsMaskedWherePeopleLook(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	script := hostWith(t, c, `function process(rows) {
		console.log("first", rows[0].cpf, rows[0]);
		if (rows.length > 1) throw new Error("cannot take " + rows[1].cpf + " of " + rows[1].age);
		return { cpf: rows[0].cpf, n: rows.length };
	}`, `"redact":["$..cpf","$[*].age"]`).ID.String()
	one := c.Run(t, script, `[{"cpf":"529.982.247-25","age":42,"uf":"SP"}]`)
	two := c.Run(t, script, `[{"cpf":"529.982.247-25","age":42},{"cpf":"111.444.777-35","age":77}]`)

	if one.Logs[0].Message != "first ••• { cpf: '•••', age: •••, uf: 'SP' }" || apptest.JSON(one.OutputData) != `{"cpf":"529.982.247-25","n":1}` {
		t.Errorf("%+v %s", one.Logs, apptest.JSON(one.OutputData))
	}
	if two.Error.Message != "cannot take ••• of •••" || strings.Contains(*two.ErrorMessage, "111") || strings.Contains(*two.Error.Stack, "111") {
		t.Errorf("%+v %s", two.Error, *two.ErrorMessage)
	}
	for _, path := range []string{
		"/api/executions?include=input,output&scriptId=" + script,
		"/api/executions/by-script/" + script + "?include=input,output",
		"/api/executions/" + one.ID.String() + "?redacted=true",
		"/api/executions/" + two.ID.String() + "?redacted=true",
	} {
		a := c.Do(t, http.MethodGet, path, "")
		// Ids and times may have any digits.
		body := regexp.MustCompile(`"(id|scriptId|\w+At)":"[^"]*"|"\w+(Us|Ms)":\d+`).ReplaceAllString(string(a.Body), `"":0`)
		if a.Status != http.StatusOK || strings.Contains(body, "529") || strings.Contains(body, "111.") || strings.Contains(body, `"age":42`) || !strings.Contains(body, `"cpf":"•••"`) {
			t.Errorf("%s: %d %s", path, a.Status, body)
		}
	}
	if a := c.Do(t, http.MethodGet, "/api/executions/"+one.ID.String()+"?redacted=false", ""); !strings.Contains(string(a.Body), `"inputData":[{"cpf":"529.982.247-25"`) {
		t.Errorf("%s", a.Body)
	}
	c.Do(t, http.MethodGet, "/api/executions/"+one.ID.String()+"?redacted=maybe", "").Problem(t, http.StatusBadRequest, "invalid-parameter")

	// What an earlier version did not redact is masked once the current one does; what it did stays masked.
	later := c.Host(t, echo)
	early := c.Run(t, later, `{"x":"hidden-later"}`)
	c.Do(t, http.MethodPut, "/api/scripts/"+later, `{"name":"n","content":"const process = d => d","redact":["$.x"]}`)
	if a := c.Do(t, http.MethodGet, "/api/executions/"+early.ID.String()+"?redacted=true", ""); strings.Contains(string(a.Body), "hidden-later") {
		t.Errorf("%s", a.Body)
	}
	if a := c.Do(t, http.MethodGet, "/api/executions?include=output&scriptId="+later, ""); strings.Contains(string(a.Body), "hidden-later") {
		t.Errorf("%s", a.Body)
	}
}

// The periodic jobs are queued as they would be in time; the service carries them out.
func TestPeriodicJobsKeepTheRetentions(t *testing.T) {
	t.Parallel()
	service := apptest.Start(t, func(cfg *config.Config) { cfg.Retention = 24 * 3600e9 })
	c := apptest.NewClient(t, service.URL)
	script := hostWith(t, c, echo, `"retention":{"inputSeconds":0}`)
	done := c.Run(t, script.ID.String(), `{"a":1}`)
	for _, sql := range []string{
		`SELECT executions_make_partitions('2020-01-01', 0)`,
		`INSERT INTO river_job (args, kind, max_attempts, queue) VALUES ('{}', 'payload-retention', 3, 'maintenance'), ('{}', 'upkeep', 3, 'maintenance')`,
	} {
		if _, err := service.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	count(t, service.Pool, 0, `SELECT count(*) FROM pg_class WHERE relname = 'executions_2020_01'`)
	count(t, service.Pool, 1, `SELECT count(*) FROM executions WHERE id = '`+done.ID.String()+`' AND input_removed_at IS NOT NULL AND input_json IS NULL`)
	count(t, service.Pool, 0, `SELECT count(*) FROM river_job WHERE queue = 'maintenance' AND errors IS NOT NULL`)
}
