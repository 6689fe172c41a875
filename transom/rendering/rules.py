"""What is wrong with a kustomization by itself, told before Kustomize runs, which says less or nothing: each at its line, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from transom.errors import Location, Problem, Severity
from transom.rendering import fields, yamltext
from transom.rendering.kustomization import Kustomization, Patch, resolved
from transom.rendering.units import KUSTOMIZATION_FILES
from transom.rendering.yamltext import Path_

_API = "kustomize.config.k8s.io"
HEADS = {"Kustomization": f"{_API}/v1beta1", "Component": f"{_API}/v1alpha1"}
_BEHAVIORS = ("create", "merge", "replace")
_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")
_METADATA = ("originAnnotations", "transformerAnnotations", "managedByLabel")
_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
"""Keys of ConfigMaps and Secrets (Kubernetes API: ConfigMap.data)."""
_CHARTS = ("helmCharts", "helmChartInflationGenerator", "helmGlobals")


def problems(layer: Kustomization) -> Iterator[Problem]:
    """Mistakes in one kustomization, and warnings."""
    shown = layer.snapshot.path_of(layer.file)
    wrong = list(fields.problems(layer.written, fields.KUSTOMIZATION, shown))
    yield from wrong
    if not any(problem.reason == "WrongType" for problem in wrong):  # the rules below rely on the types
        for rule in _RULES:
            yield from rule(layer)


def _at(layer: Kustomization, path: Path_, *, of_key: bool = False) -> Location:
    place = layer.written.position(path, of_key=of_key) or layer.written.nearest(path)
    return Location(layer.snapshot.path_of(layer.file), *place)


def _heads(layer: Kustomization) -> Iterator[Problem]:
    kind, version = layer.written.data.get("kind"), layer.written.data.get("apiVersion")
    if kind is not None and kind not in HEADS:
        near = get_close_matches(str(kind), list(HEADS), n=1)
        hint = f"did you mean {near[0]}?" if near else "write Kustomization, or Component"
        yield Problem(_at(layer, ("kind",)), "InvalidKustomization", f"kind {kind} is none of a kustomization", hint)
    elif version is not None and version != HEADS[kind or "Kustomization"]:
        hint = f"write {HEADS[kind or 'Kustomization']}"
        told = f"apiVersion {version} is none of a {kind or 'Kustomization'}"
        yield Problem(_at(layer, ("apiVersion",)), "InvalidKustomization", told, hint)
    if not any(value for key, value in layer.written.data.items() if key not in ("apiVersion", "kind", "metadata")):
        yield Problem(
            _at(layer, ()), "InvalidKustomization", "a kustomization is empty, and Kustomize refuses that", "begin with resources:"
        )
    beside = [name for name in KUSTOMIZATION_FILES if (layer.file.parent / name).is_file()]
    if len(beside) > 1:
        told = f"a folder has one kustomization, and this one has {' and '.join(beside)}"
        yield Problem(_at(layer, ()), "InvalidKustomization", told, "remove one of them")


def _charts(layer: Kustomization) -> Iterator[Problem]:
    for key in _CHARTS:
        if key in layer.written.data:
            hint = "write the chart as helm: in the Application, where it is pinned, kept and traced"
            yield Problem(_at(layer, (key,), of_key=True), "NotSupported", f"{key} is not supported", hint)
    for path, entry in layer.entries("generators"):
        if any(one.get("kind") == "HelmChartInflationGenerator" for one in _configured(layer, str(entry))):
            told = "HelmChartInflationGenerator is not supported"
            yield Problem(_at(layer, path), "NotSupported", told, "write the chart as helm: in the Application")


def _configured(layer: Kustomization, entry: str) -> Iterator[Mapping[str, Any]]:
    """The documents that an entry of generators names, or is."""
    file = None if "\n" in entry else resolved(layer.file.parent, entry)
    if "\n" in entry:
        documents, _ = yamltext.parse(entry, "")
    elif file is not None and file.is_file() and file.is_relative_to(layer.snapshot.root):
        documents, _ = yamltext.read(file, layer.snapshot.path_of(file))
    else:
        return
    yield from (one.data for one in documents if isinstance(one.data, dict))


def _generators(layer: Kustomization) -> Iterator[Problem]:
    for key in ("configMapGenerator", "secretGenerator"):
        for path, entry in layer.entries(key):
            if not isinstance(entry, dict):
                continue
            if not entry.get("name"):
                yield Problem(_at(layer, path), "MissingField", f"{yamltext.dotted(path)}.name is missing", "a generator has a name")
            if entry.get("behavior") not in (None, "", *_BEHAVIORS):
                told = f'behavior "{entry["behavior"]}" is none of a generator'
                yield Problem(_at(layer, (*path, "behavior")), "InvalidValue", told, f"write {', '.join(_BEHAVIORS)}")
            yield from _keys(layer, path, entry)
            if key == "secretGenerator":
                yield from _plaintext(layer, path, entry)


def _keys(layer: Kustomization, path: Path_, entry: Mapping[str, Any]) -> Iterator[Problem]:
    """Keys that the API would refuse, and keys given twice."""
    seen: dict[str, Location] = {}
    for key, where in _given(layer, path, entry):
        if not _KEY.fullmatch(key):
            hint = "write letters, digits, hyphens, underscores and dots"
            yield Problem(where, "InvalidKey", f'key "{key}" is none that a ConfigMap or Secret can have', hint)
        elif key in seen:
            yield Problem(where, "DuplicateKey", f'key "{key}" is given twice, first at {seen[key]}', "remove one of the two")
        seen.setdefault(key, where)


def _given(layer: Kustomization, path: Path_, entry: Mapping[str, Any]) -> Iterator[tuple[str, Location]]:
    """The keys of a generator's entry, each with its place."""
    for field in ("literals", "files"):
        for index, item in enumerate(entry.get(field) or ()):
            name, equals, _ = str(item).partition("=")
            if field == "files" or equals:
                yield name if equals else Path(name).name, _at(layer, (*path, field, index))
    for name in (*(entry.get("envs") or ()), *([entry["env"]] if entry.get("env") else ())):
        file = resolved(layer.file.parent, str(name))
        if file is not None and file.is_file() and file.is_relative_to(layer.snapshot.root):
            for number, line in yamltext.env_lines(file):
                yield line.partition("=")[0], Location(layer.snapshot.path_of(file), number)


