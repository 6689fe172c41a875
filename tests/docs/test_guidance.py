"""The page of what each resource follows has every type that a component makes, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from sandbox.layout import CHECKOUT

_MADE = re.compile(r"\baws\.([a-z0-9]+\.[A-Z]\w+)\(\n?\s*f?[\"\w]")
"""A resource of the SDK, from its name on: what is an argument's type has none."""
_ROW = re.compile(r"^\| `([\w.]+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)


def _components() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(Path(CHECKOUT, "components").glob("*.py")))


def test_every_type_has_its_row() -> None:
    """A component that makes another type of AWS needs a row, and one that makes none any more has none."""
    page = Path(CHECKOUT, "docs", "guidance.md").read_text(encoding="utf-8")
    aws, kubernetes = page.split("## Kubernetes")
    assert {row[0] for row in _ROW.findall(aws)} == set(_MADE.findall(_components()))
    kinds = set(re.findall(r'"kind": "([A-Z]\w+)"', _components())) - {"Config", "Group"}  # a kubeconfig, and a subject of RBAC
    assert kinds <= {row[0] for row in _ROW.findall(kubernetes)}
    assert all(source.strip() for _, _, source in _ROW.findall(page))
