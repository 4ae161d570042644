package app_test

import (
	"testing"

	"peneira/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
