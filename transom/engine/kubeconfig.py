"""Contexts that act as a tenant: beside a person's own kubeconfig a second one, whose users are the person's with `as` on top.

A cluster that somebody else made is reached by a context of whoever runs this, and so no credential gets into a state. A tenant's account
is reached in the same way: by the context `CONTEXT/as/NAMESPACE/ACCOUNT`. It is written down for the time of a run, and KUBECONFIG lists
it before the person's own files (kubernetes.io: organizing cluster access using kubeconfig files; user impersonation).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from transom.errors import PermanentError

VARIABLE = "KUBECONFIG"
_PATHS = ("client-certificate", "client-key", "tokenFile")
"""Fields of a user that name files, beside the file that they stand in."""


def acting(context: str, user: str) -> str:
    """Name of the context that acts as a service account of the cluster, `system:serviceaccount:NAMESPACE:NAME`."""
    _, _, namespace, account = user.split(":")
    return f"{context}/as/{namespace}/{account}"


def files(environment: Mapping[str, str], home: Path) -> list[Path]:
    """The kubeconfigs of whoever runs this."""
    listed = [Path(part) for part in environment.get(VARIABLE, "").split(os.pathsep) if part]
    return [path for path in listed or [home / ".kube" / "config"] if path.is_file()]


def written(wanted: Iterable[tuple[str, str]], paths: Iterable[Path]) -> dict[str, Any]:
    """The second kubeconfig: a context for each context and user in `wanted`.

    Contexts that there are not are left out: the provider says so where it matters.

    Raises:
        PermanentError: a file is no kubeconfig.
    """
    contexts, users = _read(paths)
    made: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "contexts": [], "users": []}
    for context, user in dict.fromkeys(wanted):
        name = acting(context, user)
        found = contexts.get(context)
        if found is None or name in contexts:
            continue  # a person has written it down already, maybe for another identity
        made["contexts"].append({"name": name, "context": {**found, "user": name}})
        made["users"].append({"name": name, "user": {**users.get(str(found.get("user")), {}), "as": user}})
    return made


def _read(paths: Iterable[Path]) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Contexts and users by name; of equal names the first file's."""
    import yaml

    contexts: dict[str, dict[str, Any]] = {}
    users: dict[str, dict[str, Any]] = {}
    for path in paths:
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            entries = [(item["name"], item.get("context") or {}) for item in document.get("contexts") or []]
            people = [(item["name"], _absolute(item.get("user") or {}, path.parent)) for item in document.get("users") or []]
        except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError):
            # What is wrong is not shown: the file may hold credentials.
            raise PermanentError(
                f"{path} is no kubeconfig", reason="InvalidKubeconfig", hint="kubectl config view says what is wrong"
            ) from None
        for name, context in entries:
            contexts.setdefault(str(name), context)
        for name, person in people:
            users.setdefault(str(name), person)
    return contexts, users


def _absolute(user: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A user that means the same in another folder."""
    out = dict(user)
    for field in _PATHS:
        if out.get(field):
            out[field] = str((folder / str(out[field])).resolve())
    program = out.get("exec")
    if isinstance(program, dict) and os.sep in str(program.get("command", "")):
        out["exec"] = {**program, "command": str((folder / program["command"]).resolve())}
    return out
