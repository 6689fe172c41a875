package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// files is the disk below a root, and one kustomization that is on no disk.
type files struct {
	filesys.FileSystem
	root, folder, file string
	text               []byte
}

func within(asked request) files {
	return files{
		FileSystem: filesys.MakeFsOnDisk(),
		root:       asked.Root,
		folder:     asked.Folder,
		file:       filepath.Join(asked.Folder, "kustomization.yaml"),
		text:       []byte(asked.Text),
	}
}

func (f files) CleanedAbs(path string) (filesys.ConfirmedDir, string, error) {
	switch path {
	case f.folder:
		return filesys.ConfirmedDir(f.folder), "", nil
	case f.file:
		return filesys.ConfirmedDir(f.folder), filepath.Base(f.file), nil
	}
	return f.FileSystem.CleanedAbs(path)
}

func (f files) IsDir(path string) bool {
	return path == f.folder || f.FileSystem.IsDir(path)
}

func (f files) Exists(path string) bool {
	return path == f.folder || path == f.file || f.FileSystem.Exists(path)
}

func (f files) ReadFile(path string) ([]byte, error) {
	if path == f.file {
		return f.text, nil
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	if real != f.root && !strings.HasPrefix(real, f.root+string(filepath.Separator)) {
		return nil, fmt.Errorf("%s lies outside of %s", path, f.root)
	}
	return f.FileSystem.ReadFile(path)
}
