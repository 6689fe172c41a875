"""Health of a stack's Kubernetes objects from their clusters, instead of from what the engine saw last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from transom.catalog.model import Catalog
from transom.cli import clusters
from transom.engine import Engine, urns
from transom.live import standing
from transom.rollouts import progress
from transom.status import health
from transom.status.health import Health, Word

_SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 - a type; none of its rules needs the object, so none is read


def healths(engine: Engine, catalog: Catalog, deployments: Mapping[str, Any], told: set[str]) -> Mapping[str, Health]:
    """By the URNs of the stacks' objects, what their clusters say now; Unknown with the reason where one does not.

    Says so on standard error, unless it was `told` before. Secrets are not read: their health is that of the state.
    """
    resources = {one["urn"]: one for state in deployments.values() for one in (state.get("deployment") or {}).get("resources") or ()}
    looks = standing.look(_wanted(catalog, resources), lambda name: clusters.connect(catalog, name, engine))
    for why in sorted(set(looks.unreachable.values()) - told):
        click.echo(f"health is not known: {why}", err=True)
        told.add(why)
    unknown = {urn: Health(Word.UNKNOWN, why) for urn, why in looks.unseen.items()}
    rules = health.Rules(catalog.environment.document.spec.health)
    return unknown | {urn: _health(resources[urn]["type"], there, rules) for urn, there in looks.found.items()}


def _wanted(catalog: Catalog, resources: Mapping[str, Mapping[str, Any]]) -> Iterator[standing.Wanted]:
    for urn, one in resources.items():
        if not one.get("custom") or not one["type"].startswith("kubernetes:") or one["type"] == _SECRET or one.get("delete"):
            continue
        parsed, inputs = urns.parse(urn), one.get("inputs") or {}
        cluster = parsed.name.partition("/")[0] if parsed else ""
        namespace, _, name = str(one.get("id") or "").rpartition("/")
        if cluster in catalog.clusters and name and inputs.get("kind"):
            yield standing.Wanted(urn, cluster, str(inputs.get("apiVersion") or ""), str(inputs["kind"]), namespace, name)


def _health(type_: str, there: Mapping[str, Any] | None, rules: health.Rules) -> Health:
    if there is None:
        return Health(Word.MISSING, "is not on its cluster any more")
    found = health.of(type_, there, rules)
    if there.get("kind") != "Rollout" or not str(there.get("apiVersion")).startswith("argoproj.io/"):
        return found
    return Health(found.word, progress.of(there).line)
