"""Repositories with ApplicationSets: two clusters, one tenant, and what a test puts beside them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import yaml

from tests import repository
from transom.catalog import validate
from transom.catalog.applicationsets import generators, globs
from transom.catalog.applicationsets.desk import Desk, World
from transom.catalog.applicationsets.gotemplates import PROGRAM, GoTemplates, Program
from transom.catalog.applicationsets.placeholders import Names
from transom.catalog.model import Catalog
from transom.errors import Problem
from transom.rendering.trace import Trace
from transom.rendering.units import Room, Unit
from transom.source.memory import MemorySource

SET = "applications/sets/applicationset.yaml"

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1"}
"""

_CLUSTER = """\
apiVersion: transom.dev/v1
kind: Cluster
metadata: {name: NAME, labels: {environment: dev, tier: TIER}, annotations: {team/room: "7"}}
spec: {existing: {context: context-NAME, version: "1.36"}}
"""

PLATFORM: Mapping[str, str] = {
    "infrastructure/clusters/one/cluster.yaml": _CLUSTER.replace("NAME", "one").replace("TIER", "web"),
    "infrastructure/clusters/two/cluster.yaml": _CLUSTER.replace("NAME", "two").replace("TIER", "data"),
    "infrastructure/clusters/far/cluster.yaml": _CLUSTER.replace("NAME", "far").replace("environment: dev", "environment: production"),
    "tenants/team-a.yaml": repository.TENANT.replace("[shop, site]", "[shop, site, a, b, c]"),
}


def a_set(generators: str, name: str = "web-{{name}}", spec: str = "", **more: str) -> str:
    """An ApplicationSet `web`: generators and further fields of the template's and the set's spec as YAML texts."""
    lines = [
        "apiVersion: transom.dev/v1",
        "kind: ApplicationSet",
        "metadata: {name: web}",
        "spec:",
        *(f"  {field}: {value}" for field, value in more.items()),
        "  generators:",
        indent(dedent(generators).strip("\n"), "    "),
        "  template:",
        f"    metadata: {{name: '{name}'}}",
        "    spec:",
        "      tenant: team-a",
        indent(dedent(spec or "destination: {cluster: '{{name}}', namespace: shop}").strip("\n"), "      "),
    ]
    return "\n".join(lines) + "\n"


def catalog(folder: Path, files: Mapping[str, str]) -> Catalog:
    """The catalog of the platform with these files."""
    return repository.catalog(folder, {**PLATFORM, **files})


def problems(folder: Path, files: Mapping[str, str]) -> tuple[Problem, ...]:
    """What is wrong with the platform with these files."""
    return repository.problems(folder, {**PLATFORM, **files})


def told(folder: Path, files: Mapping[str, str]) -> list[str]:
    """The problems as a person reads them, with their reasons in front."""
    return [f"{problem.reason} {problem}" for problem in problems(folder, files)]


def desk(folder: Path, text: str, files: Mapping[str, str], program: Program | None = None) -> Desk:
    """The desk for the one set of `text`, in a source with these files beside it."""
    snapshot = MemorySource("platform", {**PLATFORM, SET: text, **files}, folder).snapshot()
    units = Unit(Room.APPLICATION, "sets", folder / "applications/sets", kustomized=False, snapshot=snapshot)
    found, wrong = validate.document(yaml.safe_load(text), Trace(snapshot, folder / SET, 0), units)
    assert found is not None, wrong
    clusters = {}
    for name in ("one", "two"):
        file = folder / f"infrastructure/clusters/{name}/cluster.yaml"
        cluster, _ = validate.document(yaml.safe_load(file.read_text()), Trace(snapshot, file, 0))
        clusters[name] = cluster
    world = World(clusters, clusters_known=True, snapshots={"platform": snapshot}, listing=lambda one: globs.listing(one.root))  # type: ignore[arg-type]
    filler = GoTemplates(program, "missingkey=error") if program else Names()
    return Desk(found, world, filler)  # type: ignore[arg-type]


def params(folder: Path, generators_: str, files: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The parameters that these generators give for plain placeholders; mistakes fail."""
    at = desk(folder, a_set(generators_), files or {})
    found = [dict(element.params) for given in generators.read(at) for element in given]
    assert at.problems == []
    return found


def nested(folder: Path, generators_: str, files: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The same for Go templates."""
    with Program(templates()) as program:
        at = desk(folder, a_set(generators_, goTemplate="true"), files or {}, program)
        found = [dict(element.params) for given in generators.read(at) for element in given]
    assert at.problems == []
    return found


def complaints(folder: Path, generators_: str, files: Mapping[str, str] | None = None, **more: str) -> list[str]:
    """What is wrong with these generators: reason, line, column and text."""
    with Program(templates()) as program:
        at = desk(folder, a_set(generators_, **more), files or {}, program if more.get("goTemplate") else None)
        assert not [element for given in generators.read(at) for element in given]
    return [f"{one.reason} {one.where.line}:{one.where.column} {one.message}; {one.hint}" for one in sorted(at.problems)]


def templates() -> str:
    """The program for Go templates: the one on PATH, or the one that was built. A missing one fails."""
    found = shutil.which(PROGRAM) or shutil.which(PROGRAM, path=str(repository.CHECKOUT / ".tools" / "bin"))
    assert found, f"{PROGRAM} is missing: make toolchain builds it"
    return found
