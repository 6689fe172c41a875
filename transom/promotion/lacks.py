"""What an environment lacks of the one before it. Pure.

Environments differ by design: replicas, sizes, hosts, switches. So nothing is promoted but what says which version of something runs:
images, versions of charts, revisions of sources, and the fields that the environment lists. Everything else that the two differ in is not
looked at. A document or an object that the other has and this one has not is told, and left to a person.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from transom.catalog.model import Catalog, Entry, Manifest
from transom.rendering import units, yamltext
from transom.source.revisions import COMMIT
from transom.specs.application import Application
from transom.specs.scalars import VersionRange
from transom.specs.source import SourceSpec

ALWAYS = ("Application/spec.helm.version",)
"""Fields that are promoted without being listed."""

_VERSION = re.compile(r"(?:.*/)?v?\d+(\.\d+)+([-+].*)?")
_HASH = re.compile(r"-[a-z0-9]{10}$")
_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})


@dataclass(frozen=True, slots=True)
class Image:
    """An entry of a kustomization's `images` that is to be, in the file at `path` from the top of the source."""

    source: str
    path: str
    name: str
    tag: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A text that is to stand instead of `old` at a place that a person wrote; an empty source is the project itself."""

    source: str
    path: str
    line: int
    column: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that an environment lacks.

    Attributes:
        document: whose it is, `Application/shop`; empty for a source's revision.
        what: image, version, revision, field, document or object.
        name: which one.
        has: what the environment has; empty for nothing.
        gets: what the other has.
        edit: how it comes here; None where a person has to write it.
        why: what has to be known of it: why there is no edit.
    """

    document: str
    what: str
    name: str
    has: str
    gets: str
    edit: Image | Value | None = None
    why: str = ""


def between(there: Catalog, here: Catalog, *, only: Collection[str] = (), revisions: Mapping[str, str] | None = None) -> tuple[Lack, ...]:
    """What `here` lacks of `there`.

    Args:
        there: what the other environment runs.
        here: what this one's files ask for.
        only: names of applications to look at; empty for everything. Revisions move everything, so they are looked at without names only.
        revisions: by source, the commit that the other one runs.
    """
    moved = tuple(_revisions(there, here, revisions or {}))
    late = {lack.name: lack for lack in moved if lack.edit is not None}
    found = [*(moved if not only else ())]
    for identity, entry in there.entries.items():
        kind, _, name = identity.partition("/")
        if entry.kind in ("Cluster", "Network") or (only and (kind != "Application" or name not in only)):
            continue
        mine = here.entries.get(identity)
        if mine is None:
            why = f"write it for {here.name}: its folder has no overlay for it, or the overlay leaves it out"
            found.append(Lack(identity, "document", identity, "", entry.trace.snapshot.revision[:7] or "there", why=why))
            continue
        lacks = [*_fields(entry, mine, here), *_images(there, here, name if kind == "Application" else "")]
        source = mine.trace.snapshot.source
        if source in late:
            why = f"comes with the revision of source {source}"
            lacks = [Lack(one.document, one.what, one.name, one.has, one.gets, why=why) for one in lacks]
        found += lacks
    return tuple(found)


def _revisions(there: Catalog, here: Catalog, deployed: Mapping[str, str]) -> Iterator[Lack]:
    others = {_place(spec): spec for spec in there.environment.document.spec.sources if spec.repo_url}
    for index, mine in enumerate(here.environment.document.spec.sources):
        other = others.get(_place(mine))
        has = mine.target_revision or ""
        if other is None or VersionRange.looks_like(has):
            continue
        gets = other.target_revision if _pinned(other.target_revision) else deployed.get(other.name, "")
        if not gets or gets == has:
            continue
        if not _pinned(has):
            continue  # it follows a branch of its own: what is merged there comes by itself
        at = here.environment.at("spec", "sources", index, "targetRevision")
        edit = Value("", at.path, at.line, at.column, has, gets)
        yield Lack("", "revision", mine.name, has, gets, edit)


def _place(spec: SourceSpec) -> tuple[str, str]:
    return (spec.repo_url or "").removesuffix(".git").rstrip("/"), spec.path


def _pinned(revision: str | None) -> bool:
    """Whether it names one commit for good: a hash, or a tag that reads as a version."""
    return bool(revision) and (COMMIT.fullmatch(revision or "") is not None or _VERSION.fullmatch(revision or "") is not None)


def _fields(there: Entry[Any], mine: Entry[Any], here: Catalog) -> Iterator[Lack]:
    for word in (*ALWAYS, *here.environment.document.spec.promotion.fields):
        kind, _, dotted = word.partition("/")
        if kind != there.kind:
            continue
        path = tuple(dotted.split("."))
        gets, has = yamltext.at(there.data, path), yamltext.at(mine.data, path)
        if gets is yamltext.NOTHING or gets == has:
            continue
        what = "version" if word in ALWAYS else "field"
        old = "" if has is yamltext.NOTHING else str(has)
        edit, why = None, f"{dotted} is not one text in both; write it by hand"
        if isinstance(gets, str | int) and isinstance(has, str | int) and not isinstance(gets, bool):
            edit, why = _own(mine, path, here.name, old, str(gets))
        yield Lack(mine.identity, what, dotted, old, str(gets), edit, why)


