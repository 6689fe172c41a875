"""What a neighbour's document puts over what it points at (prefixes, images, patches …), done by Kustomize itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from transom.catalog.neighbours.places import Asked, changed
from transom.errors import Location, Problem, ToolMissing
from transom.rendering import batch, yamltext
from transom.rendering.render import Rendered, Renderer

_INDEX = "transom.dev/neighbours-index"
"""Annotation that tells objects apart while Kustomize has them; it never leaves this module."""
_TIMEOUT = 120
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Fields of a kustomization that is put over rendered objects.

    Attributes:
        fields: the kustomization, without resources.
        asked: the places in the neighbour's document that ask for it.
        components: folders of Kustomize components.
    """

    fields: Mapping[str, Any]
    asked: Asked
    components: Sequence[Path] = field(default=())

    @property
    def where(self) -> Location:
        """The place that asks for all of it."""
        return self.asked.where

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not any(self.fields.values()) and not self.components


Outcome = tuple[tuple[Rendered, ...], tuple[Problem, ...]]
"""Documents, or what Kustomize complains about."""


def put(wanted: Sequence[tuple[Overlay, Sequence[Rendered]]], renderer: Renderer) -> list[Outcome]:
    """The documents under each overlay, in their order. What an overlay adds by itself (of components) has the overlay's place.

    Raises:
        ToolMissing: there is no such program.
    """
    if not wanted:
        return []
    with tempfile.TemporaryDirectory(prefix="transom-") as name, _workers(renderer) as build:
        top = Path(name).resolve()
        return list(build([(top / str(index), overlay, documents) for index, (overlay, documents) in enumerate(wanted)]))


_Job = tuple[Path, Overlay, Sequence[Rendered]]


@contextmanager
def _workers(renderer: Renderer) -> Iterator[Callable[[list[_Job]], Iterator[Outcome]]]:
    """What does all jobs side by side: the program that renders many in one process where there is one, else one process for each."""
    if renderer.batch is None:
        with ThreadPoolExecutor(os.cpu_count() or 2) as threads:
            yield lambda jobs: threads.map(lambda job: _one(job, None, renderer.kustomize), jobs)
        return
    with batch.Pool(renderer.batch) as pool:
        yield lambda jobs: pool.threads.map(lambda job: _one(job, pool, renderer.kustomize), jobs)


def _one(job: _Job, pool: batch.Pool | None, program: str) -> Outcome:
    folder, overlay, documents = job
    if overlay.is_empty or not documents:
        return tuple(documents), ()
    folder.mkdir()
    # JSON, because every word of it means the same to Kustomize
    text = "---\n".join(f"{json.dumps(_marked(one.data, i), ensure_ascii=False)}\n" for i, one in enumerate(documents))
    (folder / "all.yaml").write_text(text, encoding="utf-8")
    components = [os.path.relpath(component, folder) for component in overlay.components]
    body = {"resources": ["all.yaml"], **overlay.fields, **({"components": components} if components else {})}
    (folder / "kustomization.yaml").write_text(json.dumps(body), encoding="utf-8")
    if pool is not None and not components:  # which lie outside of all that the program may read
        made, said = pool.ask(batch.Asked(json.dumps({"resources": [os.path.relpath(folder, batch.FOLDER)]}), folder))
    else:
        made, said = _alone(program, folder)
    if said:
        return (), (_complaint(said, str(folder), overlay.asked),)
    out = tuple(_unmarked(one, documents, overlay.asked) for one in made)
    return out, tuple(_aimed_at_nothing(overlay, documents))


