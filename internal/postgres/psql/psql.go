// Package psql runs PostgreSQL's own client programs, for commands that measure and rehearse.
package psql

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Run runs SQL with psql on the database at address, with variables that the SQL reads as :'name', and returns what it
// prints, unaligned and without headers.
func Run(ctx context.Context, address, sql string, variables map[string]string) (string, error) {
	args := []string{"--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--dbname=" + address, "--file=-"}
	for name, value := range variables {
		args = append(args, "--set="+name+"="+value)
	}
	//nolint:gosec // the arguments are those of our own commands
	cmd := exec.CommandContext(ctx, Program("psql"), args...)
	cmd.Stdin = strings.NewReader(sql)
	var said strings.Builder
	cmd.Stderr = &said
	answer, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("psql: %w: %s", err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSpace(string(answer)), nil
}

// Program finds a program of PostgreSQL that is no part of its server: in PG_BIN, or else where PATH leads.
func Program(name string) string {
	if dir := os.Getenv("PG_BIN"); dir != "" {
		return filepath.Join(dir, name)
	}
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(found) > 0 {
		return found[len(found)-1]
	}
	return name
}