def _own(mine: Entry[Any], path: tuple[str | int, ...], environment: str, old: str, new: str) -> tuple[Value | None, str]:
    """The edit of a value, where it is written for this environment alone."""
    at = mine.at(*path)
    snapshot = mine.trace.snapshot
    inside = at.path.removeprefix(snapshot.shown)
    if f"overlays/{environment}/" not in inside:
        return None, f"{at.path}:{at.line} holds for every environment: patch it in overlays/{environment}"
    return Value(snapshot.source, inside, at.line, at.column, old, new), ""


def _images(there: Catalog, here: Catalog, application: str) -> Iterator[Lack]:
    """Images of an application whose tag or digest differs, by the image's name without them."""
    if not application:
        return
    identity = f"Application/{application}"
    theirs, mine = (dict(_containers(catalog, identity)) for catalog in (there, here))
    wanted: dict[str, dict[str, set[str]]] = {}
    for key, image in theirs.items():
        name, version = _split(image)
        if key in mine and _split(mine[key])[0] == name:
            sides = wanted.setdefault(name, {"gets": set(), "has": set()})
            sides["gets"].add(version)
            sides["has"].add(_split(mine[key])[1])
    for name, sides in sorted(wanted.items()):
        if sides["gets"] == sides["has"]:
            continue
        gets, has = (", ".join(sorted(sides[side])) for side in ("gets", "has"))
        if len(sides["gets"]) > 1:
            yield Lack(identity, "image", name, has, gets, why="it runs in several versions there; write them by hand")
            continue
        entry = here.applications[application]
        edit, why = _image_edit(entry, here.name, name, gets)
        yield Lack(identity, "image", name, has, gets, edit, why)
    known = {_named(one) for one in here.manifests.get(identity, ())}
    for manifest in there.manifests.get(identity, ()):
        if _named(manifest) not in known:
            named = f"{manifest.kind} {manifest.name}"
            yield Lack(identity, "object", named, "", "there", why=f"no file of {here.name} asks for it")


def _named(manifest: Manifest) -> tuple[str, str, str]:
    """What makes it the same object in another environment: not its namespace, nor the hash that Kustomize puts behind a generated name."""
    generated = (manifest.group, manifest.kind) in (("", "ConfigMap"), ("", "Secret"))
    return manifest.group, manifest.kind, _HASH.sub("", manifest.name) if generated else manifest.name


def _image_edit(entry: Entry[Application], environment: str, name: str, gets: str) -> tuple[Image | Value | None, str]:
    """Where the image's version is written for this environment alone: the application's own `images`, else the overlay's kustomization."""
    for index, image in enumerate(entry.document.spec.images):
        if (image.new_name or image.name) == name and (old := image.digest or image.new_tag):
            if gets.startswith("sha256:") != old.startswith("sha256:"):
                return None, f"{entry.at('spec', 'images', index)} has a tag where there it is a digest, or the other way; write it by hand"
            return _own(entry, ("spec", "images", index, "digest" if image.digest else "newTag"), environment, old, gets)
    unit = entry.unit
    file = units.kustomization_of(unit.folder) if unit is not None else None
    if unit is None or file is None or PurePosixPath(unit.folder).parts[-2:] != ("overlays", environment):
        return None, f"it has no overlays/{environment}: what it runs is the same in every environment that follows its files"
    path = unit.snapshot.path_of(file).removeprefix(unit.snapshot.shown)
    tag, digest = ("", gets) if gets.startswith("sha256:") else (gets, "")
    return Image(unit.snapshot.source, path, name, tag, digest), ""


def _containers(catalog: Catalog, identity: str) -> Iterator[tuple[tuple[str, str, str], str]]:
    """(kind, name, container) and image, of everything that runs pods."""
    for manifest in catalog.manifests.get(identity, ()):
        for container in _walk(manifest.data):
            if isinstance(image := container.get("image"), str):
                yield (manifest.kind, manifest.name, str(container.get("name", ""))), image


def _walk(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in _CONTAINERS and isinstance(inner, list | tuple):
                yield from (one for one in inner if isinstance(one, Mapping))
            yield from _walk(inner)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _walk(one)


def _split(image: str) -> tuple[str, str]:
    """An image's name, and its digest or its tag."""
    head, at, digest = image.partition("@")
    folder, slash, last = head.rpartition("/")
    base, _, tag = last.partition(":")
    return folder + slash + base, digest if at else tag or "latest"
