"""A small client of a sandbox's own API servers: JSON over verified TLS with a client certificate."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any

from sandbox.certificates import Pair

_TIMEOUT = 10.0
_REFUSED = 400
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class ApiServer:
    """One API server on the loopback address, seen by one user."""

    port: int
    authority: Pair
    user: Pair

    @property
    def url(self) -> str:
        """As a kubeconfig names it."""
        return f"https://127.0.0.1:{self.port}"

    def is_ready(self) -> bool:
        """Whether `/readyz` says ok."""
        try:
            return self._call("GET", "/readyz", None)[0] == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def get(self, path: str) -> Any:
        """The object at a path; None where there is none."""
        status, body = self._call("GET", path, None)
        return None if status == http.client.NOT_FOUND else self._parse("GET", path, status, body)

    def create(self, path: str, document: dict[str, Any]) -> None:
        """Create the object in the collection at a path; one that exists already is left as it is."""
        status, body = self._call("POST", path, document)
        if status != _CONFLICT:
            self._parse("POST", path, status, body)

    def post(self, path: str, document: dict[str, Any]) -> Any:
        """What the collection at a path answers to an object."""
        return self._parse("POST", path, *self._call("POST", path, document))

    @staticmethod
    def _parse(method: str, path: str, status: int, body: bytes) -> Any:
        if status >= _REFUSED:
            raise OSError(f"{method} {path}: {status} {body.decode(errors='replace')[:500]}")
        return json.loads(body)

    def _call(self, method: str, path: str, document: dict[str, Any] | None) -> tuple[int, bytes]:
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        context.load_cert_chain(self.user.certificate, self.user.key)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=_TIMEOUT, context=context)
        try:
            body = None if document is None else json.dumps(document)
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()
