package child

import (
	"errors"
	"reflect"
	"testing"

	"github.com/dop251/goja"
)

func TestLayoutIsTheEngines(t *testing.T) {
	t.Parallel()
	if err := checkLayout(); err != nil {
		t.Fatal(err)
	}
	vm := goja.New()
	type shorter struct{ _ face }
	if err := sameLayout("x", reflect.TypeFor[goja.Object](), reflect.TypeFor[shorter]()); !errors.Is(err, errLayout) {
		t.Errorf("a missing field gave %v", err)
	}
	type renamed struct {
		_ face
		_ *goja.Runtime
	}
	if err := sameLayout("x", reflect.TypeFor[goja.Object](), reflect.TypeFor[renamed]()); !errors.Is(err, errLayout) {
		t.Errorf("another name gave %v", err)
	}
	if err := sameKind("x", reflect.TypeFor[*goja.Runtime](), reflect.TypeFor[*goja.Object]()); !errors.Is(err, errLayout) {
		t.Errorf("another type gave %v", err)
	}
	if err := sameLayout("x", implementation(vm.NewObject()), reflect.TypeFor[arrayLayout]()); !errors.Is(err, errLayout) {
		t.Errorf("another object gave %v", err)
	}
}

func TestMapLayoutIsGos(t *testing.T) {
	t.Parallel()
	if !copiesMaps {
		t.Error("this version of Go lays maps out in another way: see layoutVersion")
	}
}
