package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"peneira/internal/api/openapi"
	"peneira/internal/execution"
	"peneira/internal/failure"
)

func full() execution.Execution {
	began := time.Date(2026, 1, 31, 10, 0, 0, 123456789, time.FixedZone("", 3600))
	ran, waited := 1499600*time.Nanosecond, -time.Second
	return execution.Execution{
		ID: uuid.Must(uuid.NewV7()), ScriptID: uuid.New(), ScriptVersion: 3, Status: execution.Failed, Attempt: 2,
		Input: []byte("{ \"b\":1e400, \"a\":\"<\\u0000>\",\n\"a\": 2 }"), ErrorMessage: `TypeError: "<x>" & y`,
		Error:     &execution.Error{Kind: execution.ScriptError, Name: "TypeError", Message: "<x>", Line: 2, Column: 4, Stack: "at process"},
		Logs:      []execution.LogEntry{{Level: "warn", Message: "line\n\u2028\"end\""}},
		CreatedAt: began, StartedAt: &began, CompletedAt: &began, RunTime: &ran, QueueTime: &waited,
	}
}

func TestExecutionsDecodeAsTheModel(t *testing.T) {
	t.Parallel()
	from := full()
	parts, err := executionJSON(from)
	if err != nil {
		t.Fatal(err)
	}
	written := bytes.Join(parts, nil)
	var got openapi.Execution
	decoder := json.NewDecoder(bytes.NewReader(written))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatalf("%v: %s", err, written)
	}
	want := executionModel(from)
	input := json.RawMessage(from.Input)
	want.InputData = &input
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, part := range []string{
		`"createdAt":"2026-01-31T09:00:00.123456Z"`, `"executionTimeMs":1,"executionTimeUs":1500`, `"queueTimeMs":0`,
		`"errorMessage":"TypeError: \"<x>\" & y"`, `"inputData":` + string(from.Input), `,"outputData":null}`,
	} {
		if !strings.Contains(string(written), part) {
			t.Errorf("%s is not in %s", part, written)
		}
	}
}

func TestExecutionsKeepTheirKeys(t *testing.T) {
	t.Parallel()
	parts, err := executionJSON(execution.Execution{Output: []byte(`[ 1 ]`)})
	if err != nil {
		t.Fatal(err)
	}
	written := bytes.Join(parts, nil)
	var got map[string]json.RawMessage
	if err := json.Unmarshal(written, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"errorMessage", "error", "startedAt", "completedAt", "executionTimeMs", "executionTimeUs", "queueTimeMs"} {
		if string(got[key]) != "null" {
			t.Errorf("%s is %s, want null", key, got[key])
		}
	}
	if string(got["logs"]) != "[]" || string(got["outputData"]) != "[ 1 ]" || got["inputData"] != nil {
		t.Errorf("%s", written)
	}
}

func TestAcceptedExecutionsLeaveTheirDataOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.send(t, http.MethodPost, "/api/scripts/"+scriptID+"/execute", strings.NewReader(`{"inputData":"canary"}`))
	if a.StatusCode != http.StatusAccepted || strings.Contains(string(a.body), "canary") || strings.Contains(b.log.String(), "canary") {
		t.Errorf("%d %s %s", a.StatusCode, a.body, b.log)
	}
	var got openapi.Execution
	if err := json.Unmarshal(a.body, &got); err != nil || a.Header.Get("Location") != "/api/executions/"+got.ID.String() {
		t.Errorf("%v: %s", err, a.Header)
	}
	if !strings.Contains(b.log.String(), `"executionId":"`+got.ID.String()+`"`) {
		t.Errorf("the log does not name the execution: %s", b.log)
	}
}

func TestListsWithPayloadsAreStreamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	gone, good := full(), full()
	b.fake.list = []execution.Execution{gone, good, good}
	b.fake.get = func(id uuid.UUID) (execution.Execution, error) {
		if id == gone.ID {
			return execution.Execution{}, execution.NotFound(id)
		}
		return good, nil
	}
	a := b.send(t, http.MethodGet, "/api/executions?include=input", nil)
	var got []openapi.Execution
	if err := json.Unmarshal(a.body, &got); err != nil || len(got) != 2 || string(*got[0].InputData) != string(good.Input) {
		t.Fatalf("%v: %s", err, a.body)
	}
	a = b.send(t, http.MethodGet, "/api/executions?include=output", nil)
	if strings.Contains(string(a.body), "inputData") {
		t.Errorf("%s", a.body)
	}
	b.fake.get = func(uuid.UUID) (execution.Execution, error) {
		return execution.Execution{}, failure.New(failure.Unavailable, "database-unavailable", "Later.")
	}
	b.send(t, http.MethodGet, "/api/executions?include=input", nil).problem(t, 503, "database-unavailable")

	calls := 0
	b.fake.get = func(uuid.UUID) (execution.Execution, error) {
		calls++
		if calls == 2 {
			return execution.Execution{}, errors.New("lost")
		}
		big := good
		big.Output = []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
		return big, nil
	}
	response, err := http.Get(b.url + "/api/executions?include=output")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := new(bytes.Buffer).ReadFrom(response.Body); err == nil {
		t.Error("a list that broke off half-way looks whole")
	}
}