def _plaintext(layer: Kustomization, path: Path_, entry: Mapping[str, Any]) -> Iterator[Problem]:
    hint = "remove it, change it wherever it is in use, and bind the resource that generates it instead"
    for field in ("literals", "files", "envs", "env"):
        if entry.get(field):
            where = _at(layer, (*path, field, 0)) if isinstance(entry[field], list) else _at(layer, (*path, field))
            yield Problem(where, "PlaintextSecret", "a secret must not stand in Git", hint)


def _patches(layer: Kustomization) -> Iterator[Problem]:
    for key in ("patches", "patchesJson6902"):
        for path, entry in layer.entries(key):
            if isinstance(entry, dict) and bool(entry.get("path")) == bool(entry.get("patch")):
                told = "has both path and patch" if entry.get("path") else "has neither path nor patch"
                yield Problem(_at(layer, path), "InvalidKustomization", f"{yamltext.dotted(path)} {told}", "write one of them")
            target = entry.get("target") if isinstance(entry, dict) else None
            yield from _expressions(layer, (*path, "target"), target)
            if key == "patchesJson6902" and not (isinstance(target, dict) and target.get("name")):
                yield Problem(_at(layer, path), "MissingField", f"{yamltext.dotted(path)}.target is missing", "write target: {kind, name}")
    yield from layer.inline_problems()
    for patch in layer.patches():
        yield from _body(patch, layer)


def _expressions(layer: Kustomization, path: Path_, target: Any) -> Iterator[Problem]:
    """Selectors are regular expressions; Kustomize tells a broken one without its place."""
    for field in ("group", "version", "kind", "name", "namespace") if isinstance(target, dict) else ():
        try:
            re.compile(str(target.get(field) or ""))
        except re.error as error:
            told = f'{yamltext.dotted((*path, field))} "{target[field]}" is no regular expression: {error}'
            yield Problem(_at(layer, (*path, field)), "InvalidValue", told, "write a name, or an expression such as web-.*")


def _body(patch: Patch, layer: Kustomization) -> Iterator[Problem]:
    def at(path: Path_) -> Location:
        return Location(layer.snapshot.path_of(patch.file), *(patch.written.position(path) or patch.written.nearest(path)))

    match patch.written.data:
        case list() as steps:
            if not patch.target:
                hint = "write target: beside it, e.g. target: {kind: Deployment, name: web}"
                yield Problem(at(()), "MissingField", "a JSON patch says nothing of what it is for", hint)
            for index, step in enumerate(steps):
                yield from _step(step, (index,), at)
        case dict() as body:
            named = isinstance(body.get("metadata"), dict) and body["metadata"].get("name")
            if not patch.target and not (body.get("kind") and body.get("apiVersion") and named):
                hint = "write apiVersion, kind and metadata.name of what it is for, or target: beside it"
                yield Problem(at(()), "MissingField", "a patch does not say what it is for", hint)
        case _:
            yield Problem(at(()), "InvalidValue", "is no patch", "write a part of a document, or a list of operations")


