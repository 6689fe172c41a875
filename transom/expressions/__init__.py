"""Expressions: CEL in documents, compiled and checked against types before anybody has a value, and evaluated as often as wanted.

`shapes` are the types; `engine` compiles and evaluates; `tree` reads what the checker found out about an expression; `guards` says which
fields may be missing where they are read and which conditions never change; `texts` finds `${…}` in strings. Nothing here knows documents,
files or what an expression is for; the CEL library is known to `engine` and `descriptors` only.
"""
