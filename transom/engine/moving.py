"""Resources change stacks without the cloud noticing: two states are cut and joined, nothing is created or deleted.

`pulumi state move` does not fit: it puts what it moves under the target's root, so that names in state change, or takes the parents along
with all their children. Here names stay: a resource's URN differs in the stack's name only, its ancestors are copied where the target lacks
them, the providers that it uses are copied with their ids, dependencies across the cut are dropped (the next run writes what the program
says). Protection, ids, inputs and outputs are carried as they are.

Secrets stay encrypted where both stacks encrypt alike, or the target is new and takes the source's encryption. Otherwise both states go
through this process in clear, by pipe, and the engine encrypts them again on the way in.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from transom.engine import urns
from transom.engine.seam import Move, Request
from transom.errors import EngineError

if TYPE_CHECKING:
    from transom.engine.real import PulumiEngine

Deployment = Mapping[str, Any]
"""`pulumi stack export`: {"version": 3, "deployment": {"manifest": …, "secrets_providers": …, "resources": […]}}."""


def move(engine: PulumiEngine, move: Move) -> tuple[str, ...]:
    """Do it: read the states, cut and join, write the targets first and the source last. Where a write fails, what was written is put back.

    Raises:
        EngineError: a URN is not in the source, a target already has it, or an earlier run left operations unfinished. Nothing was changed.
    """
    stacks = sorted({move.source, *move.targets.values()})
    requests = {stack: Request(stack=stack, environment=move.environment, env=move.env) for stack in stacks}
    before = {stack: engine.export(requests[stack]) for stack in stacks}
    if not encrypted_alike(before.values()):
        before = {stack: engine.export_in_clear(requests[stack]) for stack in stacks}
    after = partition(before, move.source, move.targets)
    written: list[str] = []
    try:
        for stack in sorted(stacks, key=lambda stack: stack == move.source):
            written.append(stack)
            engine.load(requests[stack], after[stack])
    except BaseException:
        for stack in written:
            engine.load(requests[stack], before[stack])
        raise
    return tuple(urns.renamed(urn, move.targets[root]) for root, urn in _subtrees(_resources(before[move.source]), move.targets))


def encrypted_alike(deployments: Iterable[Deployment]) -> bool:
    """Whether a secret's ciphertext in one of the states can be read in every other."""
    providers = [deployment["deployment"].get("secrets_providers") for deployment in deployments if _resources(deployment)]
    return all(provider == providers[0] for provider in providers)


