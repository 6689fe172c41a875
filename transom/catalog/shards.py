"""Cuts an environment into stacks: one, or a foundation and one per tenant.

A stack's cost grows with the square of its size, because the state is written whole at every step; so `auto` cuts once one stack would pass
`LARGEST` resources. The foundation keeps the environment's own name; names of resources do not depend on the cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from transom.catalog import estimates, order
from transom.catalog.model import Catalog, Identity
from transom.errors import InvalidDocuments, Problem

MOVED = "TRANSOM_MOVED"
"""Environment variable that `transom reshard` sets once the resources are where they belong: the program then accepts the new cut."""

LARGEST = 150
"""Resources in a stack up to which one stack is the faster choice (measured: benchmarks/README.md)."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One stack of an environment.

    Attributes:
        stack: its name, `dev` or `dev.team-a`.
        tenant: whose documents it holds; empty for the foundation and for an environment in one piece.
        is_part: whether the environment has other stacks beside it.
        documents: identities of what it holds, in dependency order.
        needs: stacks that must be up before it.
    """

    stack: str
    tenant: str
    is_part: bool
    documents: tuple[Identity, ...]
    needs: tuple[str, ...]


def cut(catalog: Catalog) -> tuple[Shard, ...]:
    """The environment's stacks in dependency order.

    Raises:
        InvalidDocuments: applications of two tenants depend on each other, so that neither's stack can come first.
    """
    if not is_sharded(catalog):
        return (Shard(catalog.name, "", False, tuple(catalog.entries), ()),)
    held: dict[str, list[Identity]] = {catalog.name: []}
    held |= {stack_of(catalog.name, tenant): [] for tenant in catalog.tenants}
    home = {identity: _home(catalog, identity) for identity in catalog.entries}
    for identity, stack in home.items():
        held[stack].append(identity)
    needs = {
        stack: tuple(sorted({catalog.name} | {home[other] for identity in documents for other in catalog.needs[identity]} - {stack}))
        if stack != catalog.name
        else ()
        for stack, documents in held.items()
    }
    _refuse_cycles(catalog, needs)
    tenants = {stack_of(catalog.name, tenant): tenant for tenant in catalog.tenants}
    return tuple(
        Shard(stack, tenants.get(stack, ""), True, tuple(held[stack]), needs[stack])
        for stack in order.sort(needs)
        if held[stack] or stack == catalog.name
    )


def is_sharded(catalog: Catalog) -> bool:
    """Whether the environment is more than one stack."""
    match catalog.environment.document.spec.shards:
        case "none":
            return False
        case "tenant":
            return True
        case "auto":
            return estimates.resources(catalog) > LARGEST


def stack_of(environment: str, tenant: str) -> str:
    """Name of a tenant's stack."""
    return f"{environment}.{tenant}"


def split(stack: str) -> tuple[str, str]:
    """Environment and tenant of a stack's name; the tenant is empty for an environment's own stack."""
    environment, _, tenant = stack.partition(".")
    return environment, tenant


def _home(catalog: Catalog, identity: Identity) -> str:
    tenant = catalog.owners.get(identity)
    return stack_of(catalog.name, tenant) if tenant else catalog.name


def _across(catalog: Catalog, tenants: set[str]) -> list[str]:
    """Dependencies that cross from one of these tenants to another, each at its place."""
    return [
        f"{name} → {one} ({entry.at('spec', 'dependsOn', index)})"
        for name, entry in catalog.applications.items()
        for index, one in enumerate(entry.document.spec.depends_on)
        if (owner := catalog.owners.get(one.identity)) and {entry.document.spec.tenant, owner} <= tenants
        if entry.document.spec.tenant != owner
    ]


def _refuse_cycles(catalog: Catalog, needs: Mapping[str, tuple[str, ...]]) -> None:
    problems = []
    for cycle in order.cycles(needs):
        tenants = [split(stack)[1] for stack in cycle]
        message = f"applications of tenants {', '.join(tenants)} depend on each other, so that neither's stack can come first"
        hint = f"remove one of {', '.join(_across(catalog, set(tenants)))}, or write shards: none"
        problems.append(Problem(catalog.environment.at("spec", "shards"), "ShardCycle", message, hint))
    if problems:
        raise InvalidDocuments(problems)
