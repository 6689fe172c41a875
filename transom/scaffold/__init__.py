"""New documents: their text, made from the models with the fields' own descriptions, and their place in a repository.

`text` writes a document, `place` says where it belongs, `kustomization` names it in a kustomization that is there. Everything here is a
function of a folder; nothing is asked, nothing that is there is overwritten.
"""
