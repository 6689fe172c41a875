"""Rendering: a unit (a folder that is rendered as one) becomes documents, each with a trace back to what a person wrote.

`units` finds the folders, `render` is the one way in; `overlays` renders what has a kustomization, by `kustomize`, many in one process by
`batch`. `yamltext` reads YAML with positions, `kustomization` what a kustomization names, `trace` finds the line behind a value,
`complaints` and `silence` tell what Kustomize says, or passes over, at its line. `store` keeps what was rendered by the ids of all that it
came from (`contents`, `dependencies`). Nothing here knows what a document means.
"""