def _step(step: Any, path: Path_, at: Any) -> Iterator[Problem]:
    """One operation of a JSON patch (RFC 6902)."""
    if not isinstance(step, dict):
        yield Problem(at(path), "WrongType", "an operation of a JSON patch must be a mapping", "write op:, path: and value:")
        return
    operation = step.get("op")
    if operation not in _OPERATIONS:
        near = get_close_matches(str(operation), _OPERATIONS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"write {', '.join(_OPERATIONS)}"
        yield Problem(at((*path, "op")), "InvalidValue", f'op "{operation}" is no operation of a JSON patch', hint)
    if not str(step.get("path", "")).startswith("/"):
        hint = "a path begins with a slash, e.g. /spec/replicas"
        yield Problem(at((*path, "path")), "InvalidValue", f'path "{step.get("path", "")}" is no JSON pointer', hint)
    if operation in ("add", "replace", "test") and "value" not in step:
        yield Problem(at(path), "MissingField", f"{operation} has no value", "write value:")
    if operation in ("move", "copy") and not str(step.get("from", "")).startswith("/"):
        yield Problem(at(path), "MissingField", f"{operation} does not say from where", "write from:, e.g. from: /spec/replicas")


def _replacements(layer: Kustomization) -> Iterator[Problem]:
    for path, entry in layer.entries("replacements"):
        if not isinstance(entry, dict):
            continue
        if entry.get("path"):
            yield from _replacements_of_file(layer, str(entry["path"]))
            continue
        if not (entry.get("source") or entry.get("sourceValue") is not None) or not entry.get("targets"):
            hint = "write source: and targets:"
            yield Problem(_at(layer, path), "MissingField", f"{yamltext.dotted(path)} has no source or no targets", hint)
        for index, target in enumerate(entry.get("targets") or ()):
            inner = (*path, "targets", index)
            if isinstance(target, dict) and not target.get("select"):
                yield Problem(
                    _at(layer, inner), "MissingField", f"{yamltext.dotted(inner)}.select is missing", "write select: {kind, name}"
                )
            if isinstance(target, dict):
                yield from _expressions(layer, (*inner, "select"), target.get("select"))


def _replacements_of_file(layer: Kustomization, name: str) -> Iterator[Problem]:
    file = resolved(layer.file.parent, name)
    if file is None or not file.is_file() or not file.is_relative_to(layer.snapshot.root):
        return
    shown = layer.snapshot.path_of(file)
    documents, wrong = yamltext.read(file, shown)
    yield from wrong
    for one in documents:
        shape = fields.ListOf(fields.REPLACEMENT) if isinstance(one.data, list) else fields.REPLACEMENT
        yield from fields.problems(one, shape, shown)


def _values(layer: Kustomization) -> Iterator[Problem]:
    for path, entry in layer.entries("images"):
        if isinstance(entry, dict) and not entry.get("name"):
            yield Problem(
                _at(layer, path), "MissingField", f"{yamltext.dotted(path)}.name is missing", "write the image as the base names it"
            )
    for path, entry in layer.entries("replicas"):
        if isinstance(entry, dict) and isinstance(entry.get("count"), int) and entry["count"] < 0:
            yield Problem(_at(layer, (*path, "count")), "InvalidValue", f"count {entry['count']} is less than nothing", "write 0 or more")
    for path, entry in layer.entries("labels"):
        if isinstance(entry, dict) and not entry.get("pairs"):
            yield Problem(_at(layer, path), "MissingField", f"{yamltext.dotted(path)}.pairs is missing", "write pairs: {NAME: value}")
    for path, entry in layer.entries("buildMetadata"):
        if entry not in _METADATA:
            near = get_close_matches(str(entry), _METADATA, n=1)
            hint = f"did you mean {near[0]}?" if near else f"write {', '.join(_METADATA)}"
            yield Problem(_at(layer, path), "InvalidValue", f"buildMetadata knows no {entry}", hint)
    order = layer.written.data.get("sortOptions")
    if isinstance(order, dict) and order.get("order") not in ("fifo", "legacy"):
        told = f"sortOptions.order {order.get('order')} is no order"
        yield Problem(_at(layer, ("sortOptions", "order")), "InvalidValue", told, "write fifo or legacy")


def _deprecated(layer: Kustomization) -> Iterator[Problem]:
    if layer.written.data.get("vars"):
        told = "vars is deprecated, and a later Kustomize will not know it"
        yield Problem(_at(layer, ("vars",), of_key=True), "DeprecatedField", told, "write replacements instead", Severity.WARNING)


_RULES = (_heads, _charts, _generators, _patches, _replacements, _values, _deprecated)
