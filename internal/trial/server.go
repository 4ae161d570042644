package trial

import (
	"context"
	"net/url"
	"os"

	"peneira/internal/postgres/embedded"
	"peneira/internal/postgres/psql"
)

// Server is a PostgreSQL server, as durable as one in production: what is written is on the disk.
type Server struct{ server *embedded.Server }

// StartServer starts a server with its data in dir. PG_BIN names the directory of its programs.
func StartServer(ctx context.Context, dir string) (*Server, error) {
	server, err := embedded.Start(ctx, embedded.Config{Dir: dir, BinDir: os.Getenv("PG_BIN")})
	if err != nil {
		return nil, err
	}
	return &Server{server}, nil
}

// URL returns the address of a database on the server.
func (s *Server) URL(name string) string {
	address, err := url.Parse(s.server.URL())
	if err != nil {
		return s.server.URL() // connecting to it says what is wrong with it
	}
	address.Path = "/" + name
	return address.String()
}

// Create makes a database, empty and without schema, and returns its address.
func (s *Server) Create(ctx context.Context, name string) (string, error) {
	_, err := psql.Run(ctx, s.server.URL(), "CREATE DATABASE "+name, nil)
	return s.URL(name), err
}

// Drop loses a database, whoever uses it.
func (s *Server) Drop(ctx context.Context, name string) error {
	_, err := psql.Run(ctx, s.server.URL(), "DROP DATABASE "+name+" WITH (FORCE)", nil)
	return err
}

// Stop stops the server at once: nothing in it is worth a clean shutdown.
func (s *Server) Stop() {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.server.Stop(ended)
}
