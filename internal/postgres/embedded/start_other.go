//go:build !unix

package embedded

import (
	"context"
	"errors"
)

func start(context.Context, Config) (*Server, error) {
	return nil, errors.New("the embedded database is not available on this operating system: " +
		"install PostgreSQL, or run it in a container, and set DATABASE_URL")
}

func running(context.Context, Config) (string, bool, error) { return "", false, nil }
