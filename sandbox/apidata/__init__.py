"""Writes the schemas in `transom/apischema/data/`. A tool of this repository; no part of the sandbox that runs.

Kubernetes' own come from a running API server or from its released sources, those of well-known custom resources from their Go modules.
"""
