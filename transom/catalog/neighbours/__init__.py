"""Documents of Argo CD and Flux, read as they are and put into the words of ours.

`stage` is the way in. `argo` and `flux` are the models of their kinds, each field marked with what becomes of it (`marks`); `repositories`
matches what they name against the environment's sources, `folders` renders what they point at, `overlay` and `substitution` do to it what
they ask for. `argocd`, `sets`, `projects` and `fluxcd` say what each comes to, `rounds` takes one after the other, `settling` writes the
documents of ours, `moving` lays them out for good. What is made carries a trace to their lines. Nothing here reaches a network.
"""
