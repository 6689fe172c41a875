"""Rules: what the API server checks and a schema cannot say, where it is certain without a cluster.

`pods` judges pod templates wherever they are embedded, `workloads` what runs them, `network`, `access` and `storage` the rest. Each rule is
one the server has (k8s.io/kubernetes, pkg/apis/*/validation): a sandbox test holds their verdicts against a real one.
"""
