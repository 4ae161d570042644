package child

import "github.com/dop251/goja"

// laterSymbols are the well-known symbols that the engine lacks. Lowered code looks for them by these names.
var laterSymbols = []string{"asyncIterator", "dispose", "asyncDispose"}

// addSymbols gives the realm the well-known symbols that it lacks.
func addSymbols(r *run) error {
	constructor, ok := r.vm.Get("Symbol").(*goja.Object)
	if !ok {
		return errNoMethod
	}
	for _, name := range laterSymbols {
		symbol := goja.NewSymbol("Symbol." + name)
		if err := constructor.DefineDataProperty(name, symbol, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE); err != nil {
			return err
		}
	}
	return nil
}
