"""The judge: a real API server says whether it would take a manifest, applied as the Kubernetes provider does (server-side, dry run)."""

from __future__ import annotations

import copy
import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.apiserver import ApiServer

NAMESPACE = "conformity"
_TAKEN = (http.client.OK, http.client.CREATED)


class Judge:
    """Asks one API server over one connection."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        context = ssl.create_default_context(cafile=str(server.authority.certificate))
        context.load_cert_chain(server.user.certificate, server.user.key)
        self._connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=60, context=context)
        self._resources: dict[str, dict[str, dict[str, Any]]] = {}

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def verdict(self, manifest: Mapping[str, Any]) -> str:
        """Why the server refuses a manifest; empty when it takes it."""
        data = copy.deepcopy(dict(manifest))
        resource = self._resource(str(data["apiVersion"])).get(str(data["kind"]))
        if resource is None:
            return f"no matches for kind {data['kind']} in version {data['apiVersion']}"
        prefix = "/apis/" if "/" in data["apiVersion"] else "/api/"
        place = f"/namespaces/{data['metadata'].get('namespace') or NAMESPACE}" if resource["namespaced"] else ""
        path = f"{prefix}{data['apiVersion']}{place}/{resource['name']}/{data['metadata']['name'].replace(' ', '%20')}"
        query = "dryRun=All&fieldValidation=Strict&fieldManager=conformity&force=true"
        status, said = self._call("PATCH", f"{path}?{query}", data)
        return "" if status in _TAKEN else str(said.get("message", said))

    def _resource(self, api_version: str) -> dict[str, dict[str, Any]]:
        """Resources of a group version by kind."""
        if api_version not in self._resources:
            _, said = self._call("GET", ("/apis/" if "/" in api_version else "/api/") + api_version, None)
            found = {one["kind"]: one for one in said.get("resources", ()) if "/" not in one["name"]}
            self._resources[api_version] = found
        return self._resources[api_version]

    def _call(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/apply-patch+yaml"} if body is not None else {}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        content = answer.read()
        try:
            said = json.loads(content)
        except ValueError:
            said = {"message": content.decode(errors="replace")}
        return answer.status, said


Path = tuple[str | int, ...]


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value inside a document with its path, itself last."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))
    yield path, value


def mutations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The document with one thing changed, each with what it was; apiVersion, kind and name stay."""
    for path, value in places(document):
        if not path or path[0] in ("apiVersion", "kind") or path in (("metadata",), ("metadata", "name"), ("metadata", "namespace")):
            continue
        for name, new in _changed(value):
            yield f"{'.'.join(map(str, path))} {name}", _with(document, path, new)
        yield f"{'.'.join(map(str, path))} removed", _without(document, path)


def _changed(value: Any) -> Iterator[tuple[str, Any]]:
    """What may be put in a value's place."""
    yield "null", None
    match value:
        case bool():
            yield "text", "true"
            yield "other", not value
        case str():
            yield "number", 7
            yield "truth", True
            yield "nothing", ""
            yield "a word", "Wrong Word"
            yield "upper", value.upper()
            yield "long", "a" * 300
        case int() | float():
            yield "text", str(value)
            yield "part", value + 0.5
            yield "less", -1
            yield "zero", 0
            yield "much", 2**31
            yield "more", 2**63
        case list():
            yield "one", value[0] if value else {}
            yield "empty", []
            yield "twice", [*value, copy.deepcopy(value[0])] if value else [1]
            yield "with nothing", [*value, None]
        case dict():
            yield "unknown", {**value, "unknownField": 1}
            yield "empty", {}
            yield "text", "text"
            yield "list", [value]


def _with(document: dict[str, Any], path: Path, new: Any) -> dict[str, Any]:
    out = copy.deepcopy(document)
    here: Any = out
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = new
    return out


def _without(document: dict[str, Any], path: Path) -> dict[str, Any]:
    out = copy.deepcopy(document)
    here: Any = out
    for part in path[:-1]:
        here = here[part]
    del here[path[-1]]
    return out
