"""What Argo CD and Flux read from the objects themselves: annotations that order, keep or leave alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from transom.catalog.manifests import WAVE
from transom.catalog.neighbours.ground import Surroundings
from transom.catalog.neighbours.marks import Level, Mark, done, noted, refused, warned
from transom.errors import Location
from transom.rendering.render import Rendered

HOOK = "argocd.argoproj.io/hook"
DELETE_POLICY = "argocd.argoproj.io/hook-delete-policy"
OPTIONS = "argocd.argoproj.io/sync-options"

SYNC_OPTIONS: Mapping[str, Mapping[str, Mark]] = MappingProxyType(
    {
        "CreateNamespace": {"true": done("the namespace is made, before all that goes into it"), "false": noted("as without it")},
        "ServerSideApply": {"true": noted("objects are always applied so"), "false": warned("objects are always applied by the server")},
        "PruneLast": {"true": noted("what is removed is always removed last"), "false": warned("what is removed is always removed last")},
        "ApplyOutOfSyncOnly": {"true": noted("only what changed is ever applied"), "false": noted("only what changed is ever applied")},
        "FailOnSharedResource": {"true": noted("that is always a mistake"), "false": warned("an object of two applications is a mistake")},
        "SkipDryRunOnMissingResource": {"true": noted("definitions come before what they define"), "false": noted("as without it")},
        "ClientSideApplyMigration": {"true": noted("nothing is applied by the client"), "false": noted("nothing is applied by the client")},
        "DisableClientSideApplyMigration": {"true": noted("nothing is applied by the client"), "false": noted("as without it")},
        "Validate": {"true": noted("as without it"), "false": warned("the API server validates what it is given")},
        "Replace": {"true": warned("objects are changed in place, and replaced only where they must be"), "false": noted("as without it")},
        "Force": {"true": warned("objects are changed in place, and replaced only where they must be"), "false": noted("as without it")},
        "RespectIgnoreDifferences": {"true": warned("what is ignored in a comparison is applied"), "false": noted("as without it")},
        "PrunePropagationPolicy": {
            "foreground": noted("objects are deleted so"), "background": noted("objects are deleted in the foreground, which waits longer"),
            "orphan": refused("what an object made would go with it"),
        },
        "Prune": {
            "true": noted("as without it"), "false": done("it stays in the cluster when it leaves Git"),
            "confirm": warned("a deletion is confirmed for the whole run"),
        },
        "Delete": {
            "true": noted("as without it"), "false": done("it stays in the cluster when its application leaves Git"),
            "confirm": warned("a deletion is confirmed for the whole run"),
        },
    }
)  # fmt: skip
"""What becomes of each sync option, by its value."""

HOOKS: Mapping[str, Mark] = MappingProxyType(
    {
        "PreSync": done("applied before everything else; runs once for each change of its application"),
        "Sync": done("applied with everything else; runs once for each change of its application"),
        "PostSync": done("applied when everything else is ready; runs once for each change of its application"),
        "Skip": done("not applied"),
        "SyncFail": warned("nothing is run after a failure"),
        "PreDelete": warned("nothing is run before a deletion"),
        "PostDelete": warned("nothing is run after a deletion"),
    }
)
"""What becomes of an object that is a hook, by its type."""

FLUX_ANNOTATIONS: Mapping[tuple[str, str], Mark] = MappingProxyType(
    {
        ("kustomize.toolkit.fluxcd.io/substitute", "disabled"): done("its variables are not filled in"),
        ("kustomize.toolkit.fluxcd.io/ssa", "Override"): noted("objects are always applied so"),
        ("kustomize.toolkit.fluxcd.io/ssa", "Merge"): noted("what others added is always kept"),
        ("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent"): refused("the object would be put back to what Git says"),
        ("kustomize.toolkit.fluxcd.io/ssa", "Ignore"): done("not applied"),
        ("kustomize.toolkit.fluxcd.io/reconcile", "disabled"): refused("it can neither be left alone nor be applied"),
        ("kustomize.toolkit.fluxcd.io/reconcile", "enabled"): noted("as without it"),
        ("kustomize.toolkit.fluxcd.io/prune", "disabled"): done("it stays in the cluster when it leaves Git"),
        ("kustomize.toolkit.fluxcd.io/force", "enabled"): noted("what cannot be changed in place is replaced, and the plan says so"),
        ("kustomize.toolkit.fluxcd.io/force", "disabled"): warned("what cannot be changed in place is replaced, and the plan says so"),
    }
)
"""What becomes of what Flux reads from an object's annotations or labels."""


