package main

import (
	"bytes"
	"encoding/json"
)

// params are the parameters of one element. Whole numbers stay whole: as floating point, large ones would be printed with an exponent.
type params map[string]any

func (values *params) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var raw map[string]any
	if err := decoder.Decode(&raw); err != nil {
		return err
	}
	for key, value := range raw {
		raw[key] = plain(value)
	}
	*values = raw
	return nil
}

func plain(value any) any {
	switch given := value.(type) {
	case json.Number:
		if whole, err := given.Int64(); err == nil {
			return whole
		}
		if number, err := given.Float64(); err == nil {
			return number
		}
		return given.String()
	case map[string]any:
		for key, inner := range given {
			given[key] = plain(inner)
		}
	case []any:
		for index, inner := range given {
			given[index] = plain(inner)
		}
	}
	return value
}

// copied keeps what a template does to its parameters (`set`, `unset`, `merge`) from the next template.
func copied(value any) any {
	switch given := value.(type) {
	case map[string]any:
		fresh := make(map[string]any, len(given))
		for key, inner := range given {
			fresh[key] = copied(inner)
		}
		return fresh
	case []any:
		fresh := make([]any, len(given))
		for index, inner := range given {
			fresh[index] = copied(inner)
		}
		return fresh
	}
	return value
}
