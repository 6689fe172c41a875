// Command kustomize-batch renders many kustomizations in one process: one JSON object per line in, one per line out.
//
// It is the Kustomize library with the default options of `kustomize build`: single files from outside of a kustomization's folder are refused,
// there are no plugins and no charts. Beyond that nothing is fetched, no program is started, and no file outside of a request's root is read.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"runtime/debug"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/provenance"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// request asks for one kustomization: `Text`, as if it stood in a folder of its own named `Folder`, with all that it names below `Root`.
type request struct {
	ID     int    `json:"id"`
	Root   string `json:"root"`
	Folder string `json:"folder"`
	Text   string `json:"text"`
}

// reply holds the documents in Kustomize's order, or what Kustomize said.
type reply struct {
	ID        int               `json:"id"`
	Documents []json.RawMessage `json:"documents,omitempty"`
	Error     string            `json:"error,omitempty"`
}

const buffer = 1 << 20

func main() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		fmt.Println(provenance.GetProvenance().Semver())
		return
	}
	cutOff()
	if err := serve(bufio.NewReaderSize(os.Stdin, buffer), bufio.NewWriterSize(os.Stdout, buffer)); err != nil {
		os.Exit(1)
	}
}

// cutOff takes away what Kustomize would need to reach beyond the files: programs, hosts, and the terminal for its warnings.
func cutOff() {
	os.Unsetenv("PATH")
	http.DefaultTransport = refusing{}
	if sink, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = sink // the runtime's own last words still go to the real one
	}
	log.SetOutput(io.Discard)
}

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nothing is fetched")
}

func serve(in *bufio.Reader, out *bufio.Writer) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			var asked request
			if err := json.Unmarshal(line, &asked); err != nil {
				return err
			}
			if err := encoder.Encode(render(asked)); err != nil {
				return err
			}
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// render runs Kustomize once. A schema that a kustomization brings along is the library's global state: it ends with the request.
func render(asked request) (told reply) {
	defer func() {
		if crash := recover(); crash != nil {
			told = reply{ID: asked.ID, Error: fmt.Sprintf("kustomize ended abnormally: %v\n%s", crash, debug.Stack())}
		}
		if openapi.GetSchemaVersion() != builtin {
			openapi.ResetOpenAPI()
		}
	}()
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // as the program, which sorts by kind unless sortOptions says otherwise
	found, err := krusty.MakeKustomizer(options).Run(within(asked), asked.Folder)
	if err != nil {
		return reply{ID: asked.ID, Error: err.Error()}
	}
	told = reply{ID: asked.ID, Documents: make([]json.RawMessage, 0, found.Size())}
	for _, one := range found.Resources() {
		text, err := one.MarshalJSON()
		if err != nil {
			return reply{ID: asked.ID, Error: err.Error()}
		}
		told.Documents = append(told.Documents, text)
	}
	return told
}

var builtin = openapi.GetSchemaVersion()
