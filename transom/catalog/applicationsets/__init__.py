"""ApplicationSets become Applications: generators give elements, templates are filled in, folders become the applications' units.

`stage` is the way in. Everything here is a function of the rendered documents and the sources' files; only Go templates need a program
beside it.
"""
