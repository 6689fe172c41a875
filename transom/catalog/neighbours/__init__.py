"""Documents of Argo CD and Flux, read as they are and put into the words of ours.

`stage` is the way in. `argo` and `flux` are the models of their kinds, each field marked with what becomes of it (`marks`); `repositories`
matches what they name against the environment's sources, `folders` renders what they point at, `overlay` and `substitution` do to it what
they ask for, `argocd` and `fluxcd` write the documents of ours that stand for them. What is made carries a trace to their lines.
Nothing here reaches a network, and nothing of another file than those of the snapshots is read.
"""
