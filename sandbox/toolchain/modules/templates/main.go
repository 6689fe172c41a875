// Command transom-templates fills in Go templates: one JSON object per line in, one per line out, until its input ends.
//
// Templates are those of text/template with the functions that Argo CD gives its ApplicationSets, without those whose result depends on
// the machine, the moment or chance. It reads no file, reaches no host, and bounds what one template may produce.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/template"
)

const version = "1"

// request asks for texts: each job is the index of a template and the index of the parameters that it is filled in with.
type request struct {
	Option    string   `json:"option"`
	Templates []string `json:"templates"`
	Params    []params `json:"params"`
	Jobs      [][2]int `json:"jobs"`
}

// reply holds one result per job, in the jobs' order.
type reply struct {
	Results []result `json:"results"`
}

// result is the text, or what Go said.
type result struct {
	Text  string `json:"text,omitempty"`
	Error string `json:"error,omitempty"`
}

const (
	buffer  = 1 << 20
	longest = 1 << 20 // bytes that one template may produce
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		fmt.Println("transom-templates", version)
		return
	}
	if err := serve(bufio.NewReaderSize(os.Stdin, buffer), bufio.NewWriterSize(os.Stdout, buffer)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(in *bufio.Reader, out *bufio.Writer) error {
	parsed := map[string]prepared{}
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			return err
		}
		answer, err := json.Marshal(reply{Results: fill(asked, parsed)})
		if err != nil {
			return err
		}
		if _, err := out.Write(append(answer, '\n')); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

type prepared struct {
	template *template.Template
	err      error
}

func fill(asked request, parsed map[string]prepared) []result {
	results := make([]result, 0, len(asked.Jobs))
	for _, job := range asked.Jobs {
		text := asked.Templates[job[0]]
		key := asked.Option + "\x00" + text
		one, known := parsed[key]
		if !known {
			one.template, one.err = template.New("t").Funcs(functions).Option(asked.Option).Parse(text)
			parsed[key] = one
		}
		results = append(results, execute(one, asked.Params[job[1]]))
	}
	return results
}

func execute(one prepared, values params) (done result) {
	defer func() {
		// Sprig's functions panic on what they cannot use: that is the template's mistake, not the program's.
		if reason := recover(); reason != nil {
			done = result{Error: fmt.Sprint(reason)}
		}
	}()
	if one.err != nil {
		return result{Error: one.err.Error()}
	}
	text := bounded{}
	if err := one.template.Execute(&text, copied(map[string]any(values))); err != nil {
		return result{Error: err.Error()}
	}
	return result{Text: text.String()}
}

// bounded is a text that does not grow without end.
type bounded struct{ strings.Builder }

func (text *bounded) Write(piece []byte) (int, error) {
	if text.Len()+len(piece) > longest {
		return 0, errTooMuch
	}
	return text.Builder.Write(piece)
}

var errTooMuch = fmt.Errorf("produces more than %d bytes", longest)
