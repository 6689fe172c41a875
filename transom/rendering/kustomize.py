"""Kustomize: a folder with a kustomization becomes documents, by the real program.

A wrapper kustomization outside the user's folder asks for origin annotations, so that the trace of each document is known and no file of
the user's is touched. The program is never given network, exec or container plugins.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from transom.errors import Problem
from transom.rendering import batch, complaints, programs, yamltext
from transom.rendering.batch import Asked, Pool
from transom.rendering.reading import Reading
from transom.source.base import Snapshot

ORIGIN = "config.kubernetes.io/origin"
_TIMEOUT = 120
"""Seconds."""
_GO = {"GOGC": "off", "GOMEMLIMIT": "512MiB"}
"""A build lives for a tenth of a second and is over before collecting garbage would pay: a third less processor time."""

Raw = tuple[dict[str, Any], str]
"""A rendered document without its origin annotation, and the file that first wrote or generated it, below the snapshot's root."""


@dataclass(frozen=True, slots=True)
class Work:
    """A folder to render: where it is, what was read of it, and the files that it is part of."""

    folder: Path
    reading: Reading
    snapshot: Snapshot


def one(program: str, work: Work, flags: Sequence[str] = ()) -> tuple[list[Raw], list[Problem]]:
    """Runs `kustomize build` on a folder; gives the documents in Kustomize's order, or what is wrong.

    No credentials are in its environment: what a platform allows it to run or to ask is not given them.

    Raises:
        ToolMissing: there is no such program.
    """
    with tempfile.TemporaryDirectory(prefix="transom-") as name:
        wrapper = Path(name).resolve()
        (wrapper / "kustomization.yaml").write_text(_wrapped(work, str(wrapper)), encoding="utf-8")
        try:
            done = subprocess.run(
                [program, "build", *flags, str(wrapper)],
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
                check=False,
                env=_without_credentials(os.environ),
            )
        except FileNotFoundError:
            raise programs.missing("kustomize") from None
        except subprocess.TimeoutExpired:
            return _refused(f"did not end within {_TIMEOUT} seconds", work)
        if done.returncode:
            return _refused(done.stderr, work)
        return [_without_origin(_sorted(document), work, str(wrapper)) for document in yamltext.plain(done.stdout)], []


_SECRET = re.compile(r"^(?:TRANSOM|PULUMI|AWS|KUBE)|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|_KEY$", re.IGNORECASE)
"""Names of variables that hold credentials, or lead to them."""


def _without_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that Kustomize, git and programs need of those that are set."""
    return _GO | {name: value for name, value in environ.items() if not _SECRET.search(name)}


def in_batch(pool: Pool) -> Callable[[Work], tuple[list[Raw], list[Problem]]]:
    """As `one`, in one of the pool's processes; to be called in one of its threads."""

    def build(work: Work) -> tuple[list[Raw], list[Problem]]:
        documents, said = pool.ask(Asked(_wrapped(work, batch.FOLDER), work.snapshot.root))
        if said:
            return _refused(said, work)
        return [_without_origin(document, work, batch.FOLDER) for document in documents], []

    return build


_LIFTED = ("sortOptions",)
"""Fields that count in the outermost kustomization only, which the wrapper is."""


def _wrapped(work: Work, wrapper: str) -> str:
    own = work.reading.layers[0].written.data
    asked = own.get("buildMetadata")
    metadata = dict.fromkeys(("originAnnotations", *(map(str, asked) if isinstance(asked, list) else ())))
    fields = {key: own[key] for key in _LIFTED if key in own}
    return json.dumps({"resources": [posixpath.relpath(work.folder, wrapper)], "buildMetadata": list(metadata), **fields})


def _refused(said: str, work: Work) -> tuple[list[Raw], list[Problem]]:
    words = "\n".join(line for line in said.strip().splitlines() if not line.startswith("# Warning:"))
    return [], [complaints.problem(words, work.folder, work.reading, work.snapshot)]


_NAMED = re.compile(r"^(?:path|configuredIn): (?P<name>[^'\"\s].*)$", re.MULTILINE)


def _without_origin(document: dict[str, Any], work: Work, wrapper: str) -> Raw:
    metadata = document["metadata"]
    annotations = metadata.get("annotations") or {}
    text = str(annotations.pop(ORIGIN, ""))
    if not annotations:
        metadata.pop("annotations", None)
    root = str(work.snapshot.root)
    if work.reading.remote and "repo: " in text:  # it came from another host: the kustomization that named it is as near as can be told
        return document, work.reading.layers[0].file.relative_to(work.snapshot.root).as_posix()
    if found := _NAMED.search(text):
        named = found["name"]
    else:  # quoted, or nothing
        origin = yaml.safe_load(text) or {}
        named = origin.get("path") or origin.get("configuredIn")
    place = posixpath.normpath(posixpath.join(wrapper, named)) if named else str(work.folder)
    return document, posixpath.relpath(place, root) if not place.startswith(f"{root}/") else place[len(root) + 1 :]


def _sorted(value: Any) -> Any:
    """Keys in the order of their characters, as JSON has them; the text of YAML puts a2 before a10."""
    match value:
        case dict():
            return {key: _sorted(value[key]) for key in sorted(value)}
        case list():
            return [_sorted(item) for item in value]
        case _:
            return value
