"""Sources: a revision becomes a snapshot, the files of one commit in a folder that nobody writes to.

`base` is the seam; beside it the real ones (`git`, `directory`) and the one for tests (`memory`). Nothing here knows what is in the files.
"""
