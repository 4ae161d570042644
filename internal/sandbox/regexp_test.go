package sandbox_test

import (
	"testing"

	"peneira/internal/execution"
	"peneira/internal/sandbox"
)

func TestRegularExpressionsAreRight(t *testing.T) {
	t.Parallel()
	pool := start(t, sandbox.Config{})
	for _, c := range []struct{ expression, want string }{
		{`[/\p{L}/u.test('a'), /\p{L}/u.test('1'), /^\p{Lu}\p{Ll}+$/u.test('Ção'), /\P{L}/u.test('a')]`, `[true,false,true,false]`},
		{`'Olá, João! 123'.match(/[\p{L}\p{N}]+/gu)`, `["Olá","João","123"]`},
		{`['é', '_', '中', '😀'].map(s => /^[^\p{L}]$/u.test(s))`, `[false,true,false,true]`},
		{`['α', 'a', '😀'].map(s => /\p{Script=Greek}|\p{Emoji_Presentation}/u.test(s))`, `[true,false,true]`},
		{`[/\p{Lu}/iu.test('a'), /(?=\p{L})./u.test('é'), /(?<=\p{Sc})\d+/u.exec('R$42')[0]]`, `[true,true,"42"]`},
		{`/\p{L}/.test('p{L}')`, `true`},
		{`[/\p{L}/u.source, String(/\p{L}/gu), /a/.source]`, `["\\p{L}","/\\p{L}/gu","a"]`},
		{`new RegExp('\\p{L}+', 'u').exec('123 ação')[0]`, `"ação"`},
		{`RegExp('^\\p{' + data.join('') + '}$', 'u').test('a')`, `false`},
		{`[new RegExp(/\p{L}/u, 'gu').flags, new RegExp(/\p{L}/u).test('a'), RegExp(/x/).source, (r => RegExp(r) === r)(/x/)]`, `["gu",true,"x",true]`},
		{`[/a/ instanceof RegExp, /a/.constructor === RegExp, RegExp.name, RegExp.length, RegExp[Symbol.species] === RegExp]`, `[true,true,"RegExp",2,true]`},
		{`(() => { class R extends RegExp { x() { return this.test('é') } } return [new R('\\p{L}', 'u').x(), new R('a') instanceof R] })()`, `[true,true]`},
		{`'é-1-ç'.split(/\P{L}+/u)`, `["é","ç"]`},
		{`'ação 1'.replace(/\p{L}/gu, c => c.toUpperCase())`, `"AÇÃO 1"`},
		{`[...'a1é2'.matchAll(/(?<l>\p{L})(\d)/gu)].map(m => m.groups.l + m[2])`, `["a1","é2"]`},
		{`[/(?<y>\d+)é/u.exec('12é').groups.y, new RegExp('(?<y>.)', 'u').exec('é').groups.y]`, `["12","é"]`},
		{`(() => { try { new RegExp('\\p{Nope}', 'u') } catch (e) { return e.name + ': ' + e.message } })()`, `"SyntaxError: Invalid regular expression: Invalid property name"`},
		{`(() => { try { return new RegExp('a', 'v') } catch (e) { return e.name } })()`, `"SyntaxError"`},
		{`(() => { try { return new RegExp('a', 'd') } catch (e) { return e.name } })()`, `"SyntaxError"`},
		{`'a\r\nb\r\n'.match(/^.$/gm)`, `["a","b"]`},
		{`'a\u2028b'.split(/$/m).length`, `2`},
		{`new RegExp('^b$', 'm').test('a\rb\rc')`, `true`},
		{`[/^b/m.test('a\nb'), /[$^]/m.test('^'), /a\$/m.test('a$')]`, `[true,true,true]`},
	} {
		t.Run(c.expression, func(t *testing.T) {
			t.Parallel()
			if got := output(t, pool, "function process(data) { return "+c.expression+" }", `["L","u"]`); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	o := execute(t, pool, "function process() {\n  return /\\p{Nope}/u }", "1")
	want := execution.Error{Kind: execution.ScriptError, Name: "SyntaxError", Message: "Invalid regular expression: Invalid property name", Line: 2, Column: 10}
	if o.Err == nil || *o.Err != want {
		t.Errorf("got %+v", o.Err)
	}
}
