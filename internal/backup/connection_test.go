package backup

import (
	"slices"
	"testing"
)

func TestConnection(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][]string{
		"postgres://u:p%40s+s@h:6000/d?sslmode=require&sslsni=0&pool_max_conns=3": {
			"PGHOST=h", "PGPORT=6000", "PGUSER=u", "PGPASSWORD=p@s+s", "PGDATABASE=d", "PGSSLMODE=require", "PGSSLSNI=0",
		},
		"postgres:///d?host=%2Ftmp%2Fa%20b+c&user=u&port=5432":       {"PGHOST=/tmp/a b+c", "PGPORT=5432", "PGUSER=u", "PGDATABASE=d"},
		"postgresql://u@h1:1,h2:2/d?target_session_attrs=read-write": {"PGHOST=h1,h2", "PGPORT=1,2", "PGTARGETSESSIONATTRS=read-write"},
		"postgres://u@h/d?ssl=true":                                  {"PGHOST=h", "PGSSLMODE=require"},
		`host=h user='the user' password='it\'s\\' dbname = d sslmode=disable`: {
			"PGHOST=h", "PGUSER=the user", `PGPASSWORD=it's\`, "PGDATABASE=d", "PGSSLMODE=disable",
		},
	} {
		env, err := connection(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		for _, entry := range want {
			if !slices.Contains(env, entry) {
				t.Errorf("%s: the environment lacks %q: %q", address, entry, env)
			}
		}
	}
}

func TestProgramEnvironment(t *testing.T) {
	t.Parallel()
	got := programEnvironment([]string{
		"PATH=/bin", "HOME=/h", "PGSSLKEY=/k", "PGSERVICE=x", "PGOPTIONS=-c x=y", "PENEIRA_API_KEYS=secret", "DATABASE_URL=secret", "LANG=pt_BR",
	})
	if want := []string{"PATH=/bin", "HOME=/h", "PGSSLKEY=/k", "LC_ALL=C"}; !slices.Equal(got, want) {
		t.Errorf("the environment is %q, want %q", got, want)
	}
}
