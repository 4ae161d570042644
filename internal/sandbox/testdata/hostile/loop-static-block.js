// expect: time-limit | script-error SyntaxError
class A { static { for (;;); } }
function process() {}
