"""Packs: the schemas of one API, and those that are kept in `data/`: one file per Kubernetes version, one per group of custom resources.

How a file is made: docs/adr, "Schemas of Kubernetes are kept as a table of nodes". What writes them is `python -m sandbox.apidata`.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from transom.apischema.nodes import Node

FOLDER = Path(__file__).parent / "data"
_GZIP = 31
"""What zlib calls the gzip format; the module gzip would take longer to import than the file to read."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of one group version.

    Attributes:
        node: its schema's number in the pack.
        namespaced: whether its objects lie in namespaces.
        custom: whether a CustomResourceDefinition declares it.
        status: whether its status is a part that only controllers write.
        note: what to say to whoever uses it: deprecated, or switched off unless the cluster was started with it.
    """

    node: int
    namespaced: bool
    custom: bool = False
    status: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pack:
    """Schemas of one API.

    Attributes:
        about: what it was made from, as messages name it.
        kinds: by apiVersion and kind.
        nodes: the schemas.
        exact: whether the cluster has this very API; else it has a near one, in which more may be known.
    """

    about: str
    kinds: Mapping[str, Mapping[str, Kind]]
    nodes: list[Node] = field(repr=False)
    exact: bool = True


def versions() -> tuple[str, ...]:
    """Kubernetes versions whose schemas are kept, the newest first, e.g. `1.36`, `1.35`."""
    found = (file.name.removeprefix("kubernetes-").removesuffix(".json.gz") for file in FOLDER.glob("kubernetes-*.json.gz"))
    return tuple(sorted(found, key=_number, reverse=True))


def nearest(version: str) -> str:
    """The kept version that is nearest to `version`, which is written as `1.34`, `1.34.2`, `v1.34.2-eks-1234`; of two the newer one."""
    wanted = _number(version)
    return min(versions(), key=lambda kept: (abs(_number(kept)[1] - wanted[1]), -_number(kept)[1]))


def minor(version: str) -> str:
    """`v1.34.2-eks-1234` is `1.34`."""
    return ".".join(map(str, _number(version)))


def _number(version: str) -> tuple[int, int]:
    found = re.match(r"v?(\d+)\.(\d+)", version)
    if found is None:
        raise ValueError(f"{version} is no version of Kubernetes")
    return int(found[1]), int(found[2])


@cache
def kubernetes(version: str) -> Pack:
    """The schemas of a kept version, as `versions` names it."""
    return _pack(f"kubernetes-{version}")


@cache
def custom(group: str) -> Pack | None:
    """The schemas of a well-known group of custom resources; None when it is not among them."""
    name = f"custom-{group}"
    return _pack(name) if re.fullmatch(r"[a-z0-9.-]{1,253}", group) and (FOLDER / f"{name}.json.gz").is_file() else None


def groups() -> tuple[str, ...]:
    """The well-known groups of custom resources, sorted."""
    return tuple(sorted(file.name.removeprefix("custom-").removesuffix(".json.gz") for file in FOLDER.glob("custom-*.json.gz")))


def _pack(name: str) -> Pack:
    return loads((FOLDER / f"{name}.json.gz").read_bytes())


def loads(content: bytes) -> Pack:
    """A pack from what `dumps` gave."""
    data: dict[str, Any] = json.loads(zlib.decompress(content, _GZIP))
    kinds = {version: {name: Kind(**kind) for name, kind in named.items()} for version, named in data["kinds"].items()}
    return Pack(data["about"], kinds, data["nodes"])


def text(pack: Pack) -> str:
    """A pack as the JSON text that is kept; the same for the same pack."""
    kinds = {
        version: {
            name: {word: value for word in Kind.__slots__ if (value := getattr(kind, word)) or word == "node"}
            | {"namespaced": kind.namespaced}
            for name, kind in sorted(named.items())
        }
        for version, named in sorted(pack.kinds.items())
    }
    return json.dumps({"about": pack.about, "kinds": kinds, "nodes": pack.nodes}, separators=(",", ":"))


def dumps(pack: Pack) -> bytes:
    """A pack as the file that is kept."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    return packer.compress(text(pack).encode()) + packer.flush()
