"""What a unit depends on, found without reading anything twice: which kustomizations it is made of, and what they name.

What a kustomization names is remembered by the id of its content. So an untouched unit is known by the ids of its files alone, and these
are the same in every checkout and every commit that holds the same files there.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from transom.rendering.contents import Contents, blob_id
from transom.rendering.kustomization import Kustomization
from transom.rendering.reading import Reading
from transom.rendering.store import Store
from transom.rendering.units import KUSTOMIZATION_FILES, Unit

Named = tuple[tuple[str, ...], bool]
"""What a kustomization names, and whether it may depend on any file beside it."""


@dataclass(slots=True)
class Dependencies:
    """The keys of units: what they come to is the same when, and only when, all that they depend on is the same.

    Attributes:
        store: remembers what kustomizations name.
        salt: part of every key: what else decides what a unit comes to.
        learned: what was found by reading, for the store to keep.
    """

    store: Store
    salt: str
    learned: dict[str, bytes] = field(default_factory=dict)
    _known: dict[str, Named | None] = field(default_factory=dict, repr=False)

    def key(self, unit: Unit, contents: Contents) -> str | None:
        """The unit's key, from ids alone; None when something about it is not known yet or a link is involved."""
        folder = _below(unit.folder, unit.snapshot.root)
        found: dict[str, str] = {}
        todo, seen = [folder], {folder}
        while todo:
            here = todo.pop()
            files = {name: found_id for name in KUSTOMIZATION_FILES if (found_id := contents.id_of(posixpath.join(here, name)))}
            named = self._named(next(iter(files.values()))) if files else None
            if named is None:
                return None
            found |= {posixpath.join(here, name): found_id for name, found_id in files.items()}
            names, whole = named
            wanted = [posixpath.normpath(posixpath.join(here, name)) for name in names]
            for path in (*wanted, *(contents.below(here) if whole else ())):
                if path.startswith("../"):
                    return None
                if contents.is_folder(path):
                    todo += [path] if path not in seen else []
                    seen.add(path)
                elif found_id := contents.id_of(path):
                    found[path] = found_id
                else:
                    return None
        return self._hash(folder, found)

    def learn(self, reading: Reading, contents: Contents) -> None:
        """Remembers what the kustomizations of a unit name."""
        for layer in reading.layers:
            found = contents.id_of(_below(layer.file, layer.snapshot.root))
            if found is not None and self._named(found) is None:
                names = names_of(layer)
                self._known[found] = names
                self.learned[f"names:{found}"] = json.dumps(names).encode()

    def read_key(self, unit: Unit, reading: Reading) -> str | None:
        """The key of a unit with links in it, from the contents of what was read; None where a file is gone by now."""
        root = unit.snapshot.root
        try:
            found = {_below(file, root): blob_id(file.read_bytes()) for file in (*reading.files, *_whole(reading))}
        except OSError:
            return None
        return self._hash(_below(unit.folder, root), found)

    def _named(self, found_id: str) -> Named | None:
        if found_id not in self._known:
            self._known[found_id] = _decoded(self.store.get(f"names:{found_id}"))
        return self._known[found_id]

    def _hash(self, folder: str, found: Mapping[str, str]) -> str:
        text = "\0".join((self.salt, folder, *(f"{path}\n{found[path]}" for path in sorted(found))))
        return f"unit:{hashlib.sha256(text.encode()).hexdigest()}"


def names_of(layer: Kustomization) -> Named:
    """Every path that a kustomization names, as it is written, and whether it may depend on any file beside it."""
    named = tuple(dict.fromkeys(name for _, name, _ in layer.named()))
    return named, any(layer.written.data.get(key) for key in ("transformers", "generators", "validators"))


def _whole(reading: Reading) -> Iterable[Path]:
    """All files beside kustomizations that may depend on any of them."""
    for layer in reading.layers:
        if names_of(layer)[1]:
            yield from (file for file in layer.file.parent.rglob("*") if file.is_file())


def _decoded(kept: bytes | None) -> Named | None:
    if kept is None:
        return None
    try:
        names, whole = json.loads(kept)
    except (ValueError, TypeError):
        return None
    return tuple(map(str, names)), bool(whole)


def _below(path: Path, root: Path) -> str:
    """A path as it runs below the root; both are free of links."""
    return str(path)[len(str(root)) + 1 :] or "."
