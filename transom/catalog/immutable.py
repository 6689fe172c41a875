"""Changes that cannot be made in place: what a document or an object says now, against what it said at the base of a change.

Fields of ours are marked in their models (`x-immutable`, `x-forward`); those of Kubernetes are a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic.fields import FieldInfo

from transom.apischema.formats import quantity
from transom.catalog.model import Entry, Identity, Manifest
from transom.catalog.pods import at
from transom.errors import Problem, Severity
from transom.specs.base import FORWARD, IMMUTABLE, Document, Spec
from transom.specs.kinds import RESOURCE_KINDS
from transom.specs.owned import Guarded

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What an environment's files ask for at one revision.

    Attributes:
        entries: valid documents by identity.
        owners: tenant of each resource and application.
        manifests: objects by the document they belong to.
    """

    entries: Mapping[Identity, Entry[Document]]
    owners: Mapping[Identity, str]
    manifests: Mapping[Identity, Sequence[Manifest]]


def problems(before: State, after: State, today: date) -> Iterator[Problem]:
    """Everything that changed and cannot be changed, at its line of the files as they are now.

    What is released for deletion (`deletionPolicy: Delete`, until its day) may be replaced.
    """
    for identity, entry in after.entries.items():
        if (old := before.entries.get(identity)) is not None and not _released(entry, today):
            yield from _of_document(old, entry)
            yield from _of_owner(identity, entry, before, after)
    there = {(owner.partition("/")[0], one.key): one for owner, owned in before.manifests.items() for one in owned}
    for owner, owned in after.manifests.items():
        for manifest in owned:
            if (was := there.get((owner.partition("/")[0], manifest.key))) is not None and was.data != manifest.data:
                yield from _of_object(was, manifest)


def _released(entry: Entry[Any], today: date) -> bool:
    spec = getattr(entry.document, "spec", None)
    guarded = getattr(spec, "eks", None) or spec
    return isinstance(guarded, Guarded) and not guarded.protected(today)


def _of_owner(identity: Identity, entry: Entry[Any], before: State, after: State) -> Iterator[Problem]:
    old, new = before.owners.get(identity), after.owners.get(identity)
    if entry.kind in RESOURCE_KINDS and old and new and old != new:
        message = f"tenant was {old} and is {new} now, which is part of the name in the cloud: {identity} would be another one"
        yield Problem(entry.at("spec", "tenant"), "ImmutableField", message, f"write {old} again, or give the document another name")


def _of_document(old: Entry[Any], new: Entry[Any]) -> Iterator[Problem]:
    if type(old.document) is not type(new.document):
        return
    for path, was, now in _changed(old.document, new.document):
        dotted = ".".join(map(str, path))
        message = f"{dotted} was {_shown(was)} and is {_shown(now)} now, and cannot be changed while {new.identity} exists"
        yield Problem(new.at(*path), "ImmutableField", message, f"write {_shown(was)} again, or declare another {new.kind} and move to it")
    for path, was, now in _backwards(old.document, new.document):
        dotted = ".".join(map(str, path))
        message = f"{dotted} was {_shown(was)} and is {_shown(now)} now, and goes up only"
        yield Problem(new.at(*path), "ImmutableField", message, f"write {_shown(was)} or more")


