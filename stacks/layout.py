"""Keeps an environment's cut and its stacks' states in step: a program whose documents went to another stack must not delete them here."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from typing import Any, Final

import pulumi

from transom.catalog import shards
from transom.catalog.model import Catalog
from transom.catalog.shards import MOVED, Shard
from transom.errors import GuardRefused

NETWORK = "network"
"""Output of a foundation: the network that the tenants' databases and caches are placed in."""

CLUSTERS = "clusters"
"""Output of a foundation: the kubeconfigs of the clusters that it makes, by name; a secret."""


_HALF_WRITTEN: Final = re.compile(r"EOF|unexpected end of JSON|failed to load checkpoint|could not deserialize")
_UNKNOWN: Final = re.compile(r"unknown stack|no stack named|no previous deployment|stack .* not found")
_PAUSES: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds between attempts to read a state that is being written."""


def of(shard: Shard) -> str:
    """What a stack's `layout` output says: `whole`, `foundation` or `tenant`."""
    if shard.tenant:
        return "tenant"
    return "foundation" if shard.is_part else "whole"


def deployed(stack: str) -> Mapping[str, Any]:
    """Outputs of a stack of this project as they were deployed last; empty for one that never was.

    Asked with the function and not with a StackReference: that would be a resource of this stack, which differs after every deployment, so
    that `pulumi refresh --preview-only` would never be clean. Asked at once and not as an Output: what is refused must be refused before
    anything is declared. The engine itself may be writing the state at this moment, and a file half-written cannot be read: that is
    asked again.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
    for pause in (*_PAUSES, None):
        try:
            read: Any = pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", {"name": name}).value
            return dict((read or {}).get("outputs") or {})
        except Exception as error:  # the SDK raises nothing narrower for a function that failed
            if _UNKNOWN.search(str(error)):
                return {}
            if pause is None or not _HALF_WRITTEN.search(str(error)):
                raise
            time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def refuse_unmoved(catalog: Catalog, shard: Shard) -> None:
    """Refuses to go on when the environment was deployed in another cut than its document asks for now.

    To be called before anything is declared: the engine then neither creates nor deletes.

    Raises:
        GuardRefused: the cut has changed, or a tenant's stack has no foundation yet.
    """
    if os.environ.get(MOVED):
        return
    found = deployed(catalog.name).get("layout")
    wanted = "foundation" if shards.is_sharded(catalog) else "whole"
    if found not in (None, wanted):
        raise GuardRefused(
            f"environment {catalog.name} was deployed as {found!r}, and its document asks for {wanted!r}",
            reason="LayoutChanged",
            hint=f"move its resources first, which deletes nothing: transom reshard {catalog.name}",
        )
    if shard.tenant and found is None and not pulumi.runtime.is_dry_run():
        raise GuardRefused(
            f"stack {shard.stack} needs {catalog.name}, which is not deployed",
            reason="FoundationMissing",
            hint=f"run transom apply {catalog.name}, which does all stacks in order, or pulumi up -s {catalog.name} first",
        )
