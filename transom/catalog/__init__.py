"""The catalog: all documents of one environment, validated, linked and ordered. Snapshots go in, a catalog or every mistake comes out.

`load` is the way in; `validate` holds documents to their models, `link` resolves what points at what, `order` sorts, `manifests` judges
Kubernetes objects, `shards` cuts an environment into stacks. Everything here is a function of files: no network, no engine, no clock but
the day that is passed in.
"""
