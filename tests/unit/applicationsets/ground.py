"""Repositories with ApplicationSets: two clusters, one tenant, and what a test puts beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent

from tests import repository
from transom.catalog.model import Catalog
from transom.errors import Problem

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
spec: {existing: {context: context-NAME}}
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
