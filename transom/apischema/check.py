"""The way in: a library of schemas for one cluster, and what is wrong with an object by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from transom.apischema import definitions, metadata, packs
from transom.apischema.defaults import filled
from transom.apischema.findings import Finding, close, near
from transom.apischema.packs import Kind, Pack
from transom.apischema.parts import Part
from transom.apischema.removed import INSTEAD, REMOVED
from transom.apischema.rules import network, others, workloads
from transom.apischema.walk import Manner, walk

_TABLES = (workloads.RULES, network.RULES, others.RULES)


@dataclass(frozen=True, slots=True)
class Library:
    """What a cluster knows.

    Attributes:
        version: its version of Kubernetes, `1.36`.
        own: kinds that the repository declares.
        kubernetes: the schemas that its objects are held to; not exact when another version is at hand only.
    """

    version: str
    own: Pack
    kubernetes: Pack = field(repr=False)

    def find(self, api_version: str, kind: str) -> tuple[Pack, Kind] | None:
        """The kind and the pack that has its schema; None when nobody knows it."""
        for pack in (self.own, self.kubernetes, packs.custom(api_version.rpartition("/")[0])):
            if pack is not None and kind in pack.kinds.get(api_version, ()):
                return (pack if pack is not packs.custom(api_version.rpartition("/")[0]) else replace(pack, exact=False)), pack.kinds[
                    api_version
                ][kind]
        return None


def library(version: str = "", own: Iterable[Mapping[str, Any]] = ()) -> Library:
    """The library of a cluster of Kubernetes `version` (empty: the newest that is kept), with the definitions of the repository.

    `version` may be written with patch and build (`v1.34.2-eks-1234`); what is no version is a ValueError.
    """
    known = packs.versions()
    wanted = packs.minor(version) if version else known[0]
    pack = packs.kubernetes(wanted if wanted in known else packs.nearest(wanted))
    return Library(wanted, definitions.pack(own, "the repository"), pack if wanted in known else replace(pack, exact=False))


def check(data: Mapping[str, Any], by: Library) -> Iterator[Finding]:
    """What is wrong with one object; `apiVersion` and `kind` are texts.

    A mistake is told once: rules pass over what the schema has told.
    """
    api_version, kind = str(data["apiVersion"]), str(data["kind"])
    found = by.find(api_version, kind)
    if found is None:
        yield _unknown(api_version, kind, by)
        return
    pack, entry = found
    told = [*_held(data, by, pack, entry)]
    yield from told
    if entry.note:
        yield Finding(
            ("apiVersion",),
            "DeprecatedVersion",
            f"{api_version} {kind}: {entry.note}" if entry.custom else f"{api_version} {kind} {entry.note}",
            _newer(api_version, kind, by),
            doubtful=True,
        )
    group = api_version.rpartition("/")[0]
    said = {finding.path for finding in told}
    whole = Part(data)
    for finding in chain(metadata.check(whole, group, kind), *(rule(whole) for table in _TABLES for rule in table.get((group, kind), ()))):
        if finding.path not in said:
            said.add(finding.path)
            yield finding


def _held(data: Mapping[str, Any], by: Library, pack: Pack, entry: Kind) -> Iterator[Finding]:
    """What the schema says of it. Status is written by controllers: nothing is missing from it here."""
    body = {name: value for name, value in data.items() if name != "status" or not entry.custom}
    if entry.custom:
        body = filled(pack.nodes, entry.node, body)
    for finding in walk(pack, entry.node, body, (), Manner.CUSTOM if entry.custom else Manner.BUILT_IN):
        if not (finding.path[0] == "status" and finding.reason == "MissingField"):
            yield finding
    if entry.custom and data.get("metadata") is not None:
        yield from walk(by.kubernetes, _object_meta(by.kubernetes), data["metadata"], ("metadata",))


def _object_meta(pack: Pack) -> int:
    """The node that every object's metadata has."""
    number: int = pack.nodes[pack.kinds["v1"]["ConfigMap"].node]["properties"]["metadata"]
    return number


def _unknown(api_version: str, kind: str, by: Library) -> Finding:
    """Why nobody knows a kind, and which one was meant."""
    if gone := REMOVED.get((api_version, kind)):
        since, now = gone
        hint = f"write apiVersion: {now}" if now else INSTEAD.get(kind, "")
        return Finding(("apiVersion",), "RemovedVersion", f"{api_version} {kind} was removed in Kubernetes {since}", hint)
    group = api_version.rpartition("/")[0]
    for pack in (by.own, by.kubernetes, packs.custom(group)):
        known = {name: kinds for name, kinds in pack.kinds.items() if name.rpartition("/")[0] == group} if pack else {}
        if pack and known:
            break
    else:
        return _unknown_group(api_version, kind, by)
    where = f"Kubernetes {by.version}" if pack is by.kubernetes else pack.about
    message = f"{where} has no {api_version} {kind}"
    doubtful = not pack.exact or pack not in (by.own, by.kubernetes)
    if versions := sorted(name for name in known if kind in known[name]) or _having(kind, by):
        return Finding(("apiVersion",), "UnknownVersion", message, f"write apiVersion: {' or '.join(versions)}", doubtful=doubtful)
    kinds = {name for named in known.values() for name in named}
    return Finding(("kind",), "UnknownKind", message, near(kind, kinds), doubtful=doubtful and not close(kind, kinds))


def _having(kind: str, by: Library) -> list[str]:
    """The apiVersions of Kubernetes and of the repository that have a kind of this name and are on."""
    return sorted(name for pack in (by.kubernetes, by.own) for name, kinds in pack.kinds.items() if kind in kinds and not kinds[kind].note)


def _unknown_group(api_version: str, kind: str, by: Library) -> Finding:
    """A group that nobody knows: misspelt, or that of a custom resource whose definition is not here."""
    group = api_version.rpartition("/")[0]
    having = _having(kind, by)
    misspelt = close(api_version, having, cutoff=0.8)
    if misspelt or "." not in group:
        names = misspelt or having or close(api_version, by.kubernetes.kinds)
        hint = f"write apiVersion: {' or '.join(names)}" if names else "correct it"
        return Finding(("apiVersion",), "UnknownVersion", f"Kubernetes {by.version} has no {api_version} {kind}", hint)
    hint = "add its CustomResourceDefinition to the repository, so that the object can be checked"
    return Finding(("apiVersion",), "UnknownDefinition", f"nothing is known of {kind} in {api_version}", hint, doubtful=True)


def _newer(api_version: str, kind: str, by: Library) -> str:
    """Another version of the kind that is neither deprecated nor off."""
    group = api_version.rpartition("/")[0]
    known = {**by.kubernetes.kinds, **by.own.kinds, **(found.kinds if (found := packs.custom(group)) else {})}
    versions = sorted(name for name, kinds in known.items() if name.rpartition("/")[0] == group and kind in kinds and not kinds[kind].note)
    return f"write apiVersion: {' or '.join(versions)}" if versions else ""
