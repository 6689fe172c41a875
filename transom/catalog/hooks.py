"""Jobs that Argo CD runs around a sync: they run once for each change of their application, and again when they failed.

Argo CD runs a hook in each sync, after deleting the Job of the one before (argo-cd.readthedocs.io: resource hooks, `BeforeHookCreation`
is the default). Here a run without a change does nothing, so a change is what a sync is there: the Job's template carries a digest of all
that the application consists of. A Job's template cannot change, so the Job is replaced, which runs it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from transom.catalog.model import Manifest

HOOK = "argocd.argoproj.io/hook"
CHANGE = "transom.dev/change"
"""Annotation of the pods of a hook's Job: the change that it ran for."""
REPLACE_UNREADY = "pulumi.com/replaceUnready"
"""A Job that failed is replaced by the next apply (pulumi-kubernetes: replaceUnready)."""


def renewed(manifests: Sequence[Manifest]) -> tuple[Manifest, ...]:
    """The objects of an application, with Jobs that are hooks renewed when any of the objects has changed."""
    if not any(map(_is_run, manifests)):
        return tuple(manifests)
    content = sorted((list(one.key), one.data) for one in manifests)
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]
    return tuple(Manifest(_marked(one.data, digest), one.namespace, one.trace) if _is_run(one) else one for one in manifests)


def _is_run(manifest: Manifest) -> bool:
    metadata = manifest.data["metadata"]
    return (manifest.group, manifest.kind) == ("batch", "Job") and HOOK in (metadata.get("annotations") or {})


def _marked(data: Mapping[str, Any], digest: str) -> dict[str, Any]:
    """The Job with the digest on its pods; it stays when it has ended, or it would be missed and run again."""
    spec = data.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(template, dict):
        return dict(data)
    inner = template.get("metadata") or {}
    pods = {**inner, "annotations": {**(inner.get("annotations") or {}), CHANGE: digest}}
    kept = {key: value for key, value in spec.items() if key != "ttlSecondsAfterFinished"}
    metadata = data["metadata"]
    annotations = {REPLACE_UNREADY: "true", **(metadata.get("annotations") or {})}
    return {**data, "metadata": {**metadata, "annotations": annotations}, "spec": {**kept, "template": {**template, "metadata": pods}}}
