package child

import (
	"fmt"
	"strings"
)

// scripter makes a script from bytes: its function make returns a value in which about everything can be that the
// language has.
type scripter struct {
	bytes []byte
	depth int
}

// scriptOf returns the script that bytes stand for. Every script compiles.
func scriptOf(bytes []byte) string {
	s := &scripter{bytes: bytes}
	prelude := ""
	if s.pick(8) == 0 {
		prelude = preludes[s.pick(len(preludes))]
	}
	return "class Point { constructor(x) { this.x = x; } get sum() { return 1; } }\n" +
		"class Own extends Point { toJSON(key) { return { key, own: this.x }; } }\n" +
		"class List extends Array {}\n" +
		"function make() { const root = {}; " + prelude + "; root.a = " + s.value() + "; root.b = " + s.value() + "; return " +
		[]string{"root", "root.a", "[root, root]", "root.b"}[s.pick(4)] + "; }"
}

// preludes change the realm.
var preludes = []string{
	`Object.prototype.toJSON = function (key) { log.push(key); return key === "x" ? 1 : this; }`,
	`Array.prototype.toJSON = function (key) { return "array " + key + this.length; }`,
	`Object.prototype.inherited = 1; Object.prototype[1] = "one"`,
	`Array.prototype[1] = "one"; Object.defineProperty(Array.prototype, "2", { get() { log.push("two"); return 2; } })`,
	`Object.defineProperty(Object.prototype, "toJSON", { get() { log.push("get"); return undefined; }, configurable: true })`,
	`String.prototype.toJSON = () => "s"; Number.prototype.toJSON = () => 1; Boolean.prototype.toJSON = () => 2`,
	`BigInt.prototype.toJSON = function () { return "big " + this; }`,
	`JSON.stringify = () => "replaced"; Object.keys = () => []; Date.prototype.toJSON = () => 5`,
	`Point.prototype.toJSON = function () { return "point"; }`,
	`Date.prototype.toISOString = () => { throw new TypeError("no"); }`,
}

// alone are values that stand alone.
var alone = []string{
	"null", "true", "false", "undefined", "0", "-0", "1", "-7", "255", "256", "1e21", "1e-7", "0.1", "1234.5", "NaN", "-Infinity", "9007199254740991",
	"2**53 + 2", "123456789012345680000", `""`, `"abc"`, `"a longer text than sixteen bytes"`, `"é"`, `"😀"`, `"\ud800"`, `"\udc00x"`, `"\u0000\b\t\n\f\r\"\\\u001f\u007f"`,
	`"\u2028é\u2029"`, `"a\nb"`, `"Crédito à vista, mais longo"`, "Symbol('s')", "function () {}", "() => 1", "class {}", "10n", "new Date(0)", "new Date(NaN)",
	"/a/g", "new Map([[1, 2]])", "new Set([1])", "new Number(3)", "new String('boxed')", "new Boolean(false)", "Object(1n)", "Promise.resolve(1)",
	"new Error('e')", "new Uint8Array(3)", "new ArrayBuffer(2)", "JSON.rawJSON('1.0')", "Math", "new List()", "[, 1, , 2]", "new Array(3)", "globalThis.JSON",
	"(function () { return arguments; })(1, 2)", "Object.create(null)", "Object.create({ x: 1 })", "new Own(1)", "new Point(2)", "new Point(new Own(3))",
	"new Proxy({ a: 1 }, {})", "new Proxy([1, 2], {})", "new Proxy(function () {}, {})", "new WeakMap()", "Object.assign(() => 1, { toJSON() { return 'f'; } })",
	`JSON.parse('{"a":1,"__proto__":2,"1":3}')`, "Object.freeze({ a: 1, b: [1] })", "Object.freeze([1, { a: 2 }])", "[1, 2, 3]", "{ a: 1, b: 'x' }", "[]", "{}",
	"'x'.repeat(70) + '\"'", "'ab'.concat('é', 'cd')", "`${1}é`.slice(0, 1)", "'Crédito'.slice(0, 2)", "parseFloat('1e400')", "Symbol.iterator",
	"new Proxy({}, { ownKeys() { log.push('keys'); return ['p']; }, getOwnPropertyDescriptor() { return { value: 1, enumerable: true, configurable: true }; }, get(t, k) { log.push(String(k)); return k === 'toJSON' ? undefined : 9; } })",
	"new Proxy({}, { get() { throw new RangeError('trap'); } })", "(() => { const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy; })()",
}

