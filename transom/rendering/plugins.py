"""Programs that a kustomization would run: functions as programs or containers, and Go plugins. Kustomize's own transformers are none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from transom.errors import Location, Problem
from transom.rendering import yamltext
from transom.rendering.kustomization import Kustomization, resolved
from transom.rendering.units import KUSTOMIZATION_FILES, kustomization_of
from transom.rendering.yamltext import Written

_KEYS = ("generators", "transformers", "validators")
_FUNCTIONS = ("config.kubernetes.io/function", "config.k8s.io/function")
"""Annotations that make an object the input of a program (kustomize: Containerized and exec functions)."""
_BUILTIN = "builtin"
"""apiVersion of Kustomize's own generators and transformers."""


def problems(layer: Kustomization) -> Iterator[Problem]:
    """Every program that a kustomization would run, at its line."""
    for key in _KEYS:
        for path, entry in layer.entries(key):
            if not isinstance(entry, str):
                continue
            if "\n" in entry:
                place = layer.written.position(path) or (1, 1)
                written, _ = yamltext.parse(entry, "")
                found = (what for one in written if (what := _program(one.data)))
                yield from (_problem(Location(layer.snapshot.path_of(layer.file), *place), what) for what in found)
            elif target := resolved(layer.file.parent, entry):
                yield from _in(target, layer, frozenset())


def _in(target: Path, layer: Kustomization, seen: frozenset[Path]) -> Iterator[Problem]:
    """Programs in a file of configurations, or in a folder that a kustomization makes them of."""
    root = layer.snapshot.root
    if target in seen or not target.is_relative_to(root):
        return
    if target.is_dir():
        file = kustomization_of(target)
        for written in yamltext.read(file, "")[0] if file else ():
            listed = written.data.get("resources") if isinstance(written.data, dict) else None
            for name in listed if isinstance(listed, list) else ():
                if below := resolved(target, str(name)):
                    yield from _in(below, layer, seen | {target})
    elif target.is_file() and target.name not in KUSTOMIZATION_FILES:
        shown = layer.snapshot.path_of(target)
        for one in yamltext.read(target, shown)[0]:
            if what := _program(one.data):
                yield _problem(Location(shown, *_place(one)), what)


def _place(one: Written) -> tuple[int, int]:
    for name in _FUNCTIONS:
        if found := one.position(("metadata", "annotations", name), of_key=True):
            return found
    return one.position(("apiVersion",)) or one.nearest(())


def _program(data: Any) -> str:
    """What would be run for a configuration; empty when Kustomize does it itself."""
    if not isinstance(data, dict):
        return ""
    metadata = data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict) and any(name in annotations for name in _FUNCTIONS):
        return f"{data.get('kind')} is the input of a program or container, which Kustomize would run"
    if data.get("apiVersion") != _BUILTIN:
        return f"{data.get('kind')} is no generator or transformer of Kustomize's own, but of a plugin, which it would run"
    return ""


def _problem(where: Location, what: str) -> Problem:
    hint = "write it with what Kustomize does itself (apiVersion: builtin, patches, replacements): nothing in a repository runs programs"
    return Problem(where, "ForbiddenPlugin", what, hint)