def options(listed: Mapping[tuple[str | int, ...], str], at: Any, around: Surroundings) -> frozenset[str]:
    """The sync options in force, e.g. `CreateNamespace=true`; those that are not done are told. `listed` is by path, `at` locates one."""
    found: set[str] = set()
    for path, text in listed.items():
        name, _, value = text.strip().partition("=")
        where: Location = at(*path)
        known = SYNC_OPTIONS.get(name)
        if known is None or value not in known:
            words = [f"{one}={each}" for one, values in SYNC_OPTIONS.items() for each in values]
            near = get_close_matches(text, words, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(SYNC_OPTIONS)}"
            around.wrong(where, "InvalidValue", f'sync option "{text}" is not known', hint)
            continue
        _tell(around, where, f"sync option {name}={value}", known[value])
        found.add(f"{name}={value}")
    return frozenset(found)


def settled(document: Rendered, around: Surroundings) -> Rendered | None:
    """The object as it is applied, None when it is not: hooks, options and the annotations of Flux are looked at."""
    metadata = document.data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    for field_name, values in (("annotations", annotations), ("labels", labels)):
        for (key, value), mark in FLUX_ANNOTATIONS.items():
            if isinstance(values, dict) and values.get(key) == value:
                _tell(around, document.trace.locate(document.data, ("metadata", field_name, key)), f"{key}: {value}", mark)
                if (key, value) == ("kustomize.toolkit.fluxcd.io/ssa", "Ignore"):
                    return None
    if not isinstance(annotations, dict):
        return document
    if OPTIONS in annotations:
        path = ("metadata", "annotations", OPTIONS)
        where = document.trace.locate(document.data, path)
        for one in str(annotations[OPTIONS]).split(","):
            options({path: one}, lambda *_: where, around)
    return _hook(document, annotations, around) if HOOK in annotations else document


def kept(document: Rendered) -> Rendered:
    """The object with the annotation by which it stays in the cluster when it leaves Git."""
    metadata = document.data["metadata"]
    annotations = metadata.get("annotations") or {}
    listed = ",".join(filter(None, (annotations.get(OPTIONS), "Prune=false")))
    return replace(document, data={**document.data, "metadata": {**metadata, "annotations": {**annotations, OPTIONS: listed}}})


def wave_of(annotations: Mapping[str, Any]) -> int:
    """The sync wave that annotations say; 0 when they say none, or none that can be read."""
    try:
        return int(str(annotations.get(WAVE, "0")))
    except ValueError:
        return 0


def _hook(document: Rendered, annotations: Mapping[str, Any], around: Surroundings) -> Rendered | None:
    where = document.trace.locate(document.data, ("metadata", "annotations", HOOK))
    wanted = [one.strip() for one in str(annotations[HOOK]).split(",")]
    applied = True
    for one in wanted:
        mark = HOOKS.get(one)
        if mark is None:
            near = get_close_matches(one, HOOKS, n=2)
            around.wrong(
                where, "InvalidValue", f'hook "{one}" is not known', f"did you mean {near[0]}?" if near else f"known are {', '.join(HOOKS)}"
            )
            return None
        if mark.level is Level.WARNING:
            around.warn(where, "PassedOver", f"hook {one} is not applied", mark.text)
        applied = applied and one in ("PreSync", "Sync", "PostSync")
    if not applied:
        return None
    around.warn(
        where,
        "HookRunsOnce",
        f"hook {wanted[0]} runs once for each change of its application, not in each run",
        "make it safe to run once, or let the application do it",
    )
    metadata = document.data["metadata"]
    if "name" in metadata or "generateName" not in metadata:
        return document
    digest = hashlib.sha256(json.dumps(document.data, sort_keys=True, default=str).encode()).hexdigest()[:8]
    named = {key: value for key, value in metadata.items() if key != "generateName"} | {"name": f"{metadata['generateName']}{digest}"}
    return replace(document, data={**document.data, "metadata": named})


def _tell(around: Surroundings, where: Location, what: str, mark: Mark) -> None:
    if mark.level is Level.ERROR:
        around.wrong(where, "NotSupported", f"{what} is not supported", mark.text)
    elif mark.level is Level.WARNING:
        around.warn(where, "PassedOver", f"{what} has no effect here", mark.text)
