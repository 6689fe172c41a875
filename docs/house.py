"""docs/architecture.md against the tree: every room named there exists, every room in the tree is named there, and the layers agree."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import blocks

PAGE = blocks.ROOT / "docs" / "architecture.md"
_ROW = re.compile(r"^\| `(?P<path>[\w./]+)` \|")
_PACKAGES = ("transom", "components", "stacks", "sandbox")
_IN_A_PACKAGE = 2
"""Parts of the path of a module that lies in a package directly."""
_LAYER = re.compile(r"^\d+\. `(?P<names>[^`]+)`")


def tracked() -> list[str]:
    """Every file of the repository, as Git knows it, the ones that are not added yet included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=blocks.ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [path for path in listed if (blocks.ROOT / path).is_file()]


def rooms() -> set[str]:
    """What must be named: top-level folders and files, every package, and the modules that lie in a product package directly."""
    found = set()
    for path in map(Path, tracked()):
        top = path.parts[0]
        if len(path.parts) == 1:
            found.add(top)
            continue
        found.add(f"{top}/")
        if top in _PACKAGES and path.suffix == ".py":
            found |= {f"{folder.as_posix()}/" for folder in path.parents[:-1] if (blocks.ROOT / folder / "__init__.py").is_file()}
            if len(path.parts) == _IN_A_PACKAGE and top != "sandbox" and path.name != "__init__.py":
                found.add(path.as_posix())
    return found


def named(page: Path = PAGE) -> list[str]:
    """The paths in the first column of the page's tables."""
    return [found["path"] for _, line in blocks.prose(page) if (found := _ROW.match(line))]


def layers(page: Path = PAGE) -> list[str]:
    """The numbered layers of `transom/` on the page, from high to low."""
    return [found["names"] for _, line in blocks.prose(page) if (found := _LAYER.match(line))]


def _contracts() -> list[dict[str, Any]]:
    project = tomllib.loads((blocks.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    return found


def names() -> list[str]:
    """The sentences of all contracts."""
    return [contract["name"] for contract in _contracts()]


def contracts() -> list[str]:
    """The layers inside `transom` that pyproject.toml holds, from high to low, without the package's name."""
    for contract in _contracts():
        if contract["type"] == "layers" and any("transom." in layer for layer in contract["layers"]):
            return [layer.replace("transom.", "") for layer in contract["layers"]]
    raise ValueError("pyproject.toml has no layers contract for transom")


def complaints() -> list[str]:
    """Where the page and the tree disagree."""
    wanted, found = rooms(), named()
    said = [f"docs/architecture.md names {path}, which is not there" for path in found if path not in wanted]
    said += [f"docs/architecture.md does not name {path}" for path in sorted(wanted - set(found))]
    said += [f"docs/architecture.md names {path} twice" for path in sorted({path for path in found if found.count(path) > 1})]
    said += [
        f"docs/architecture.md does not tell the contract: {name}"
        for name in names()
        if f"- {name}\n" not in PAGE.read_text(encoding="utf-8")
    ]
    if layers() != contracts():
        said.append(f"docs/architecture.md has the layers {layers()}, pyproject.toml {contracts()}")
    return said
