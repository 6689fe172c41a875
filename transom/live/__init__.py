"""What the engine does not tell of clusters and of AWS, asked of them directly: objects that nobody manages, who changed what and when.

`cluster` talks to one API server, `objects` lists what is in its namespaces, `removal` takes away what nobody declared, `trail` asks AWS.
Reading is all that a report needs; the one thing that changes anything is `removal`, and it takes nothing away that the last applied inputs
speak of. Nothing here knows documents or stacks.
"""
