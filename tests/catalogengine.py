"""The engine in memory behind a program that declares each document of its stack as one resource with the document's spec as inputs.

It reads the catalog as the real program does: from the folder that TRANSOM_CATALOGS names.
"""

from __future__ import annotations

import copy
from pathlib import Path

from transom.catalog import shards, stored
from transom.catalog.project import CATALOGS
from transom.engine import Request
from transom.engine.memory import Declared, MemoryEngine, urn_of


class CatalogEngine(MemoryEngine):
    """Declares documents.

    Attributes:
        planned: stacks that were planned, each as often as it was.
        broken: stacks whose creation the backend refuses, with the words that it says.
    """

    def __init__(self, backend: Path) -> None:
        super().__init__()
        self.planned: list[str] = []
        self._backend = backend
        self._program = Path()

    def with_program(self, folder: Path) -> CatalogEngine:
        """Another engine on the same states and cloud, whose program lies in `folder`."""
        other = copy.copy(self)
        other._program = folder
        return other

    def backend(self) -> str:
        """A folder, so that a history is kept."""
        return f"file://{self._backend}"

    def _wanted(self, request: Request) -> dict[str, Declared]:
        if request.stack in self.says:
            raise self.says[request.stack]
        self.planned.append(request.stack)
        catalog = stored.load((Path(request.env[CATALOGS]) / f"{request.environment}.json").read_bytes())
        shard = next(one for one in shards.cut(catalog) if one.stack == request.stack)
        declared = [self._declared(catalog, identity) for identity in shard.documents]
        return {urn_of(request.stack, one): one for one in declared}

    def _declared(self, catalog, identity: str) -> Declared:
        kind, _, name = identity.partition("/")
        manifests = {one.name: dict(one.data) for one in catalog.manifests.get(identity, ())}
        inputs = {**catalog.entries[identity].data["spec"], "objects": manifests}
        if (tags := self._program / "stacks" / "tags.txt").is_file():
            inputs["tag"] = tags.read_text()
        return Declared(type=f"memory:{kind}", name=name, document=identity, inputs=inputs)