def partition(deployments: Mapping[str, Deployment], source: str, targets: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The states after the move, by stack. Pure: the given ones are left as they are.

    Args:
        deployments: by stack, the exported states of the source and of all targets.
        source: the stack that gives.
        targets: URN in the source to the stack that takes it. What is below a URN goes with it.
    """
    after = {stack: copy.deepcopy(dict(deployment)) for stack, deployment in deployments.items()}
    resources = _resources(after[source])
    _refuse_unfinished(deployments)
    goes = {urn: targets[root] for root, urn in _subtrees(resources, targets)}
    missing = sorted(targets.keys() - goes.keys())
    if missing:
        raise EngineError(f"not in the stack {source}: {', '.join(missing)}", hint="`pulumi stack export` lists the URNs of a stack")
    for stack in sorted(set(goes.values())):
        _adopt_encryption(after[source]["deployment"], after[stack]["deployment"])
        _give(resources, {urn for urn, to in goes.items() if to == stack}, after[stack]["deployment"], stack)
    still_used = {_provider_urn(resource) for resource in resources if resource["urn"] not in goes}
    left = [resource for resource in resources if resource["urn"] not in goes or resource["urn"] in still_used]
    known = {resource["urn"] for resource in left}
    after[source]["deployment"]["resources"] = [_cut(resource, known) for resource in left]
    return after


def _subtrees(resources: list[dict[str, Any]], targets: Mapping[str, str]) -> list[tuple[str, str]]:
    """(target URN, URN) of every resource that moves, in the source's order; the nearest target above a resource decides."""
    parents = {resource["urn"]: resource.get("parent", "") for resource in resources}
    found = []
    for resource in resources:
        current = resource["urn"]
        while current and current not in targets:
            current = parents.get(current, "")
        if current:
            found.append((current, resource["urn"]))
    return found


def _give(resources: list[dict[str, Any]], moving: set[str], deployment: dict[str, Any], stack: str) -> None:
    """Append to a target's state what moves there, and copies of the ancestors and providers that it lacks."""
    present = {resource["urn"]: resource for resource in deployment.get("resources") or ()}
    by_urn = {resource["urn"]: resource for resource in resources}
    carried = _carried(by_urn, moving)
    taken: dict[str, dict[str, Any]] = dict(present)
    for resource in resources:
        if resource["urn"] not in carried:
            continue
        renamed = _renamed(resource, carried, stack)
        if renamed["urn"] in present:
            if resource["urn"] in moving and not urns.is_provider(resource["type"]):
                raise EngineError(
                    f"the stack {stack} already has {renamed['urn']}",
                    hint="a document is declared in two shards, or an earlier move was not finished",
                )
            continue
        taken[renamed["urn"]] = renamed
    for resource in taken.values():
        if provider := _provider_urn(resource):
            resource["provider"] = f"{provider}::{taken[provider]['id']}"
    deployment["resources"] = [_cut(resource, taken.keys()) for resource in taken.values()]


def _carried(by_urn: Mapping[str, dict[str, Any]], moving: set[str]) -> set[str]:
    """What has to be in the target: what moves, its providers, and the ancestors of both."""
    carried: set[str] = set()
    waiting = list(moving)
    while waiting:
        urn = waiting.pop()
        if urn in carried or urn not in by_urn:
            continue
        carried.add(urn)
        waiting += [by_urn[urn].get("parent", ""), _provider_urn(by_urn[urn])]
    return carried


def _renamed(resource: dict[str, Any], carried: set[str], stack: str) -> dict[str, Any]:
    """A copy of the resource as it reads in another stack."""

    def rename(value: Any) -> Any:
        if isinstance(value, str):
            urn, separator, identity = value.rpartition("::") if value not in carried else (value, "", "")
            if urn in carried:  # a URN, or a provider reference `URN::id`
                return _rename(urn, stack) + separator + identity
            return value
        if isinstance(value, dict):
            return {key: rename(inner) for key, inner in value.items()}
        return [rename(inner) for inner in value] if isinstance(value, list) else value

    result: dict[str, Any] = rename(resource)
    return result


def _rename(urn: str, stack: str) -> str:
    parsed = urns.parse(urn)
    if parsed is not None and urns.is_stack(parsed.type):  # the root is named `<project>-<stack>`
        return str(urns.Urn(stack, parsed.project, parsed.types, f"{parsed.project}-{stack}"))
    return urns.renamed(urn, stack)


def _cut(resource: dict[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """The resource without dependencies on what is not in its stack."""
    known = set(known)
    for key in ("dependencies", "replaceWith"):
        if key in resource:
            resource[key] = [urn for urn in resource[key] or () if urn in known]
    if resource.get("propertyDependencies"):
        resource["propertyDependencies"] = {
            key: [urn for urn in found or () if urn in known] for key, found in resource["propertyDependencies"].items()
        }
    if resource.get("deletedWith") and resource["deletedWith"] not in known:
        del resource["deletedWith"]
    return resource


def _adopt_encryption(source: dict[str, Any], target: dict[str, Any]) -> None:
    """An empty target takes the source's encryption; the next run writes it with what its own configuration names."""
    if not target.get("resources") and "secrets_providers" in source:
        target["secrets_providers"] = copy.deepcopy(source["secrets_providers"])
    target.setdefault("manifest", copy.deepcopy(source.get("manifest", {})))


def _refuse_unfinished(deployments: Mapping[str, Deployment]) -> None:
    for stack, deployment in deployments.items():
        if deployment["deployment"].get("pending_operations"):
            raise EngineError(
                f"an earlier run on the stack {stack} left operations unfinished", hint=f"run `pulumi refresh -s {stack}` first"
            )


def _resources(deployment: Deployment) -> list[dict[str, Any]]:
    return list((deployment.get("deployment") or {}).get("resources") or ())


def _provider_urn(resource: Mapping[str, Any]) -> str:
    return str(resource.get("provider", "")).rpartition("::")[0]
