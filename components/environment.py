"""Environment: the root of everything a stack holds."""

from __future__ import annotations

import pulumi


class Environment(pulumi.ComponentResource):
    """The parent of all components of one environment. Its name is the environment's, also in the stacks of its shards."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:index:Environment", name, None, opts)
        self.register_outputs({})
