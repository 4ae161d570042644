package child

import (
	"errors"
	"reflect"
	"testing"
	"unsafe"

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

// TestArraysAreLaidOutAsTheEngines compares an array that the reader makes with the engine's, field by field.
func TestArraysAreLaidOutAsTheEngines(t *testing.T) {
	t.Parallel()
	vm := goja.New()
	items := []goja.Value{vm.ToValue(1), goja.Null()}
	engines, ours := *arrayOf(vm.NewArray(items[0], items[1])), newMaker(vm, 1<<20).array(items)
	got := *arrayOf(ours)
	if got.baseObject.val != ours || len(got.baseObject.values) != 1 ||
		faceOf(new(got.baseObject.values["length"])).data != unsafe.Pointer(&arrayOf(ours).lengthProp) {
		t.Error("the array does not hold itself and its length")
	}
	if selfOf(ours).tab != arrayKind || (*objectLayout)(unsafe.Pointer(ours)).runtime != vm {
		t.Error("the object is of another kind or realm")
	}
	engines.baseObject.val, got.baseObject.val = nil, nil
	engines.baseObject.values, got.baseObject.values = nil, nil
	if !reflect.DeepEqual(engines, got) {
		t.Errorf("the engine's:\n%+v\nours:\n%+v", engines, got)
	}
}

func TestMapLayoutIsGos(t *testing.T) {
	t.Parallel()
	if !copiesMaps {
		t.Error("this version of Go lays maps out in another way: see layoutVersion")
	}
}
