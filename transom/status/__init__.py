"""Status: what is deployed, in sync with Git and healthy. Pure functions of a catalog and of the stacks' states as the engine keeps them.

The words are Argo CD's, which users' hands know: Synced, OutOfSync, Unknown; Healthy, Progressing, Degraded, Suspended, Missing, Unknown.
Health is as of the last apply or refresh, for that is when the engine looked; nothing here asks a cluster.
"""
