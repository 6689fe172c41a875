"""Talks to one API server: requests, discovery of kinds, and its errors, as the Kubernetes Go client reports them."""

from __future__ import annotations

import json
import ssl
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import urllib3

from sandbox.plugins.kubernetes.credentials import CredentialError
from sandbox.plugins.kubernetes.kubeconfig import Connection
from sandbox.plugins.kubernetes.objects import Kind, Object
from sandbox.plugins.serving import PluginError

_CONNECTIONS: Final = 128  # as many as the server has threads; one more would be thrown away after use, with a warning
_CONNECT_SECONDS: Final = 10.0
_TOO_MANY: Final = 429

JSON: Final = "application/json"
APPLY: Final = "application/apply-patch+yaml"  # JSON is YAML
JSON_PATCH: Final = "application/json-patch+json"


class UnreachableError(PluginError):
    """The API server did not answer."""


class NoMatchError(PluginError):
    """The API server knows no such kind."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(f'no matches for kind "{kind.kind}" in version "{kind.api_version}"')


class ApiError(PluginError):
    """The API server refused: its `Status` object (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/)."""

    def __init__(self, status: Mapping[str, Any], code: int) -> None:
        self.status = code
        self.reason = str(status.get("reason") or "")
        self.details = status.get("details") or {}
        super().__init__(str(status.get("message") or f"the server answered {code}"))

    @property
    def not_found(self) -> bool:
        """The object, or what it needs, does not exist."""
        return self.reason == "NotFound"

    @property
    def namespace_not_found(self) -> bool:
        """The namespace does not exist."""
        return self.not_found and self.details.get("kind") == "namespaces"

    @property
    def already_exists(self) -> bool:
        """Another object has the name, maybe one that is being deleted."""
        return self.reason == "AlreadyExists"

    @property
    def conflict(self) -> bool:
        """Another field manager owns a field, or the object has changed since it was read."""
        return self.reason == "Conflict"

    @property
    def forbidden(self) -> bool:
        """We may not do that."""
        return self.reason == "Forbidden"

    @property
    def dry_run_unsupported(self) -> bool:
        """A webhook has side effects, so the server cannot try the change out."""
        return self.status == 400 and "does not support dry run" in str(self)  # noqa: PLR2004 - Bad Request


@dataclass(frozen=True, slots=True)
class Resource:
    """How one kind is addressed: `/apis/apps/v1` and `deployments`."""

    base: str
    plural: str
    namespaced: bool


class Api:
    """A client of one API server, usable from many threads; kinds are looked up when first used and again when missing."""

    def __init__(self, connection: Connection, timeout: float | None = None) -> None:
        self.connection = connection
        self._timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=timeout)
        # The server asks to come back later with 429 when it is busy; nothing else is tried again here.
        self._retry = urllib3.Retry(
            total=None, connect=2, read=0, redirect=0, status=10, status_forcelist=(_TOO_MANY,), allowed_methods=None, raise_on_status=False
        )
        self._pool = _pool(connection)
        self._headers = {"Accept": JSON, "User-Agent": "pulumi-kubernetes/stand-in"}
        if connection.token:
            self._headers["Authorization"] = f"Bearer {connection.token}"
        self._kinds: dict[str, dict[str, Resource]] = {}
        self._lock = threading.Lock()

    def request(self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, content_type: str = JSON) -> Any:
        """Give the decoded answer. Raises ApiError for a refusal and UnreachableError where there is no answer."""
        target = path + ("?" + "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items()) if query else "")
        plain = {**self._headers, **self._bearer(), **({"Content-Type": content_type} if body is not None else {})}
        headers = urllib3.HTTPHeaderDict(plain)
        for name, value in self.connection.acting_as:
            headers.add(name, value)  # one line for each group
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        try:
            answer = self._pool.urlopen(method, target, body=data, headers=headers, retries=self._retry, timeout=self._timeout)
        except urllib3.exceptions.HTTPError as error:
            raise UnreachableError(f"{method} {self.connection.server}{path}: {_cause(error)}") from error
        try:
            document = json.loads(answer.data)
        except ValueError:
            document = {"message": answer.data.decode(errors="replace").strip()}
        if answer.status >= 400:  # noqa: PLR2004 - all of HTTP's refusals
            raise ApiError(document if isinstance(document, dict) else {}, answer.status)
        return document

    def _bearer(self) -> dict[str, str]:
        if self.connection.program is None:
            return {}
        try:
            return {"Authorization": f"Bearer {self.connection.program.token()}"}
        except CredentialError as error:
            raise UnreachableError(str(error)) from error

    def find(self, kind: Kind) -> Resource | None:
        """Give how the kind is addressed, None for one that the server does not know (yet)."""
        known = self._kinds.get(kind.api_version, {})
        if kind.kind in known:
            return known[kind.kind]
        with self._lock:
            found = self._kinds.get(kind.api_version, {})
            if kind.kind not in found:
                found = self._discover(kind)
                self._kinds[kind.api_version] = found
        return found.get(kind.kind)

    def resource(self, kind: Kind) -> Resource:
        """Like `find`, but raises NoMatchError."""
        found = self.find(kind)
        if found is None:
            raise NoMatchError(kind)
        return found

    def forget(self, api_version: str) -> None:
        """Look the kinds of this version up again: a definition has changed."""
        with self._lock:
            self._kinds.pop(api_version, None)

    def collection(self, kind: Kind, namespace: str) -> str:
        """Give the path of all objects of the kind in the namespace (`default` where none is given), or in the cluster."""
        found = self.resource(kind)
        within = f"/namespaces/{quote(namespace or 'default', safe='')}" if found.namespaced else ""
        return f"{found.base}{within}/{found.plural}"

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """Give the live object."""
        answer: Object = self.request("GET", f"{self.collection(kind, namespace)}/{quote(name, safe='')}")
        return answer

    def list(self, kind: Kind, namespace: str, *, labels: str = "") -> list[Object]:
        """Give the live objects of the kind in the namespace, those with the labels only where a selector is given."""
        query = {"labelSelector": labels} if labels else None
        answer = self.request("GET", self.collection(kind, namespace), query)
        return list(answer.get("items") or [])

    def _discover(self, kind: Kind) -> dict[str, Resource]:
        base = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
        try:
            answer = self.request("GET", base)
        except ApiError as error:
            if error.status in (404, 403):
                return {}
            raise
        return {
            entry["kind"]: Resource(base, entry["name"], entry["namespaced"])
            for entry in answer.get("resources") or []
            if "/" not in entry["name"]  # a subresource
        }


def _pool(connection: Connection) -> urllib3.HTTPConnectionPool:
    parts = urlsplit(connection.server)
    host, port = parts.hostname or "", parts.port
    if parts.path.strip("/"):
        raise ValueError(f"the server {connection.server} of the kubeconfig has a path, which the stand-in does not support")
    if parts.scheme == "http":
        return urllib3.HTTPConnectionPool(host, port or 80, maxsize=_CONNECTIONS)
    context = ssl.create_default_context(cadata=connection.authority or None)
    # Authorities made by hand often lack the extensions that strict verification asks for; names and signatures are still verified.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if connection.certificate:
        _present(context, connection)
    expected = connection.server_name or None
    return urllib3.HTTPSConnectionPool(
        host, port or 443, maxsize=_CONNECTIONS, ssl_context=context, assert_hostname=expected, server_hostname=expected
    )


def _present(context: ssl.SSLContext, connection: Connection) -> None:
    # Python takes a client certificate from files only; they are gone again when this returns.
    with tempfile.TemporaryDirectory(prefix="transom-") as folder:
        certificate, key = Path(folder) / "client.crt", Path(folder) / "client.key"
        key.touch(mode=0o600)
        certificate.write_text(connection.certificate, encoding="utf-8")
        key.write_text(connection.key, encoding="utf-8")
        context.load_cert_chain(certificate, key)


def _cause(error: urllib3.exceptions.HTTPError) -> str:
    reason = getattr(error, "reason", None) or error
    text = str(reason)
    return "connection refused" if "Connection refused" in text else text
