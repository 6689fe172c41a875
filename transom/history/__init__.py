"""History: every apply with who, when, from which commits, what came of it, and the documents themselves, kept beside the state.

`records` is what is kept, `store` where: the seam and its three rooms (a folder or an object store, a PostgreSQL database, memory).
`journal` writes and reads records in a store. `compare` says what two deployments differ in. `actor` tells who runs a command. Nothing here
needs Git or the engine: a deployment is shown, compared and applied again from what was kept.
"""
