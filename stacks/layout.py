"""Keeps an environment's cut and its stacks' states in step: a program whose documents went to another stack must not delete them here."""

from __future__ import annotations

import os
from typing import Any

import pulumi

from transom.catalog import shards
from transom.catalog.model import Catalog
from transom.catalog.shards import Shard
from transom.engine import program
from transom.errors import GuardRefused

MOVED = "TRANSOM_MOVED"
"""Environment variable that `transom reshard` sets once the resources are where they belong."""


NETWORK = "network"
"""Output of a foundation: the network that the tenants' databases are placed in."""


def of(shard: Shard) -> str:
    """What a stack's `layout` output says: `whole`, `foundation` or `tenant`."""
    if shard.tenant:
        return "tenant"
    return "foundation" if shard.is_part else "whole"


def deployed(stack: str) -> pulumi.Output[dict[str, Any]]:
    """Outputs of a stack of this project as they were deployed last.

    Asked with the function and not with a StackReference: that would be a resource of this stack, which differs after every deployment, so
    that `pulumi refresh --preview-only` would never be clean.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
    answer: pulumi.Output[dict[str, Any]] = pulumi.runtime.invoke_output("pulumi:pulumi:readStackOutputs", {"name": name})
    return answer.apply(lambda read: dict(read["outputs"] or {}))


def refuse_unmoved(catalog: Catalog, shard: Shard) -> None:
    """Refuses to go on when the environment was deployed in another cut than its document asks for now.

    The engine deletes what a program no longer declares only after the program has ended well; this makes it end badly.
    """
    if os.environ.get(MOVED):
        return

    def compare(outputs: dict[str, Any]) -> None:
        found = outputs.get("layout")
        wanted = "foundation" if shards.is_sharded(catalog) else "whole"
        if found not in (None, wanted):
            raise program.failure(
                GuardRefused(
                    f"environment {catalog.name} was deployed as {found!r}, and its document asks for {wanted!r}",
                    reason="LayoutChanged",
                    hint=f"move its resources first, which deletes nothing: transom reshard {catalog.name}",
                )
            )
        if shard.tenant and found is None and not pulumi.runtime.is_dry_run():
            raise program.failure(
                GuardRefused(
                    f"stack {shard.stack} needs {catalog.name}, which is not deployed",
                    reason="FoundationMissing",
                    hint=f"run transom apply {catalog.name}, which does all stacks in order, or pulumi up -s {catalog.name} first",
                )
            )

    deployed(catalog.name).apply(compare)
