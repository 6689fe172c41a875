"""Runs `helm template`, and tells its output apart: which template made which document, and what Helm would treat as a hook."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from transom.rendering import programs, yamltext
from transom.rendering.helm.charts import Chart
from transom.rendering.helm.fetching import environment
from transom.rendering.helm.release import Release

_TIMEOUT = 60
"""Seconds for one chart."""
_SOURCE = re.compile(r"^# Source: (?P<template>\S.*)$", re.MULTILINE)
_DOCUMENT = re.compile(r"^---[ \t]*$", re.MULTILINE)
_HOOK = "helm.sh/hook"
_TESTS = frozenset({"test", "test-success", "test-failure"})
_ENDINGS = frozenset({"pre-delete", "post-delete", "pre-rollback", "post-rollback"})

Made = tuple[dict[str, Any], str]
"""A document, and the path of its template as Helm names it: `web/templates/deployment.yaml`."""


@dataclass(frozen=True, slots=True)
class Output:
    """What Helm printed, or what it said instead."""

    text: str
    said: str = ""


def run(helm: str, release: Release, chart: Chart, files: list[Path]) -> Output:
    """Runs Helm on a chart.

    Raises:
        ToolMissing: there is no Helm.
    """
    spec = release.spec
    with tempfile.TemporaryDirectory(prefix="transom-helm-") as name:
        home = Path(name)
        values = home / "values.json"
        values.write_text(json.dumps(spec.values), encoding="utf-8")
        words = [word for file in (*files, values) for word in ("--values", str(file))]
        words += [word for version in spec.api_versions for word in ("--api-versions", version)]
        words += ["--include-crds" if spec.include_crds else "--skip-crds", "--namespace", release.namespace]
        command = [helm, "template", release.name, str(chart.path), "--kube-version", release.kube_version, *words]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False, env=environment(home)
            )
        except FileNotFoundError:
            raise programs.missing("helm") from None
        except subprocess.TimeoutExpired:
            return Output("", f"did not end within {_TIMEOUT} seconds")
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if not line.startswith(("WARNING:", "level=", "walk.go", "Use --debug"))]
        return Output("", "\n".join(lines).strip().removeprefix("Error: "))
    return Output(done.stdout)


def documents(text: str) -> Iterator[Made]:
    """The documents that Helm printed; the items of a list each by itself.

    Raises:
        ValueError: what a template made is no document; the message begins with the template.
    """
    template = ""
    for part in _DOCUMENT.split(text):
        found = _SOURCE.search(part)
        template = found["template"] if found else template
        try:
            parsed = yamltext.plain(part)
        except yaml.YAMLError as error:
            raise ValueError(f"{template}: {getattr(error, 'problem', None) or error}") from None
        for document in parsed:
            if not isinstance(document, dict):
                raise ValueError(f"{template}: gives something that is no document")  # noqa: TRY004 - told like what cannot be parsed
            listed = document.get("items")
            several = str(document.get("kind")).endswith("List") and isinstance(listed, list)
            yield from ((one, template) for one in (listed if several and listed else [document]) if isinstance(one, dict))


def hook_of(document: dict[str, Any]) -> frozenset[str]:
    """When Helm would apply a document as a hook; empty for an ordinary one, and for a definition that only comes before the others."""
    metadata = document.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    words = str(annotations.get(_HOOK, "")) if isinstance(annotations, dict) else ""
    return frozenset(word.strip() for word in words.split(",") if word.strip()) - {"crd-install"}


def is_test(hook: frozenset[str]) -> bool:
    """Whether Helm would apply it for `helm test` only."""
    return bool(hook) and hook <= _TESTS


def is_of_the_end(hook: frozenset[str]) -> bool:
    """Whether Helm would apply it only before or after something is deleted or rolled back."""
    return bool(hook) and hook <= _ENDINGS


def unhooked(document: dict[str, Any]) -> dict[str, Any]:
    """The document without what makes it a hook."""
    metadata = document["metadata"]
    annotations = {
        key: value for key, value in metadata["annotations"].items() if key not in (_HOOK, f"{_HOOK}-weight", f"{_HOOK}-delete-policy")
    }
    rest = {key: value for key, value in metadata.items() if key != "annotations"}
    return {**document, "metadata": {**rest, "annotations": annotations} if annotations else rest}