def _changed(old: Spec, new: Spec, above: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Immutable fields that differ, with both values; what is not there before or after is another thing, and no change of it."""
    for path, field, was, now in _fields(old, new, above):
        if _marked(field, IMMUTABLE) and was != now:
            yield path, was, now


def _backwards(old: Spec, new: Spec) -> Iterator[tuple[Path, Any, Any]]:
    for path, field, was, now in _fields(old, new, ()):
        if _marked(field, FORWARD) and was is not None and now is not None and _size(now) < _size(was):
            yield path, was, now


def _fields(old: Spec, new: Spec, above: Path) -> Iterator[tuple[Path, FieldInfo, Any, Any]]:
    """Every field of both, at every depth where both have it."""
    for name, field in type(new).model_fields.items():
        path = (*above, field.alias or name)
        was, now = getattr(old, name), getattr(new, name)
        yield path, field, was, now
        if _marked(field, IMMUTABLE):
            continue
        if isinstance(was, Spec) and isinstance(now, Spec) and type(was) is type(now):
            yield from _fields(was, now, path)
        elif isinstance(was, dict) and isinstance(now, dict):
            for key in was.keys() & now.keys():
                if isinstance(was[key], Spec) and isinstance(now[key], Spec):
                    yield from _fields(was[key], now[key], (*path, key))


def _marked(field: FieldInfo, mark: Mapping[str, Any]) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and mark.keys() <= extra.keys()


def _size(value: Any) -> Any:
    """What versions and quantities are compared by; a version without its minor part goes before those that have one."""
    text = str(value)
    return [int(part) for part in text.split(".")] if re.fullmatch(r"[0-9]+(\.[0-9]+)*", text) else [quantity(text) or 0]


def _shown(value: Any) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return str(value).lower()
        case Spec():
            return ", ".join(f"{key} {inner}" for key, inner in value.model_dump(by_alias=True, exclude_none=True).items())
        case dict():
            return ", ".join(map(str, value)) or "empty"
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class _Rule:
    """Fields of a kind that its API refuses to change; `is_redone`: the engine deletes it and creates it anew, which is a warning."""

    fields: tuple[tuple[str, ...], ...]
    is_redone: bool = False
    hint: str = "give the object another name: the new one is up before the old one goes"


_KINDS: Mapping[tuple[str, str], _Rule] = {
    ("apps", "Deployment"): _Rule((("spec", "selector"),)),
    ("apps", "ReplicaSet"): _Rule((("spec", "selector"),)),
    ("apps", "DaemonSet"): _Rule((("spec", "selector"),)),
    ("apps", "StatefulSet"): _Rule(
        tuple(("spec", field) for field in ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"))
    ),
    ("batch", "Job"): _Rule(
        tuple(("spec", field) for field in ("template", "selector", "completionMode")), True, "give it another name to keep the old one"
    ),
    ("", "Service"): _Rule((("spec", "clusterIP"), ("spec", "clusterIPs")), hint="write the old value, or give the Service another name"),
    ("", "PersistentVolumeClaim"): _Rule(
        tuple(("spec", field) for field in ("accessModes", "storageClassName", "volumeMode", "volumeName", "selector", "dataSource")),
        hint="claim another volume, and move what is in this one",
    ),
    ("", "Secret"): _Rule((("type",),), True),
    ("rbac.authorization.k8s.io", "RoleBinding"): _Rule((("roleRef",),), True),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _Rule((("roleRef",),), True),
    ("storage.k8s.io", "StorageClass"): _Rule(tuple((field,) for field in ("provisioner", "parameters", "reclaimPolicy")), True),
    ("scheduling.k8s.io", "PriorityClass"): _Rule((("value",),), True),
}
"""By group and kind (Kubernetes API reference; what each kind's validation says of updates)."""


def _of_object(was: Manifest, now: Manifest) -> Iterator[Problem]:
    rule = _KINDS.get((now.group, now.kind))
    if rule is None:
        return
    for path in rule.fields:
        before, after = at(was.data, *path), at(now.data, *path)
        if before == after or (now.kind == "Service" and not _is_moved(before, after)):
            continue
        what = "is deleted and created anew for it" if rule.is_redone else "cannot be changed while it exists"
        message = f"{'.'.join(path)} of {now.kind} {now.name} has changed, and {what}"
        severity = Severity.WARNING if rule.is_redone else Severity.ERROR
        yield Problem(now.at(*path), "ImmutableField", message, rule.hint, severity)
    if now.kind == "PersistentVolumeClaim":
        yield from _shrunk(was, now)


def _is_moved(before: Any, after: Any) -> bool:
    """A Service's address may be left to the cluster, but neither moved nor taken away (headless and back)."""
    if isinstance(before, list) or isinstance(after, list):
        return bool(before) and bool(after)
    return (before or "") != (after or "") and bool(before or after == "None")


def _shrunk(was: Manifest, now: Manifest) -> Iterator[Problem]:
    path = ("spec", "resources", "requests", "storage")
    before, after = quantity(at(was.data, *path)), quantity(at(now.data, *path))
    if before is not None and after is not None and after < before:
        size = at(was.data, *path)
        message = f"PersistentVolumeClaim {now.name} had {size} and asks for {at(now.data, *path)} now; a volume never shrinks"
        yield Problem(now.at(*path), "ImmutableField", message, f"write {size} or more")
