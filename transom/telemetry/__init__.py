"""How the controller is watched: Prometheus metrics, health and readiness, and traces of its runs.

All of it is read from the controller's view when it is asked for, so that the loop holds no counters and any process that sees the state
can answer. Logs are set up by `transom.logs`, which everybody may know.
"""
