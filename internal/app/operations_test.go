package app_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"peneira/internal/app/apptest"
)

var (
	// aSeries is one line of /metrics: a name and its labels.
	aSeries = regexp.MustCompile(`(?m)^([a-z]\w*)(?:\{([^}]*)\})? `)
	aLabel  = regexp.MustCompile(`(\w+)="([^"]*)"`)
	// aSelector is a name of ours, Go's or the process's in a query, with what it selects.
	aSelector = regexp.MustCompile(`\b((?:peneira|process|go)_\w+)(?:\{([^}]*)\})?`)
	aMatcher  = regexp.MustCompile(`(\w+)\s*(=~|=)\s*"([^"]*)"`)
	aGrouping = regexp.MustCompile(`by \(([^)]*)\)|\{\{ ?(?:\$labels\.)?(\w+) ?\}\}`)
)

// fromPrometheus are labels that a series gets where it is scraped.
var fromPrometheus = []string{"instance", "job", "le"}

// exposed returns the values of each label of each series that a service shows when it has served a little.
func exposed(t *testing.T) map[string]map[string][]string {
	t.Helper()
	service := apptest.Start(t)
	c := apptest.NewClient(t, service.URL)
	script := c.Host(t, double)
	c.Run(t, script, `[1]`)
	c.Do(t, http.MethodPost, "/api/scripts/"+script+"/execute", `{"inputData":[1]}`)
	count(t, service.Pool, 0, `SELECT count(*) FROM executions WHERE completed_at IS NULL`)
	all := map[string]map[string][]string{}
	for _, series := range aSeries.FindAllStringSubmatch(string(c.Do(t, http.MethodGet, "/metrics", "").Body), -1) {
		if all[series[1]] == nil {
			all[series[1]] = map[string][]string{}
		}
		for _, label := range aLabel.FindAllStringSubmatch(series[2], -1) {
			all[series[1]][label[1]] = append(all[series[1]][label[1]], label[2])
		}
	}
	return all
}

// Every series, label and value that the rules and the dashboard name is one that a running service shows.
func TestRulesAndDashboardNameWhatIsThere(t *testing.T) {
	t.Parallel()
	shown := exposed(t)
	labels := map[string]bool{}
	for _, of := range shown {
		for name := range of {
			labels[name] = true
		}
	}
	used := map[string]bool{}
	for _, file := range []string{"alerts.yaml", "dashboard.json"} {
		text, err := os.ReadFile("../../docs/operations/" + file)
		if err != nil {
			t.Fatal(err)
		}
		plain := strings.ReplaceAll(string(text), `\"`, `"`)
		for _, selector := range aSelector.FindAllStringSubmatch(plain, -1) {
			of, ok := shown[selector[1]]
			if !ok {
				t.Errorf("%s: there is no series %s", file, selector[1])
			}
			used[selector[1]] = true
			for _, m := range aMatcher.FindAllStringSubmatch(selector[2], -1) {
				checkMatcher(t, file+": "+selector[0], of, m[1], m[2], m[3])
			}
		}
		for _, grouping := range aGrouping.FindAllStringSubmatch(plain, -1) {
			for name := range strings.FieldsFuncSeq(grouping[1]+grouping[2], func(r rune) bool { return r == ',' || r == ' ' }) {
				if !labels[name] && !slices.Contains(fromPrometheus, name) {
					t.Errorf("%s: no series has a label %s", file, name)
				}
			}
		}
	}
	if len(used) < 30 {
		t.Errorf("only %d series were found: %v", len(used), slices.Sorted(maps.Keys(used)))
	}
}

func checkMatcher(t *testing.T, where string, of map[string][]string, label, operator, value string) {
	t.Helper()
	if slices.Contains(fromPrometheus, label) {
		return
	}
	values, ok := of[label]
	if !ok {
		t.Errorf("%s has no label %s", where, label)
		return
	}
	wanted := []string{value}
	if operator == "=~" {
		wanted = strings.Split(value, "|")
	}
	for _, one := range wanted {
		// What a status may be is not known before it is.
		if label != "status" && !slices.Contains(values, one) {
			t.Errorf("%s: %s is never %q, but %q", where, label, one, values)
		}
	}
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operations/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	type target struct{ RefID, Expr string }
	var dashboard struct {
		UID, Title string
		Panels     []struct {
			ID                       int
			Type, Title, Description string
			GridPos                  struct{ H, W, X, Y int }
			Targets                  []target
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil || dashboard.UID == "" || dashboard.Title == "" {
		t.Fatalf("%v: %+v", err, dashboard)
	}
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, panel := range dashboard.Panels {
		if ids[panel.ID] {
			t.Errorf("%s has the id of another panel", panel.Title)
		}
		ids[panel.ID] = true
		for x := panel.GridPos.X; x < panel.GridPos.X+panel.GridPos.W; x++ {
			for y := panel.GridPos.Y; y < panel.GridPos.Y+panel.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s lies over %q or beyond the edge", panel.Title, other)
				}
				taken[[2]int{x, y}] = panel.Title
			}
		}
		if panel.Type != "row" && (len(panel.Targets) == 0 || panel.Description == "") {
			t.Errorf("%s shows or tells nothing", panel.Title)
		}
		for _, one := range panel.Targets {
			if one.Expr == "" || one.RefID == "" {
				t.Errorf("%s: %+v", panel.Title, one)
			}
		}
	}
}

// Each alert says in docs/operations.md what to do.
func TestEachAlertIsExplained(t *testing.T) {
	t.Parallel()
	rules, err := os.ReadFile("../../docs/operations/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	alerts := regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(rules), -1)
	if len(alerts) < 10 {
		t.Fatalf("found %d alerts", len(alerts))
	}
	for _, alert := range alerts {
		if !strings.Contains(string(page), "| "+alert[1]+" |") {
			t.Errorf("docs/operations.md does not explain %s", alert[1])
		}
	}
	for _, explained := range regexp.MustCompile(`(?m)^\| (Peneira\w+) \|`).FindAllStringSubmatch(string(page), -1) {
		if !strings.Contains(string(rules), "- alert: "+explained[1]+"\n") {
			t.Errorf("docs/operations.md explains %s, which is no alert", explained[1])
		}
	}
}
