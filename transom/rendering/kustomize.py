"""Kustomize: a folder with a kustomization becomes documents, by the real program.

A wrapper kustomization outside the user's folder asks for origin annotations, so that the trace of each document is known and no file of
the user's is touched. The program is never given network, exec or container plugins.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

from transom.errors import Problem, ToolMissing
from transom.rendering import complaints, yamltext
from transom.rendering.kustomization import Reading
from transom.source.base import Snapshot

ORIGIN = "config.kubernetes.io/origin"
_TIMEOUT = 120
"""Seconds."""
_GO = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
"""A build lives for a tenth of a second and is over before collecting garbage would pay: a third less processor time."""

Raw = tuple[dict[str, Any], Path]
"""A rendered document without its origin annotation, and the file that first wrote or generated it."""


def build(program: str, folder: Path, reading: Reading, snapshot: Snapshot) -> tuple[list[Raw], list[Problem]]:
    """Runs `kustomize build` on `folder`; gives the documents in Kustomize's order, or what is wrong.

    Raises:
        ToolMissing: there is no such program.
    """
    with tempfile.TemporaryDirectory(prefix="transom-") as name:
        wrapper = Path(name).resolve()
        target = os.path.relpath(folder, wrapper)
        (wrapper / "kustomization.yaml").write_text(f"resources: ['{target}']\nbuildMetadata: [originAnnotations]\n", encoding="utf-8")
        try:
            done = subprocess.run(
                [program, "build", str(wrapper)],
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
                check=False,
                env={**_GO, **os.environ},
            )
        except FileNotFoundError:
            raise ToolMissing("kustomize is not on this machine", hint="make demo builds it, and transom doctor says where it is") from None
        except subprocess.TimeoutExpired:
            return [], [complaints.problem(f"did not end within {_TIMEOUT} seconds", folder, reading, snapshot)]
        if done.returncode:
            return [], [complaints.problem(done.stderr.strip(), folder, reading, snapshot)]
        return [_without_origin(document, wrapper, folder) for document in yamltext.plain(done.stdout)], []


def _without_origin(document: dict[str, Any], wrapper: Path, folder: Path) -> Raw:
    annotations = document["metadata"].get("annotations", {})
    origin = yaml.safe_load(annotations.pop(ORIGIN, "{}"))
    if not annotations:
        document["metadata"].pop("annotations", None)
    named = origin.get("path") or origin.get("configuredIn")
    return document, (wrapper / named).resolve() if named else folder
