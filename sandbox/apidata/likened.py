"""Schemas of an older version, made truer by those of a newer one.

What a release keeps of its API in its sources is the server's own document without the words that fields of few values may have, so those
come from the newest version, which was read from a running server. And until lately `required` stood on fields that the server never
missed: what the newest version does not require, the older ones did not either.
"""

from __future__ import annotations

from transom.apischema.nodes import Node, Table
from transom.apischema.packs import Kind, Pack


def liken(old: Pack, new: Pack) -> Pack:
    """The old pack with the words, and without the false requirements, that the new one shows."""
    walk = _Walk(old.nodes, new.nodes)
    kinds = {
        version: {
            name: _moved(kind, walk.both(kind.node, twin.node if (twin := _twin(new, version, name)) else None))
            for name, kind in named.items()
        }
        for version, named in old.kinds.items()
    }
    return Pack(old.about, kinds, walk.table.nodes)


def _twin(pack: Pack, api_version: str, name: str) -> Kind | None:
    """The kind in the other version, if need be in another version of its group: `v1beta1` where `v1` is gone or not there yet."""
    group = api_version.rpartition("/")[0]
    alike = [version for version in pack.kinds if version.rpartition("/")[0] == group and name in pack.kinds[version]]
    found = api_version if api_version in alike else next(iter(sorted(alike)), None)
    return pack.kinds[found][name] if found else None


def _moved(kind: Kind, node: int) -> Kind:
    return Kind(node, kind.namespaced, kind.custom, kind.status, kind.note)


class _Walk:
    def __init__(self, old: list[Node], new: list[Node]) -> None:
        self.old = old
        self.new = new
        self.table = Table()
        self._done: dict[tuple[int, int | None], int] = {}

    def both(self, old: int, new: int | None) -> int:
        """The number of the old node as the new one shows it; schemas may contain themselves."""
        if (old, new) not in self._done:
            self._done[old, new] = self.table.reserve()
            self.table.nodes[self._done[old, new]] = self._node(self.old[old], self.new[new] if new is not None else {})
        return self._done[old, new]

    def _node(self, old: Node, new: Node) -> Node:
        node = dict(old)
        fields = new.get("properties", {})
        if "properties" in node:
            node["properties"] = {name: self.both(number, fields.get(name)) for name, number in node["properties"].items()}
        for word in ("values", "items"):
            if word in node:
                node[word] = self.both(node[word], new.get(word))
        if "enum" in new and node.get("type") == "string" and "enum" not in node:
            node["enum"] = new["enum"]
        kept = [name for name in node.get("required", ()) if name not in fields or name in new.get("required", ())]
        return {word: value for word, value in node.items() if word != "required"} | ({"required": kept} if kept else {})
