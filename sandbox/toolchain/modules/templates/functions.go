package main

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"github.com/gosimple/slug"
	"sigs.k8s.io/yaml"
)

// unrepeatable functions give something else in every run, on every machine, or reach beyond the template. Sprig's own list of them, which
// HermeticTxtFuncMap leaves out, lacks these.
var unrepeatable = []string{
	"ago", "bcrypt", "buildCustomCert", "decryptAES", "derivePassword", "encryptAES", "genCA", "genCAWithKey", "genPrivateKey",
	"genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey", "htpasswd", "must_date_modify",
	"mustDateModify", "randInt", "shuffle", "toDate", "mustToDate",
}

// most is how many items or repetitions one call may ask for.
const most = 10_000

// functions are Sprig's and Argo CD's (operator-manual/applicationset/GoTemplate: Available template functions).
var functions = func() template.FuncMap {
	known := sprig.HermeticTxtFuncMap()
	for _, name := range unrepeatable {
		delete(known, name)
	}
	for name, function := range map[string]any{
		"normalize":     normalize,
		"slugify":       slugify,
		"toYaml":        toYaml,
		"fromYaml":      fromYaml,
		"fromYamlArray": fromYamlArray,
	} {
		known[name] = function
	}
	for _, name := range []string{"until", "untilStep", "seq", "repeat", "indent", "nindent"} {
		known[name] = modest(name, known[name])
	}
	return known
}()

// modest is a function whose whole numbers may not be large: what it makes grows with them.
func modest(name string, function any) any {
	real := reflect.ValueOf(function)
	return func(arguments ...any) (any, error) {
		kind := real.Type()
		if !kind.IsVariadic() && len(arguments) != kind.NumIn() {
			return nil, fmt.Errorf("%s takes %d arguments, not %d", name, kind.NumIn(), len(arguments))
		}
		in := make([]reflect.Value, 0, len(arguments))
		for index, argument := range arguments {
			wanted := kind.In(min(index, kind.NumIn()-1))
			if kind.IsVariadic() && index >= kind.NumIn()-1 {
				wanted = wanted.Elem()
			}
			value := reflect.ValueOf(argument)
			if !value.IsValid() || !convertible(value.Type(), wanted) {
				return nil, fmt.Errorf("%s cannot use %v", name, argument)
			}
			value = value.Convert(wanted)
			if value.CanInt() && (value.Int() > most || value.Int() < -most) {
				return nil, fmt.Errorf("%s is asked for %d, and %d is the most", name, value.Int(), most)
			}
			in = append(in, value)
		}
		return real.Call(in)[0].Interface(), nil
	}
}

func convertible(given, wanted reflect.Type) bool {
	// A number converts to a text as a letter: nobody means that.
	return given.ConvertibleTo(wanted) && (wanted.Kind() != reflect.String || given.Kind() == reflect.String)
}

var notInNames = regexp.MustCompile(`[^-a-z0-9.]`)

// normalize makes a DNS name: at most 253 characters, lower case letters, digits, hyphens and dots, the first and last a letter or digit.
func normalize(name string) string {
	const longestName = 253
	name = notInNames.ReplaceAllString(strings.ToLower(name), "-")
	return strings.Trim(name[:min(len(name), longestName)], "-.")
}

// slugify takes the greatest length (50), whether words stay whole (true), and, always last, the text.
func slugify(arguments ...any) (string, error) {
	length, whole := 50, true
	if len(arguments) == 0 || len(arguments) > 3 {
		return "", errors.New("slugify takes a length, whether words stay whole, and a text")
	}
	text, isText := arguments[len(arguments)-1].(string)
	if !isText {
		return "", fmt.Errorf("slugify cannot use %v as a text", arguments[len(arguments)-1])
	}
	if len(arguments) > 1 {
		given, isNumber := arguments[0].(int)
		if !isNumber || given < 1 {
			return "", fmt.Errorf("slugify cannot use %v as a length", arguments[0])
		}
		length = given
	}
	if len(arguments) > 2 {
		given, isChoice := arguments[1].(bool)
		if !isChoice {
			return "", fmt.Errorf("slugify takes true or false, not %v", arguments[1])
		}
		whole = given
	}
	slug.MaxLength, slug.EnableSmartTruncate = length, whole
	return slug.Make(normalize(text)), nil
}

func toYaml(value any) (string, error) {
	text, err := yaml.Marshal(value)
	return strings.TrimSuffix(string(text), "\n"), err
}

func fromYaml(text string) (map[string]any, error) {
	var value map[string]any
	return value, errors.Join(yaml.Unmarshal([]byte(text), &value))
}

func fromYamlArray(text string) ([]any, error) {
	var value []any
	return value, errors.Join(yaml.Unmarshal([]byte(text), &value))
}
