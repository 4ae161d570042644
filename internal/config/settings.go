package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Setting describes one setting, as the README shows it.
type Setting struct {
	Env, Flag, Default, Help string
}

// Settings lists every setting in the order of Config.
func Settings() []Setting {
	return settingsOf(reflect.TypeFor[Config]())
}

func settingsOf(t reflect.Type) []Setting {
	var list []Setting
	for field := range t.Fields() {
		if _, embedded := field.Tag.Lookup("embed"); embedded {
			list = append(list, settingsOf(field.Type)...)
			continue
		}
		list = append(list, Setting{
			Env: field.Tag.Get("env"), Flag: "--" + field.Tag.Get("name"), Default: field.Tag.Get("default"), Help: field.Tag.Get("help"),
		})
	}
	return list
}

// Markdown is the table of settings in the README.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| variable | flag | default | what it does |\n|---|---|---|---|\n")
	for _, s := range Settings() {
		value := "unset"
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", s.Env, s.Flag, value, s.Help)
	}
	return b.String()
}
