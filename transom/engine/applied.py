"""What was last applied: the record that drift is measured against.

The engine's state is not that record. `up --refresh` first writes the live values into the state and then puts the program's back; where
that fails (a conflict over a field, a refusal) the state keeps the live values, and the next refresh finds nothing. `pulumi refresh` alone
does the same.

A self-managed backend keeps, after every update, a copy of the state beside the history of updates. The copy after the last update that
succeeded is the record, whoever ran it: ours or a bare `pulumi up`. Where nothing was run since, the state itself is the record, and
nothing here is needed. Otherwise a resource has drifted where live differs from the record AND the program, as it is now, would change it
back: the second keeps apart what a later, half-failed update rightly applied. What this cannot see is said in a warning of the ChangeSet:
on a backend other than `file://` the copies cannot be read from here, and drift is then live against state.

Two edges remain, by construction: a resource that a half-failed update applied and that Git changed again since is reported as drifted
until the next apply succeeds; and a run with `--target` counts as an update of everything.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transom.changes import SECRET_AFTER, SECRET_BEFORE, Change, ChangeSet, Diagnostic, DiffKind, Operation, PropertyChange
from transom.engine import backends, properties, urns, values
from transom.engine.paths import find, parse
from transom.errors import TransomError

_ENTRY = re.compile(r"-(?P<moment>\d+)\.history\.json(?P<gz>\.gz)?$")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as a state keeps it; secrets are ciphertexts."""

    urn: str
    type: str
    parent: str
    id: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """What was last applied, and the state as it is now.

    Attributes:
        settled: the state itself is what was last applied.
        readable: the record could be read; where not, drift can only be live against state.
        applied: by URN, after the last update that succeeded. Custom resources only.
        state: by URN, now.
        since: kinds of the runs since then, e.g. ("update failed", "refresh succeeded").
    """

    settled: bool
    readable: bool = True
    applied: Mapping[str, Resource] = field(default_factory=dict)
    state: Mapping[str, Resource] = field(default_factory=dict)
    since: tuple[str, ...] = ()


def read(backend: str, project: str, stack: str) -> Record:
    """The record of a stack; from a `file://` backend only."""
    folder = backends.folder(backend)
    if folder is None:
        return Record(settled=False, readable=False)
    root = folder / ".pulumi"
    since: list[str] = []
    alive: set[str] | None = None
    for history, checkpoint in _entries(root / "history" / project / stack):
        entry = _load(history)
        kind, result = str(entry.get("kind", "")), str(entry.get("result", ""))
        if kind == "update" and result == "succeeded":
            kept = resources(_load(checkpoint))
            if not since:
                return Record(settled=True)
            record = {urn: resource for urn, resource in kept.items() if alive is None or urn in alive}
            return Record(settled=False, applied=record, state=_state(root, project, stack), since=tuple(reversed(since)))
        if kind == "destroy":
            alive = set(resources(_load(checkpoint)))
        since.append(f"{kind} {result}")
    return Record(settled=True)  # nothing was ever applied: nothing can have drifted from it


def resources(checkpoint: Mapping[str, Any]) -> dict[str, Resource]:
    """The custom resources of a checkpoint or an exported deployment, providers and those awaiting deletion left out."""
    deployment = checkpoint.get("checkpoint", {}).get("latest") or checkpoint.get("deployment") or {}
    return {
        resource["urn"]: Resource(
            resource["urn"], resource["type"], resource.get("parent", ""), resource.get("id", ""), resource.get("inputs") or {}
        )
        for resource in deployment.get("resources") or ()
        if resource.get("custom")
        and not resource.get("delete")
        and not resource.get("external")
        and not urns.is_provider(resource["type"])
        and not urns.is_bookkeeping(resource["type"])
    }


