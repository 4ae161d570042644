// Command alerts checks the alert rules with Prometheus's own packages: it parses them, and runs each against series that are
// made up, in the format of promtool's unit tests. Every rule has to have a test in which it fires and one in which it does not.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"gopkg.in/yaml.v3"
)

const (
	rulesFile = "docs/operations/alerts.yaml"
	testsFile = ".tools/alerts/tests.yaml"
)

// tests is what we use of promtool's format.
type tests struct {
	RuleFiles          []string       `yaml:"rule_files"`
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	Tests              []struct {
		Name        string         `yaml:"name"`
		Interval    model.Duration `yaml:"interval"`
		InputSeries []struct {
			Series string `yaml:"series"`
			Values string `yaml:"values"`
		} `yaml:"input_series"`
		AlertRuleTest []struct {
			EvalTime  model.Duration `yaml:"eval_time"`
			Alertname string         `yaml:"alertname"`
			ExpAlerts []struct {
				ExpLabels map[string]string `yaml:"exp_labels"`
			} `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	} `yaml:"tests"`
}

func main() {
	if err := check(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check() error {
	groups, errs := rulefmt.ParseFile(rulesFile, false)
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	rules := map[string]rulefmt.Rule{}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			if _, ok := rules[rule.Alert]; ok || rule.Alert == "" || rule.Annotations["summary"] == "" || rule.Labels["severity"] == "" {
				return fmt.Errorf("%s: the rule %q is there twice, or lacks a summary or a severity", rulesFile, rule.Alert)
			}
			rules[rule.Alert] = rule
		}
	}
	text, err := os.ReadFile(testsFile)
	if err != nil {
		return err
	}
	var all tests
	if err := yaml.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("%s: %w", testsFile, err)
	}
	fired, quiet := map[string]bool{}, map[string]bool{}
	var findings []error
	for _, test := range all.Tests {
		store := &series{}
		for _, input := range test.InputSeries {
			if err := store.add(input.Series+" "+input.Values, test.Interval); err != nil {
				return fmt.Errorf("%s: %s: %w", testsFile, test.Name, err)
			}
		}
		for _, want := range test.AlertRuleTest {
			rule, ok := rules[want.Alertname]
			if !ok {
				return fmt.Errorf("%s: %s: there is no alert %s", testsFile, test.Name, want.Alertname)
			}
			got, err := firing(store, rule, want.EvalTime, all.EvaluationInterval)
			if err != nil {
				return fmt.Errorf("%s: %w", rule.Alert, err)
			}
			var wanted []string
			for _, alert := range want.ExpAlerts {
				wanted = append(wanted, written(alert.ExpLabels))
			}
			slices.Sort(wanted)
			if !slices.Equal(got, wanted) {
				findings = append(findings, fmt.Errorf("%s: %s after %v: firing %v, want %v", test.Name, rule.Alert, want.EvalTime, got, wanted))
			}
			fired[rule.Alert] = fired[rule.Alert] || len(wanted) > 0
			quiet[rule.Alert] = quiet[rule.Alert] || len(wanted) == 0
		}
	}
	for name := range rules {
		if !fired[name] || !quiet[name] {
			findings = append(findings, fmt.Errorf("%s: %s needs a test in which it fires and one in which it does not", testsFile, name))
		}
	}
	return errors.Join(findings...)
}
