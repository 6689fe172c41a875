"""Where API documents come from: a running API server, or the files that a release of Kubernetes keeps of one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.apiserver import ApiServer
from sandbox.errors import SandboxError

_TIMEOUT = 600
"""Seconds that a download may take."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group version: its `apiVersion`, its OpenAPI schemas by name, and its resources as discovery lists them."""

    api_version: str
    schemas: dict[str, Any]
    resources: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Origin:
    """A Kubernetes API: its version (`1.36.3`), in words what it was read from, all its group versions, and which are off by default."""

    version: str
    about: str
    groups: tuple[Group, ...]
    off: frozenset[str]


def of_server(server: ApiServer) -> Origin:
    """The API that a server offers as it is configured; what its release describes beside that is switched off."""
    version = server.get("/version")["gitVersion"].removeprefix("v")
    paths = {path: entry["serverRelativeURL"] for path, entry in server.get("/openapi/v3")["paths"].items()}
    groups = tuple(_groups(paths, lambda path: server.get(f"/{path}"), server.get))
    released = {group.api_version: group for group in of_release(version).groups}
    groups = tuple(group for group in groups if group.api_version in released)  # without custom resources
    others = tuple(group for name, group in released.items() if name not in {one.api_version for one in groups})
    about = f"kube-apiserver {version}: OpenAPI v3 and discovery"
    return Origin(version, about, (*groups, *others), frozenset(group.api_version for group in others))


def of_release(version: str) -> Origin:
    """The API that Kubernetes' release of `version` describes in its own sources (Go module k8s.io/kubernetes, folder api/).

    The folder is made by the project from a server with every group version switched on.
    """
    folder = module("k8s.io/kubernetes", f"v{version}") / "api"
    files = {_path(file): str(file) for file in sorted((folder / "openapi-spec" / "v3").glob("*_openapi.json"))}

    def discovery(path: str) -> Any:
        return json.loads((folder / "discovery" / f"{path.replace('/', '__')}.json").read_text(encoding="utf-8"))

    groups = tuple(_groups(files, discovery, lambda name: json.loads(Path(name).read_text(encoding="utf-8"))))
    off = frozenset(group.api_version for group in groups if _is_preview(group.api_version))
    return Origin(version, f"Kubernetes {version}: OpenAPI v3 and discovery of the release", groups, off)


def module(name: str, version: str) -> Path:
    """The folder of a Go module, fetched when it is not there yet.

    Raises:
        SandboxError: it cannot be had; the message is the registry's.
    """
    command = ["go", "mod", "download", "-json", f"{name}@{version}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT)
    said = json.loads(done.stdout) if done.stdout.startswith("{") else {"Error": done.stderr.strip()}
    if "Dir" not in said:
        raise SandboxError(f"Go module {name} {version}: {said.get('Error')}", hint="take another version: a refusal is final")
    return Path(said["Dir"])


def _is_preview(api_version: str) -> bool:
    """Alpha and beta versions are off by default; of the releases that are kept (1.32 and later) no beta version is on."""
    return any(word in api_version.rpartition("/")[2] for word in ("alpha", "beta"))


def _path(file: Path) -> str:
    """`apis__apps__v1_openapi.json` is what the server has at `apis/apps/v1`."""
    return file.name.removesuffix("_openapi.json").replace("__", "/")


def _groups(paths: dict[str, str], discovery: Callable[[str], Any], document: Callable[[str], Any]) -> Iterator[Group]:
    for path, address in sorted(paths.items()):
        prefix, _, api_version = path.partition("/")
        if prefix not in ("api", "apis") or (prefix == "apis") != ("/" in api_version) or not api_version:
            continue
        schemas = document(address).get("components", {}).get("schemas", {})
        yield Group(api_version, schemas, discovery(path)["resources"])