def against(record: Record, found: ChangeSet, live: Mapping[str, Mapping[str, Any]], plan: Callable[[], ChangeSet]) -> ChangeSet:
    """The drift against what was last applied.

    Args:
        record: what was last applied, and the state.
        found: the drift against the state, as the refresh found it.
        live: by URN, the inputs that the refresh read.
        plan: what the program, as it is now, would change in the state; called only where state and record differ.
    """
    if not record.readable:
        return _warned(
            found,
            "what was last applied cannot be read from this backend: drift is live against state",
        )
    suspects = {urn for urn, was in record.applied.items() if urn not in record.state or dict(was.inputs) != dict(record.state[urn].inputs)}
    if not suspects:
        return found
    try:
        planned = plan()
    except TransomError as error:
        return _warned(
            found,
            f"the last runs ({', '.join(record.since)}) left the state unlike what was applied, and the program cannot say where: {error}",
        )
    wanted = {change.urn: change for change in planned.changes}
    parents = {urn: resource.parent for urn, resource in ({**record.state, **record.applied}).items()}
    documents = {change.urn: change.document for change in (*planned.changes, *found.changes)}
    changes = {change.urn: change for change in found.changes}
    for urn in sorted(suspects):
        change = _judge(record, urn, live.get(urn), wanted.get(urn))
        if (
            change is None
            and urn in record.state
            and urn in changes
            and changes[urn].operation is Operation.UPDATE
            and _back(record, urn, live.get(urn))
        ):
            del changes[urn]
        elif change is not None and (urn not in changes or changes[urn].operation is Operation.UPDATE):
            changes[urn] = change.model_copy(update={"document": documents.get(urn) or urns.document(urn, parents)})
    ordered = tuple(sorted(changes.values(), key=lambda change: (change.document, change.urn)))
    unchanged = found.unchanged + sum(change.urn in record.state for change in found.changes)
    return found.model_copy(update={"changes": ordered, "unchanged": unchanged - sum(change.urn in record.state for change in ordered)})


def _judge(record: Record, urn: str, live: Mapping[str, Any] | None, wanted: Change | None) -> Change | None:
    """What has drifted in one resource that state and record tell differently; None where nothing has."""
    was = record.applied[urn]
    now = record.state.get(urn)
    if wanted is None or wanted.operation is Operation.SAME:
        return None
    if now is None:
        if wanted.operation is not Operation.CREATE:
            return None
        return Change(urn=urn, type=was.type, name=wanted.name, operation=Operation.DELETE, id=was.id)
    visible = properties.between(was.type, _blind(was.inputs), _blind(now.inputs if live is None else live))
    hidden = tuple(_hidden(was, now, wanted, {change.path for change in visible}))
    if not visible and not hidden:
        return None
    return Change(
        urn=urn,
        type=was.type,
        name=wanted.name,
        operation=Operation.UPDATE,
        id=now.id,
        properties=(*visible, *hidden),
        protected=wanted.protected,
    )


def _hidden(was: Resource, now: Resource, wanted: Change, seen: set[str]) -> Iterator[PropertyChange]:
    """Secrets that the program would put back and whose ciphertexts differ.

    A ciphertext alone proves nothing: a refresh writes a new one each time.
    """
    for property_change in wanted.properties:
        path = parse(property_change.path)
        if property_change.path in seen or property_change.before != SECRET_BEFORE:
            continue
        if find(was.inputs, path) != find(now.inputs, path):
            yield PropertyChange(path=property_change.path, kind=DiffKind.UPDATE, before=SECRET_BEFORE, after=SECRET_AFTER)


def _back(record: Record, urn: str, live: Mapping[str, Any] | None) -> bool:
    """Whether live is again what was applied, though the state is not."""
    return live is not None and not tuple(values.diff(_blind(record.applied[urn].inputs), _blind(live)))


def _blind(tree: Any) -> Any:
    """Inputs with every secret alike, so that only what can be seen is compared."""
    if values.is_secret(tree):
        return values.BLINDED
    if isinstance(tree, dict):
        return {key: _blind(value) for key, value in tree.items()}
    return [_blind(value) for value in tree] if isinstance(tree, list) else tree


def _warned(found: ChangeSet, message: str) -> ChangeSet:
    return found.model_copy(update={"diagnostics": (*found.diagnostics, Diagnostic(severity="warning", message=message))})


def _entries(folder: Path) -> Iterator[tuple[Path, Path]]:
    """History and checkpoint files of a stack, newest first."""
    found = [(int(match["moment"]), path) for path in (folder.iterdir() if folder.is_dir() else ()) if (match := _ENTRY.search(path.name))]
    for _, path in sorted(found, reverse=True):
        yield path, path.with_name(path.name.replace(".history.", ".checkpoint."))


def _state(root: Path, project: str, stack: str) -> dict[str, Resource]:
    for suffix in (".json", ".json.gz"):
        file = root / "stacks" / project / f"{stack}{suffix}"
        if file.is_file():
            return resources(_load(file))
    return {}


def _load(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    raw = file.read_bytes()
    loaded: dict[str, Any] = json.loads(gzip.decompress(raw) if file.suffix == ".gz" else raw)
    return loaded
