package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// checkDockerfile parses the file as BuildKit does; each warning of its linter is an error here.
// The image must run as a user by number that is not root, and know whether it is healthy.
func checkDockerfile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	parsed, err := parser.Parse(file)
	if err != nil {
		return err
	}
	var found findings
	for _, w := range parsed.Warnings {
		found.add("%s", w.Short)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, description, _, message string, at []parser.Range) {
		line := 0
		if len(at) > 0 {
			line = at[0].Start.Line
		}
		found.add("line %d: %s: %s %s", line, rule, description, message)
	}})
	stages, _, err := instructions.Parse(parsed.AST, lint)
	if err != nil {
		return err
	}
	user, healthy := "", false
	for _, command := range stages[len(stages)-1].Commands {
		switch c := command.(type) {
		case *instructions.UserCommand:
			user = c.User
		case *instructions.HealthCheckCommand:
			healthy = true
		}
	}
	if user == "" || strings.Trim(user, "0123456789:") != "" || strings.HasPrefix(user, "0") {
		found.add("it runs as %q: name an unprivileged user by number", user)
	}
	if !healthy {
		found.add("it has no HEALTHCHECK")
	}
	if err := checkGo(parsed.AST); err != nil {
		found.add("%v", err)
	}
	return found.err()
}

// releaseGo is how the Makefile pins the Go that releases are built with.
var releaseGo = regexp.MustCompile(`(?m)^release_go := go(\S+)$`)

// checkGo compares the Go that the image is built with to that of the releases.
func checkGo(file *parser.Node) error {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		return err
	}
	pinned := releaseGo.FindSubmatch(makefile)
	if pinned == nil {
		return errors.New("the Makefile does not say release_go")
	}
	want := "ARG GO_IMAGE=golang:" + string(pinned[1]) + "-"
	for _, line := range file.Children {
		if strings.HasPrefix(line.Original, want) {
			return nil
		}
	}
	return fmt.Errorf("no line begins with %s, as release_go in the Makefile asks", want)
}
