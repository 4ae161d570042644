package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// maxSettingBytes bounds what is read from a file that holds one setting: who names a wrong one is told, not served.
const maxSettingBytes = 64 << 10

// settingsFromFiles lets every setting be given by a file, as container engines hand out secrets: where DATABASE_URL may
// be set, DATABASE_URL_FILE may name a file that holds it. One line break at its end does not count.
func settingsFromFiles() kong.ResolverFunc {
	return func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			path := os.Getenv(name + "_FILE")
			if path == "" {
				continue
			}
			if os.Getenv(name) != "" {
				return nil, fmt.Errorf("%s and %s_FILE are both set: set one", name, name)
			}
			return readSetting(name, path)
		}
		return nil, nil // kong's way to say that there is nothing to add
	}
}

func readSetting(name, path string) (string, error) {
	info, err := os.Stat(path) //nolint:gosec // the operator's own file
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	if info.Size() > maxSettingBytes {
		return "", fmt.Errorf("%s_FILE: %s has %d bytes: it must hold the setting alone", name, path, info.Size())
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator's own file
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if value == "" {
		return "", fmt.Errorf("%s_FILE: %s is empty", name, path)
	}
	return value, nil
}
