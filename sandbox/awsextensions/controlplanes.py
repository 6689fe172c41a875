"""Which API server of the sandbox stands behind an EKS cluster: a file that the sandbox writes and moto reads.

An EKS cluster is given the API server that the sandbox runs under the same name, and EKS's own made-up address where it runs none.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "TRANSOM_SANDBOX_CONTROL_PLANES"
"""Names the file, in the environment of moto's process."""


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """An API server: its address, and its authority's certificate as DescribeCluster gives it (PEM in base64)."""

    endpoint: str
    authority: str


def find(name: str) -> ControlPlane | None:
    """The API server for the EKS cluster of this name; None where the sandbox runs none."""
    path = os.environ.get(VARIABLE)
    if not path or not Path(path).is_file():
        return None
    found = json.loads(Path(path).read_text(encoding="utf-8")).get(name)
    return ControlPlane(found["endpoint"], found["authority"]) if found else None


def content(planes: dict[str, ControlPlane]) -> str:
    """The file's text."""
    return json.dumps({name: {"endpoint": plane.endpoint, "authority": plane.authority} for name, plane in planes.items()})
