"""Every program the sandbox runs that is no Python package: built here from pinned Go modules, or taken from PATH where the user has one.

`parts` is the table, `pins` says when a part must be rebuilt, `golang` finds or gets the Go toolchain, `builder` builds, `located` finds,
`progress` tells. It runs with the bare system Python while the virtual environment is still being made, so it may import nothing but the
standard library, and nothing of `transom`.
"""
