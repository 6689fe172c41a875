"""The Rollouts of one cluster: what is asked of its API server, and what is written there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from transom.errors import ClusterRefused, PermanentError
from transom.live.cluster import MERGE_PATCH, ClusterApi

_ROLLOUTS = "/apis/argoproj.io/v1alpha1/namespaces/{}/rollouts"
_NOT_FOUND = 404


class Cluster:
    """The Rollouts behind one API server."""

    def __init__(self, api: ClusterApi) -> None:
        self._api = api

    def rollouts(self, namespace: str) -> list[Mapping[str, Any]]:
        """The Rollouts of a namespace; none where the cluster does not know the kind.

        Raises:
            TemporaryError: it does not answer.
            PermanentError: it refuses.
        """
        try:
            with self._told():
                return list(self._api.get(_ROLLOUTS.format(namespace))["items"])
        except ClusterRefused as refused:
            if refused.code != _NOT_FOUND:
                raise
            return []

    def patch(self, namespace: str, name: str, body: Mapping[str, Any], *, of_status: bool) -> Mapping[str, Any]:
        """The Rollout after a merge patch of it, or of its status; errors as `rollouts`."""
        path = f"{_ROLLOUTS.format(namespace)}/{name}{'/status' if of_status else ''}"
        try:
            with self._told():
                patched: Mapping[str, Any] = self._api.patch(path, {("status" if of_status else "spec"): body}, form=MERGE_PATCH)
                return patched
        except ClusterRefused as refused:
            if refused.code != _NOT_FOUND:
                raise
            message = f"cluster {self._api.name}: Rollout {namespace}/{name} is gone"
            raise PermanentError(message, reason="UnknownRollout", hint="apply it again") from None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """A refusal with what helps against it."""
        try:
            yield
        except ClusterRefused as refused:
            hint = "ask for a role that may get and patch rollouts and rollouts/status of argoproj.io"
            message = f"cluster {self._api.name} refuses: {refused.said}"
            raise ClusterRefused(message, code=refused.code, hint=hint, said=refused.said) from refused
