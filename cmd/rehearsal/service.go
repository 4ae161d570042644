package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"peneira/internal/trial"
)

// environment is this process's own, but for what would change where things are.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "PENEIRA_") || strings.HasPrefix(entry, "DATABASE_URL")
	})
}

// start starts the service on the database, and returns when it says that it is ready. Its log has the given name.
func (r *rehearsal) start(ctx context.Context, db database, name string) (*trial.Process, error) {
	cmd := trial.Command(r.program, db.flags()...)
	cmd.Dir, cmd.Env = r.dir, environment()
	return trial.Start(ctx, cmd, filepath.Join(r.dir, name+".log"))
}

// backUp has the service dump its database, and returns the path of the dump,
// which is absolute because the data directory's is.
func backUp(ctx context.Context, s *trial.Process) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/backup/database", http.NoBody)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("back up: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return "", fmt.Errorf("back up: %w", err)
	}
	var made struct {
		BackupPath string `json:"backupPath"`
	}
	if err := json.Unmarshal(answer, &made); err != nil || response.StatusCode != http.StatusOK || made.BackupPath == "" {
		return "", fmt.Errorf("back up: %s: %s", response.Status, answer)
	}
	return made.BackupPath, nil
}
