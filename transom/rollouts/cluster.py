"""The way to a cluster's API server, as the kubeconfig of whoever runs this has it.

The kubeconfig is read by the official client, which knows programs that give tokens, certificates and proxies; its models are not used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from transom.errors import PermanentError, TemporaryError

MERGE_PATCH = "application/merge-patch+json"
_ROLLOUTS = "/apis/argoproj.io/v1alpha1/namespaces/{}/rollouts"
_PATIENCE = (10.0, 60.0)
_NOT_FOUND, _REFUSED = 404, 400


class Cluster:
    """One API server, by a context of the kubeconfig."""

    def __init__(self, name: str, contexts: tuple[str, ...]) -> None:
        """Reads the kubeconfig and asks nothing yet.

        Args:
            name: of the Cluster document, for messages.
            contexts: names that its context may have; the first that is there is taken.

        Raises:
            PermanentError: there is no such context, or the kubeconfig cannot be read.
        """
        from kubernetes import config
        from kubernetes.config import ConfigException

        self.name = name
        try:
            there = [one["name"] for one in config.list_kube_config_contexts()[0]]
            found = next((context for context in contexts if context in there), contexts[0])  # which is then told as missing
            self._client = config.new_client_from_config(context=found, persist_config=False)
        except (ConfigException, OSError, ValueError) as error:
            hint = "see kubectl config get-contexts; of an EKS cluster aws eks update-kubeconfig writes one"
            raise PermanentError(f"cluster {name}: {error}", reason="ClusterUnreachable", hint=hint) from error

    def rollouts(self, namespace: str) -> list[Mapping[str, Any]]:
        """The Rollouts of a namespace; none where the cluster does not know the kind.

        Raises:
            TemporaryError: it does not answer.
            PermanentError: it refuses.
        """
        found = self._ask("GET", _ROLLOUTS.format(namespace))
        return list(found["items"]) if found else []

    def patch(self, namespace: str, name: str, body: Mapping[str, Any], *, of_status: bool) -> Mapping[str, Any]:
        """The Rollout after a merge patch of it, or of its status; errors as `rollouts`."""
        path = f"{_ROLLOUTS.format(namespace)}/{name}{'/status' if of_status else ''}"
        found = self._ask("PATCH", path, {("status" if of_status else "spec"): body})
        if found is None:
            raise PermanentError(f"cluster {self.name}: Rollout {namespace}/{name} is gone", reason="UnknownRollout", hint="apply it again")
        patched: Mapping[str, Any] = found
        return patched

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """What a path answers, decoded; None where there is nothing."""
        import urllib3

        settings = self._client.configuration
        token = settings.get_api_key_with_prefix("authorization") or settings.get_api_key_with_prefix("BearerToken")
        headers = {"Accept": "application/json", "User-Agent": "transom", **({"Authorization": token} if token else {})}
        if body is not None:
            headers["Content-Type"] = MERGE_PATCH
        timeout = urllib3.Timeout(connect=_PATIENCE[0], read=_PATIENCE[1])
        pool = self._client.rest_client.pool_manager
        sent = None if body is None else json.dumps(body).encode()
        try:
            answer = pool.request(method, f"{settings.host}{path}", body=sent, headers=headers, timeout=timeout, retries=1)
        except urllib3.exceptions.HTTPError as error:
            why = str(getattr(error, "reason", None) or error).rpartition(": ")[2]
            hint = "see whether it runs, and can be reached from here"
            raise TemporaryError(f"cluster {self.name} does not answer: {why}", reason="ClusterUnreachable", hint=hint) from error
        if answer.status == _NOT_FOUND:
            return None
        if answer.status >= _REFUSED:
            raise PermanentError(
                f"cluster {self.name} refuses: {_told(answer.data) or answer.status}",
                reason="ClusterRefused",
                hint="ask for a role that may get and patch rollouts and rollouts/status of argoproj.io",
            )
        return json.loads(answer.data)


def _told(data: bytes) -> str:
    try:
        told = json.loads(data)
    except ValueError:
        return ""
    return str(told.get("message", "")) if isinstance(told, dict) else ""