// members are members of objects that are not a name and a value.
var members = []string{
	"get g() { log.push('g'); return 1; }", "get gone() { delete root.a; return 2; }", "get more() { root.later = 3; root.b = 4; return 5; }",
	"toJSON() { return 6; }", "toJSON(key) { log.push(key); return key; }", "toJSON: 7", "toJSON: { x: 1 }", "toJSON() { return undefined; }",
	"toJSON() { throw new Error('toJSON'); }", "get thrown() { throw 'thrown'; }", "['__proto__']: 8", "__proto__: null", "__proto__: { toJSON() { return 9; } }",
	"__proto__: { inherited: 1 }", "10: 'ten', 9: 'nine'", "'-1': 0", "[Symbol('k')]: 1", "'': ''", "'é': 1", "'\\ud800': 1", "'a\"b': 1", "constructor: null",
	"set only(v) {}", "self: root", "get self2() { return root; }", "toJSON() { root.a = 1; return root.b; }", "'4294967295': 1, '4294967294': 2, '01': 3",
	"get shuffled() { const v = this.a; delete this.a; this.a = v; return 1; }, a: 1, b: 2", "get list() { if (Array.isArray(root.a)) { root.a.length = 1; root.a[5] = 'x'; } return 1; }",
}

// pick returns a number below n.
func (s *scripter) pick(n int) int {
	if len(s.bytes) == 0 {
		return 0
	}
	b := int(s.bytes[0])
	s.bytes = s.bytes[1:]
	return b % n
}

func (s *scripter) value() string {
	s.depth++
	defer func() { s.depth-- }()
	kind := s.pick(10)
	if s.depth > 5 || len(s.bytes) == 0 {
		kind = 0
	}
	switch kind {
	case 1, 2, 3:
		return s.object()
	case 4, 5:
		return s.array()
	case 6:
		return s.changed()
	default:
		literal := alone[s.pick(len(alone))]
		return "(" + literal + ")"
	}
}

func (s *scripter) object() string {
	var all []string
	for i := range s.pick(5) {
		if s.pick(4) == 0 {
			all = append(all, members[s.pick(len(members))])
			continue
		}
		name := []string{"a", "b", "x", "name", "7", fmt.Sprint("k", i)}[s.pick(6)]
		all = append(all, name+": "+s.value())
	}
	// Only one __proto__ may be set in a literal.
	text := strings.Join(all, ", ")
	if strings.Count(text, "__proto__: ") > 1 {
		return "({ a: 1 })"
	}
	return "({ " + text + " })"
}

func (s *scripter) array() string {
	var all []string
	for range s.pick(5) {
		all = append(all, []string{"", s.value()}[min(1, s.pick(6))])
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// changed is a value to which something is done.
func (s *scripter) changed() string {
	what := []string{
		"Object.freeze(v);", "delete v.a;", "Object.defineProperty(v, 'a', { enumerable: false, configurable: true });",
		"Object.defineProperty(v, 'a', { get() { log.push('a'); return root; }, enumerable: true, configurable: true });", "v.toJSON = undefined;", "v.toJSON = null;",
		"v.length = 4;", "v[100000] = 1;", "v.late = v;", "v[3] = 3; v[1] = 1; v.z = 1; v[2] = 2;", "Object.setPrototypeOf(v, Point.prototype);",
		"Object.setPrototypeOf(v, Array.prototype);", "v.own = new Own(v);", "v.extra = 1; delete v.extra; v.extra = 2;", "Object.defineProperty(v, 'toJSON', { value: () => 'hidden' });",
		"v.root = root;", "v[Symbol.toPrimitive] = () => 1; v.valueOf = () => { log.push('valueOf'); return 8; }; v.toString = () => 'str';",
	}[s.pick(17)]
	return "(() => { const v = " + s.value() + "; try { if (typeof v === 'object' && v !== null && v !== Math && v !== JSON) { " + what + " } } catch (e) {} return v; })()"
}
