"""How a neighbour's application follows Git, in the words of ours: `sync` and `ignoreDifferences` of an Application."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from transom.catalog.manifests import group_and_kind
from transom.catalog.neighbours.argo import ArgoApplicationSpec, SyncWindow
from transom.catalog.neighbours.argocd import HERE, IN_CLUSTER
from transom.catalog.neighbours.flux import FluxKustomizationSpec
from transom.catalog.neighbours.ground import Converted, Surroundings
from transom.catalog.neighbours.overlay import hit
from transom.catalog.neighbours.reading import Theirs
from transom.rendering.render import Rendered
from transom.rendering.yamltext import Path_


def of_argo(one: Converted, options: frozenset[str]) -> None:
    """Writes down the sync policy of an application of Argo CD; `options` are its sync options in force.

    Only what a run acts on: when to run, and whether to heal or to try again, are not an application's to say while nothing runs by itself.
    """
    spec: ArgoApplicationSpec = one.theirs.model.spec
    policy = spec.sync_policy
    automated = policy.automated if policy is not None and policy.automated is not None and policy.automated.enabled else None
    pruned = bool(automated and automated.prune) and not options & {"Prune=false", "Delete=false"}
    one.spec["sync"] = {"prune": pruned, "allowEmpty": allows_empty(one.theirs), **one.theirs.ruled}
    place: Path_ = ("spec", "syncPolicy")
    one.ways["spec", "sync"] = place if policy is not None else ("spec",)
    one.ways |= {("spec", "sync", name): (*place, "automated", name) for name in ("prune", "allowEmpty")}
    rules = [(rule, index) for index, difference in enumerate(spec.ignore_differences) for rule in _ignored(difference, one)]
    _note(one, rules, ("spec", "ignoreDifferences"))


def allows_empty(theirs: Theirs) -> bool:
    """Whether an application may hold nothing."""
    policy = getattr(theirs.model.spec, "sync_policy", None)
    return bool(policy is not None and policy.automated is not None and policy.automated.allow_empty)


def _ignored(difference: Any, one: Converted) -> Iterator[dict[str, Any]]:
    """Rules of ours for one of Argo CD's; a glob becomes a rule for each kind that the application has."""
    if not difference.json_pointers:
        return
    rest: dict[str, Any] = {key: value for key, value in (("name", difference.name), ("namespace", difference.namespace)) if value}
    rest["jsonPointers"] = list(difference.json_pointers)
    if not re.search(r"[*?\[]", difference.group + difference.kind):
        yield {"group": difference.group, "kind": difference.kind, **rest}
        return
    for group, kind in sorted({group_and_kind(document.data) for document in one.objects}):
        if fnmatch.fnmatchcase(group, difference.group or "*") and fnmatch.fnmatchcase(kind, difference.kind):
            yield {"group": group, "kind": kind, **rest}


def of_flux(one: Converted, around: Surroundings) -> None:
    """Writes down the sync policy of a Kustomization."""
    spec: FluxKustomizationSpec = one.theirs.model.spec
    if (spec.deletion_policy, spec.prune) in (("Orphan", True), ("Delete", False), ("WaitForTermination", False)):
        message = f"deletionPolicy {spec.deletion_policy} does not go with prune: {str(spec.prune).lower()}"
        hint = "here one policy is for what leaves Git and for what goes with its Kustomization: let both say the same"
        around.wrong(one.theirs.at("spec", "deletionPolicy"), "NotSupported", message, hint)
    one.spec["sync"] = {"prune": spec.prune}
    one.ways |= {("spec", "sync"): ("spec",), ("spec", "sync", "prune"): ("spec", "prune")}
    rules: list[tuple[dict[str, Any], int]] = []
    for index, rule in enumerate(spec.drift_ignore_rules):
        target = rule.target.model_dump(by_alias=True, exclude_defaults=True) if rule.target is not None else {}
        rules += [(_rule(document, rule.paths), index) for document in one.objects if hit(target, document.data)]
    _note(one, rules, ("spec", "driftIgnoreRules"))


def _rule(document: Rendered, pointers: Iterable[str]) -> dict[str, Any]:
    group, kind = group_and_kind(document.data)
    metadata: Mapping[str, Any] = document.data["metadata"]
    place = {"namespace": metadata["namespace"]} if metadata.get("namespace") else {}
    return {"group": group, "kind": kind, "name": metadata.get("name"), **place, "jsonPointers": list(pointers)}


def _note(one: Converted, rules: list[tuple[dict[str, Any], int]], path: Path_) -> None:
    if not rules:
        return
    one.spec["ignoreDifferences"] = [rule for rule, _ in rules]
    one.ways |= {("spec", "ignoreDifferences", here): (*path, there) for here, (_, there) in enumerate(rules)}


def windows(one: Converted, project: Theirs, around: Surroundings) -> None:
    """Writes down the windows that a project has for an application."""
    listed: tuple[SyncWindow, ...] = project.model.spec.sync_windows
    chosen = [window for window in listed if _is_for(window, one, around)]
    if not chosen:
        return
    zones = [{"timeZone": str(window.time_zone)} if window.time_zone else {} for window in chosen]
    one.spec["sync"]["windows"] = [
        {"kind": window.kind, "schedule": str(window.schedule), "duration": str(window.duration), **zone}
        for window, zone in zip(chosen, zones, strict=True)
    ]


def _is_for(window: SyncWindow, one: Converted, around: Surroundings) -> bool:
    destination = one.theirs.model.spec.destination
    clusters = {one.cluster or "", destination.name, destination.server}
    if destination.name == IN_CLUSTER or destination.server.rstrip("/") in HERE:
        clusters |= {IN_CLUSTER, *HERE, *around.clusters}
    said = [
        any(fnmatch.fnmatchcase(word, pattern) for pattern in patterns for word in words if word)
        for patterns, words in (
            (window.applications, {one.theirs.name}),
            (window.namespaces, {one.namespace}),
            (window.clusters, clusters),
        )
        if patterns
    ]
    return bool(said) and (all(said) if window.use_and_operator else any(said))
