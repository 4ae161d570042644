// Package db embeds the migrations of the database.
package db

import "embed"

// Migrations holds migrations/*.sql in goose's format: River's own first, then ours, under one history.
//
//go:embed migrations/*.sql
var Migrations embed.FS
