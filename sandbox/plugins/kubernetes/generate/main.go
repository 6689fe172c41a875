// Prints types.json: the fields of every built-in Kubernetes kind, as k8s.io/client-go knows them.
//
// The stand-in normalises inputs as the real plugin does, by a round trip through the Go types. To regenerate after a change of
// the pinned Kubernetes modules, copy go.mod and go.sum of sandbox/toolchain/modules/kubernetes next to this file and run
//
//	go run -mod=mod . > ../types.json
//
// A type is written as "*" pointer, "[]" list, "{}" map, a scalar's name or a key of "types"; a final "?" is omitempty.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
)

var scalars = map[reflect.Type]string{
	reflect.TypeFor[resource.Quantity]():    "quantity",
	reflect.TypeFor[metav1.Time]():          "time",
	reflect.TypeFor[metav1.MicroTime]():     "microtime",
	reflect.TypeFor[intstr.IntOrString]():   "intorstring",
	reflect.TypeFor[runtime.RawExtension](): "any",
	reflect.TypeFor[metav1.FieldsV1]():      "any",
}

var kindNames = map[reflect.Kind]string{
	reflect.Bool: "bool", reflect.String: "string", reflect.Int64: "int64", reflect.Int32: "int32", reflect.Interface: "any",
}

type fields = map[string]string

var types = map[string]fields{}

func name(t reflect.Type) string {
	path := strings.TrimPrefix(strings.TrimPrefix(t.PkgPath(), "k8s.io/api/"), "k8s.io/apimachinery/pkg/")
	return path + "." + t.Name()
}

func describe(t reflect.Type) string {
	if text, ok := scalars[t]; ok {
		return text
	}
	if text, ok := kindNames[t.Kind()]; ok {
		return text
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + describe(t.Elem())
	case reflect.Map:
		return "{}" + describe(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + describe(t.Elem())
	case reflect.Struct:
		marshaler := reflect.TypeFor[json.Marshaler]()
		if t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler) {
			panic("a type with a JSON form of its own: " + t.String())
		}
		if _, seen := types[name(t)]; !seen {
			types[name(t)] = fields{}
			collect(t, types[name(t)])
		}
		return name(t)
	}
	panic("a type nobody foresaw: " + t.String())
}

func collect(t reflect.Type, into fields) {
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		parts := strings.Split(field.Tag.Get("json"), ",")
		if parts[0] == "-" || !field.IsExported() {
			continue
		}
		if field.Anonymous && parts[0] == "" {
			embedded := field.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			collect(embedded, into)
			continue
		}
		text := describe(field.Type)
		for _, option := range parts[1:] {
			if option == "omitempty" {
				text += "?"
			}
		}
		into[parts[0]] = text
	}
}

func lines[V any](values map[string]V) string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	out := make([]string, 0, len(keys))
	for _, key := range keys {
		value, err := json.Marshal(values[key])
		if err != nil {
			panic(err)
		}
		out = append(out, fmt.Sprintf(" %q: %s", key, value))
	}
	return strings.Join(out, ",\n")
}

func main() {
	kinds := map[string]string{}
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		if _, isObject := t.FieldByName("ObjectMeta"); isObject && gvk.Version != runtime.APIVersionInternal {
			kinds[gvk.GroupVersion().String()+"/"+gvk.Kind] = describe(t)
		}
	}
	fmt.Fprintf(os.Stdout, "{\n\"kinds\": {\n%s\n},\n\"types\": {\n%s\n}\n}\n", lines(kinds), lines(types))
}
