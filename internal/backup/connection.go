package backup

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// security lists the settings of a connection's encryption, by their names in an address, and the environment variables
// that libpq knows them by.
var security = map[string]string{
	"sslmode": "PGSSLMODE", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY", "sslrootcert": "PGSSLROOTCERT", "sslsni": "PGSSLSNI",
	"sslcertmode": "PGSSLCERTMODE", "sslnegotiation": "PGSSLNEGOTIATION", "channel_binding": "PGCHANNELBINDING",
	"target_session_attrs": "PGTARGETSESSIONATTRS", "connect_timeout": "PGCONNECT_TIMEOUT", "require_auth": "PGREQUIREAUTH",
}

// connection returns the environment that leads PostgreSQL's programs to the database. Nothing of the address, the password
// above all, goes onto their command line, which every user of the machine can read; and what pgx alone understands
// in it, such as pool_max_conns, does not trouble them.
func connection(address string) ([]string, error) {
	cfg, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	env := programEnvironment(os.Environ())
	set := func(name, value string) {
		env = slices.DeleteFunc(env, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
		env = append(env, name+"="+value)
	}
	hosts, ports := []string{cfg.Host}, []string{strconv.Itoa(int(cfg.Port))}
	for _, other := range cfg.Fallbacks {
		host, port := other.Host, strconv.Itoa(int(other.Port))
		// pgx lists a host twice when it may be spoken to with and without encryption.
		if last := len(hosts) - 1; hosts[last] != host || ports[last] != port {
			hosts, ports = append(hosts, host), append(ports, port)
		}
	}
	set("PGHOST", strings.Join(hosts, ","))
	set("PGPORT", strings.Join(ports, ","))
	set("PGUSER", cfg.User)
	set("PGDATABASE", cfg.Database)
	if cfg.Password != "" {
		set("PGPASSWORD", cfg.Password)
	}
	settings, err := parseSettings(address)
	if err != nil {
		return nil, err
	}
	for name, variable := range security {
		if value, ok := settings[name]; ok {
			set(variable, value)
		}
	}
	return append(env, "PGAPPNAME=peneira backup"), nil
}

// parseAddress reads an address as the pool does.
func parseAddress(address string) (*pgx.ConnConfig, error) {
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		// The cause may quote the address with its password.
		return nil, errors.New("the address of the database is not valid")
	}
	return cfg.ConnConfig, nil
}

// programEnvironment keeps of our environment what the programs need, and what libpq would take from it as pgx does. Our
// own settings, which hold secrets, are left out.
func programEnvironment(env []string) []string {
	keep := []string{
		"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "SYSTEMROOT", "APPDATA", "USERPROFILE",
	}
	// These would win over what is set for the program, or change what it does.
	drop := []string{"PGSERVICE", "PGSERVICEFILE", "PGHOSTADDR", "PGOPTIONS", "PGAPPNAME", "PG_COLOR"}
	env = slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		name = strings.ToUpper(name)
		return !slices.Contains(keep, name) && (!strings.HasPrefix(name, "PG") || slices.Contains(drop, name))
	})
	return append(env, "LC_ALL=C")
}

// parseSettings returns the settings that an address holds, in either of its forms.
func parseSettings(address string) (map[string]string, error) {
	settings := make(map[string]string)
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		parsed, err := url.Parse(address)
		if err != nil {
			return nil, errors.New("the address of the database is not a valid URL")
		}
		// A plus is a plus here, to pgx and libpq alike.
		query, err := url.ParseQuery(strings.ReplaceAll(parsed.RawQuery, "+", "%2B"))
		if err != nil {
			return nil, errors.New("the address of the database is not a valid URL")
		}
		for name, values := range query {
			settings[name] = values[len(values)-1]
		}
		if settings["ssl"] == "true" && settings["sslmode"] == "" {
			settings["sslmode"] = "require"
		}
		return settings, nil
	}
	for rest := strings.TrimSpace(address); rest != ""; {
		name, after, found := strings.Cut(rest, "=")
		if !found {
			return nil, errors.New("the address of the database is neither a URL nor a list of key=value")
		}
		value, end, err := parseValue(strings.TrimSpace(after))
		if err != nil {
			return nil, fmt.Errorf("the address of the database: %w", err)
		}
		settings[strings.TrimSpace(name)] = value
		rest = strings.TrimSpace(end)
	}
	return settings, nil
}

// parseValue reads a value, in single quotes or up to a space; a backslash takes the next character as it is.
func parseValue(text string) (value, rest string, err error) {
	quoted := strings.HasPrefix(text, "'")
	text = strings.TrimPrefix(text, "'")
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case quoted && c == '\'':
			return b.String(), text[i+1:], nil
		case !quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			return b.String(), text[i:], nil
		default:
			b.WriteByte(c)
		}
	}
	if quoted {
		return "", "", errors.New("a quote is not closed")
	}
	return b.String(), "", nil
}
