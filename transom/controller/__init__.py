"""The pull loop: environments are fetched, planned, guarded and applied on their own, one run of a stack at a time.

`model` says what there is to see, `seam` how it is asked for and acted upon; `transom.web` and the command line know nothing else of it.
"""
