"""Charts: what an Application's `helm` says becomes documents, by `helm template`, each with a trace to what a person wrote.

`render` is the one way in. `release` is what is asked for, `charts` finds the chart and knows its files, `fetching` gets one from a
repository, `template` runs Helm, `complaints` tells what it says at the line to change, `trace` finds the line behind a value.
Helm sees no cluster, no plugin and no configuration of the user's but the log-in for registries.
"""
