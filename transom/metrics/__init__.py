"""Metrics: how a team delivers, from the history and from Git's commit times.

`measure` counts, `export` and `picture` show. The four measures are DORA's (https://dora.dev/guides/dora-metrics-four-keys/), each with
its definition in words beside the number, because a figure whose definition is not known cannot be compared. Pure: who reads the history
and asks Git is the command.
"""
