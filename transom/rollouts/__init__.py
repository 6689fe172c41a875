"""Rollouts as they are now on their cluster, and the acts that move one on, hold it or take it back.

`progress` reads a Rollout's status, `acts` says what is written for an act: both are pure. `cluster` asks an API server, by
`transom.live`. What is written is what `kubectl argo rollouts` writes, so that both tools may be used side by side. Nothing here changes
what Git says: an aborted Rollout goes back to its stable version until its documents change.
"""