def _alone(program: str, folder: Path) -> tuple[list[dict[str, Any]], str]:
    try:
        done = subprocess.run([program, "build", str(folder)], capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except FileNotFoundError:
        raise ToolMissing("kustomize is not on this machine", hint="make demo builds it, and transom doctor says where it is") from None
    except subprocess.TimeoutExpired:
        return [], f"did not end within {_TIMEOUT} seconds"
    if done.returncode:
        return [], done.stderr or "failed without a word"
    return [one for one in yaml.load_all(done.stdout, Loader=yamltext.Loader) if one], ""


def _marked(data: Mapping[str, Any], index: int) -> dict[str, Any]:
    metadata = dict(data.get("metadata") or {})
    return {**data, "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), _INDEX: str(index)}}}


def _unmarked(data: dict[str, Any], documents: Sequence[Rendered], asked: Asked) -> Rendered:
    annotations = data["metadata"].get("annotations") or {}
    index = annotations.pop(_INDEX, None)
    if not annotations:
        data["metadata"].pop("annotations", None)
    before = documents[int(index)] if index is not None else documents[0]
    made_here = {} if index is None else before.data
    return Rendered(data, changed(made_here, before.trace, asked), before.unit)


def _complaint(said: str, folder: str, asked: Asked) -> Problem:
    words = " ".join(said.strip().removeprefix("Error: ").replace(f"{folder}/", "").split())
    if found := re.search(r"no (?:resource )?matches for (?:Id )?(?P<kind>[A-Za-z]+)\.[^/]*/(?P<name>[A-Za-z0-9.:-]+?)\.\[", words):
        hint = "correct kind and name of the patch, or remove it"
        where = asked.fields.get("patches", asked.where)
        return Problem(where, "PatchWithoutTarget", f"there is no {found['kind']} {found['name']} to patch", hint)
    if found := re.search(r"resource with name (?P<name>\S+) does not match a config with the following GVK", words):
        where = asked.fields.get("replicas", asked.where)
        return Problem(where, "PatchWithoutTarget", f"nothing named {found['name']} has replicas", "name a Deployment or StatefulSet")
    return Problem(asked.where, "KustomizeFailed", f"kustomize: {words}", "correct what is put over the manifests here")


def _aimed_at_nothing(overlay: Overlay, documents: Sequence[Rendered]) -> list[Problem]:
    """Patches aimed at a name that nothing has: Kustomize passes over them in silence."""
    wrong: list[Problem] = []
    for patch in overlay.fields.get("patches") or ():
        target = patch.get("target") or {}
        if not target.get("name") or any(hit(target, one.data) for one in documents) or overlay.components:
            continue
        wanted = " ".join(target[key] for key in ("kind", "name") if target.get(key))
        hint = "correct kind and name; Kustomize would pass over this patch in silence"
        where = overlay.asked.fields.get("patches", overlay.where)
        wrong.append(Problem(where, "PatchWithoutTarget", f"there is no {wanted} to patch", hint))
    return wrong


def hit(target: Mapping[str, str], data: Mapping[str, Any]) -> bool:
    """Whether the target of a patch means an object, as Kustomize decides: anchored regular expressions, and a selector of labels."""
    group, _, version = str(data.get("apiVersion", "")).rpartition("/")
    metadata = data.get("metadata") or {}
    words = {
        "group": group, "version": version, "kind": str(data.get("kind")),
        "name": str(metadata.get("name")), "namespace": str(metadata.get("namespace") or ""),
    }  # fmt: skip
    try:
        named = all(not target.get(key) or re.fullmatch(target[key], word) for key, word in words.items())
    except re.error:
        return False
    selectors = (("labelSelector", "labels"), ("annotationSelector", "annotations"))
    return named and all(_selects(target.get(key, ""), metadata.get(values) or {}) for key, values in selectors)


def _selects(selector: str, values: Mapping[str, str]) -> bool:
    """Terms `a=b`, `a!=b`, `a` and `!a` of a selector (Kubernetes: equality-based requirements)."""
    for term in filter(None, (one.strip() for one in selector.split(","))):
        key, sign, value = (part.strip() for part in re.split(r"(!=|==|=|$)", term.removeprefix("!"), maxsplit=1))
        if sign and (values.get(key) == value) != (sign != "!="):
            return False
        if not sign and (key in values) == term.startswith("!"):
            return False
    return True
