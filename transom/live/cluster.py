"""One API server: the connection that a kubeconfig says, and requests as JSON.

The kubeconfig is read by the official client (programs that give tokens, certificates, proxies); its generated models are not used, because
what is asked here is asked of every kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import urllib3

from transom.errors import ClusterRefused, PermanentError, TemporaryError

_PATIENCE = urllib3.Timeout(connect=10.0, read=60.0)
_REFUSED = 400
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"


class ClusterApi:
    """A client of one API server, usable from several threads."""

    def __init__(self, name: str, contexts: Sequence[str] = (), kubeconfig: str | None = None) -> None:
        """Reads the kubeconfig and asks nothing yet.

        Args:
            name: what messages call the cluster.
            contexts: names that its context may have in the kubeconfig of whoever runs this; the first that is there is taken.
            kubeconfig: the text of one, instead.

        Raises:
            PermanentError: there is no such context, or the kubeconfig cannot be read.
        """
        from kubernetes import config
        from kubernetes.config import ConfigException

        self.name = name
        try:
            if kubeconfig is None:
                there = [one["name"] for one in config.list_kube_config_contexts()[0]] if len(contexts) > 1 else contexts
                found = next((context for context in contexts if context in there), next(iter(contexts), None))  # a missing one is told
                self._client = config.new_client_from_config(context=found, persist_config=False)
            else:
                import yaml

                self._client = config.new_client_from_config_dict(yaml.safe_load(kubeconfig), persist_config=False)
        except (ConfigException, OSError, ValueError) as error:
            hint = "check KUBECONFIG: kubectl config get-contexts; of an EKS cluster aws eks update-kubeconfig writes one"
            raise PermanentError(f"cluster {name}: {error}", reason="ClusterUnreachable", hint=hint) from error

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str = "application/json") -> Any:
        """What is at a path of the API, decoded."""
        return self._ask("GET", path, query or {}, {"Accept": accept})

    def patch(self, path: str, body: Any, query: Mapping[str, str] | None = None, *, form: str = JSON_PATCH) -> Any:
        """A patch on one object, of the `form` JSON_PATCH or MERGE_PATCH; the object afterwards."""
        headers = {"Accept": "application/json", "Content-Type": form}
        return self._ask("PATCH", path, query or {}, headers, json.dumps(body).encode())

    def _ask(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes | None = None) -> Any:
        settings = self._client.configuration
        token = str(settings.get_api_key_with_prefix("authorization") or settings.get_api_key_with_prefix("BearerToken") or "")
        own: dict[str, str] = {**headers, "User-Agent": "transom", **({"Authorization": token} if token else {})}
        target = f"{settings.host}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            answer = self._client.rest_client.pool_manager.request(method, target, body=body, headers=own, timeout=_PATIENCE, retries=1)
        except urllib3.exceptions.HTTPError as error:
            hint = "whether the cluster runs, and can be reached from here"
            message = f"cluster {self.name} does not answer: {_cause(error)}"
            raise TemporaryError(message, reason="ClusterUnreachable", hint=hint) from error
        try:
            told = json.loads(answer.data)
        except ValueError:
            told = {}
        if answer.status >= _REFUSED:
            said = (isinstance(told, dict) and told.get("message")) or f"the API server answered {answer.status}"
            hint = "check that the kubeconfig's user may do this"
            raise ClusterRefused(f"cluster {self.name}: {said}", code=answer.status, hint=hint, said=str(said))
        return told


def _cause(error: urllib3.exceptions.HTTPError) -> str:
    return str(getattr(error, "reason", None) or error).rpartition(": ")[2]
