package locale_test

import (
	"math"
	"testing"

	"peneira/internal/sandbox/locale"
)

func TestFieldsOf(t *testing.T) {
	t.Parallel()
	const day = 86_400_000
	for _, c := range []struct {
		name  string
		at    float64
		zone  string
		want  locale.Fields
		known bool
	}{
		{"the epoch", 0, "UTC", locale.Fields{Year: 1970, Month: 1, Day: 1, Weekday: 4}, true},
		{"a day before", -day, "UTC", locale.Fields{Year: 1969, Month: 12, Day: 31, Weekday: 3}, true},
		{"behind UTC", 0, "America/Sao_Paulo", locale.Fields{Year: 1969, Month: 12, Day: 31, Weekday: 3, Hour: 21}, true},
		{"in lower case", 0, "america/sao_paulo", locale.Fields{Year: 1969, Month: 12, Day: 31, Weekday: 3, Hour: 21}, true},
		// 2018-12-01T12:34:56Z: Brazil still had daylight saving time; 2019-12-01: no more.
		{"with daylight saving", 1543667696000, "America/Sao_Paulo", locale.Fields{Year: 2018, Month: 12, Day: 1, Weekday: 6, Hour: 10, Minute: 34, Second: 56}, true},
		{"without", 1575203696000, "America/Sao_Paulo", locale.Fields{Year: 2019, Month: 12, Day: 1, Weekday: 0, Hour: 9, Minute: 34, Second: 56}, true},
		{"milliseconds are cut downwards", -1, "UTC", locale.Fields{Year: 1969, Month: 12, Day: 31, Weekday: 3, Hour: 23, Minute: 59, Second: 59}, true},
		{"an unknown zone", 0, "Mars/Olympus", locale.Fields{}, false},
		{"a path", 0, "../zones/America/Sao_Paulo", locale.Fields{}, false},
		{"no moment", math.NaN(), "UTC", locale.Fields{}, false},
		{"the last moment", 8.64e15, "UTC", locale.Fields{Year: 275760, Month: 9, Day: 13, Weekday: 6}, true},
		{"after the last", 8.64e15 + 1, "UTC", locale.Fields{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, known := locale.FieldsOf(c.at, c.zone)
			if got != c.want || known != c.known {
				t.Errorf("got %+v, %v; want %+v, %v", got, known, c.want, c.known)
			}
		})
	}
}
