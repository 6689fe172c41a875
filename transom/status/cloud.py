"""Health of AWS resources from what their services say of them: the states in the API references of each service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from transom.status.words import Health, Word


def _by_status(well: frozenset[str], broken: frozenset[str]) -> Callable[[Mapping[str, Any]], Health]:
    """A rule over `status`: well, broken, or on the way; the state says nothing yet where it is empty."""

    def rule(outputs: Mapping[str, Any]) -> Health:
        status = outputs.get("status")
        if not isinstance(status, str) or not status or status in well:
            return Health()
        return Health(Word.DEGRADED if status in broken else Word.PROGRESSING, status)

    return rule


RULES: Mapping[str, Callable[[Mapping[str, Any]], Health]] = MappingProxyType(
    {
        # EKS API reference: Cluster.status, Nodegroup.status
        "aws:eks/cluster:Cluster": _by_status(frozenset({"ACTIVE"}), frozenset({"FAILED"})),
        "aws:eks/nodeGroup:NodeGroup": _by_status(frozenset({"ACTIVE"}), frozenset({"CREATE_FAILED", "DELETE_FAILED", "DEGRADED"})),
    }
)
"""By type token. What has no rule is healthy once it exists: the engine's outputs of it have no state."""
