"""Kubernetes objects against the API of their cluster, offline: a document goes in, what the API server would refuse comes out.

`packs` reads the schemas that are kept here (one pack per Kubernetes version, one of well-known custom resources), `definitions` those of
CustomResourceDefinitions in the repository, `nodes` is the shape both have. `walk` holds a value to a schema, `formats` words to their
grammar, `metadata` names and labels; `rules` says what a schema cannot. `check` is the way in. Nothing here knows files, lines or
environments: a finding has a path inside its document.
"""
