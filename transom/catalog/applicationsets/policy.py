"""What a set's policy means for the applications that it generated before.

Nothing runs between two applies, so a policy is written into each Application's own `sync`, and from there lies with its objects in the
state: what may not be removed stays on the cluster when it is no longer declared, what may not be changed stays as it was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transom.catalog.applicationsets.desk import Desk
from transom.errors import Problem
from transom.specs.applicationset import ApplicationsSyncPolicy


def wanted(policy: ApplicationsSyncPolicy) -> dict[str, bool]:
    """The fields of an Application's `sync` that a policy sets."""
    out: dict[str, bool] = {}
    if policy.applications_sync in ("create-only", "create-update") or policy.preserve_resources_on_deletion:
        out["prune"] = False
    if policy.applications_sync in ("create-only", "create-delete"):
        out["update"] = False
    return out


def ruled(data: Mapping[str, Any], fields: Mapping[str, bool]) -> Mapping[str, Any]:
    """An Application with these fields of `sync`; as it is where it has no place for them, which its model will say."""
    spec = data.get("spec")
    sync = spec.get("sync", {}) if isinstance(spec, Mapping) else None
    if not fields or not isinstance(spec, Mapping) or not isinstance(sync, Mapping):
        return data
    return {**data, "spec": {**spec, "sync": {**sync, **fields}}}


def contradictions(desk: Desk, template: Mapping[str, Any], index: int) -> Iterator[Problem]:
    """Fields of the template's `sync` that say the opposite of the set's policy."""
    spec = template.get("spec")
    sync = spec.get("sync") if isinstance(spec, Mapping) else None
    if not isinstance(sync, Mapping):
        return
    policy = desk.entry.document.spec.sync_policy
    for field in wanted(policy):
        if sync.get(field) is not True:
            continue
        own = desk.entry.data["spec"]["generators"][index].get("template", {}).get("spec", {}).get("sync", {})
        above = ("spec", "generators", index, "template") if field in own else ("spec", "template")
        said = (
            "preserveResourcesOnDeletion: true" if policy.applications_sync == "sync" else f"applicationsSync: {policy.applications_sync}"
        )
        message = f"sync.{field}: true contradicts the set's syncPolicy, which says {said}"
        yield Problem(desk.at(*above, "spec", "sync", field), "InvalidValue", message, "remove one of the two")
