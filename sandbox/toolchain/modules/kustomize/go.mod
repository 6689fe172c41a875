module transom.dev/tools/kustomize

go 1.26.8
