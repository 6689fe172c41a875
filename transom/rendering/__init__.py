"""Rendering: a unit (a folder that is rendered as one) becomes documents, each with a trace back to what a person wrote.

`units` finds the folders, `plain` and `kustomize` render them, `yamltext` reads YAML with positions, `trace` finds the line behind a value,
`cache` keeps what was rendered by the content it came from. Nothing here knows what a document means.
"""
