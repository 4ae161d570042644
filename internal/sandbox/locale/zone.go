package locale

import (
	"embed"
	"io/fs"
	"strings"
	"sync"
	"time"
)

// zones are the time zones that are known, as files of the tz database, which is in the public domain: those of Brazil and a
// few others. `make zones` takes them from the Go distribution.
//
//go:embed zones
var zones embed.FS

// known finds a zone by its name in lower case.
var known = sync.OnceValue(func() map[string]*time.Location {
	found := map[string]*time.Location{"utc": time.UTC}
	err := fs.WalkDir(zones, "zones", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := zones.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, "zones/")
		location, err := time.LoadLocationFromTZData(name, data)
		found[strings.ToLower(name)] = location
		return err
	})
	if err != nil {
		panic(err) // they are part of the program
	}
	return found
})

// Fields are a moment as a calendar and a clock show it.
type Fields struct {
	Year, Month, Day, Weekday int
	Hour, Minute, Second      int
}

// maxTime is the most milliseconds that a Date may be from 1970.
const maxTime = 8.64e15

// FieldsOf returns the fields of a moment, in milliseconds since 1970, in a time zone. It reports false for a zone that is
// not known and for a moment that no Date can hold.
func FieldsOf(milliseconds float64, zone string) (Fields, bool) {
	location := time.UTC
	if zone != "UTC" {
		if location = known()[strings.ToLower(zone)]; location == nil {
			return Fields{}, false
		}
	}
	if !(milliseconds >= -maxTime && milliseconds <= maxTime) {
		return Fields{}, false
	}
	t := time.UnixMilli(int64(milliseconds)).In(location)
	return Fields{
		Year: t.Year(), Month: int(t.Month()), Day: t.Day(), Weekday: int(t.Weekday()),
		Hour: t.Hour(), Minute: t.Minute(), Second: t.Second(),
	}, true
}
