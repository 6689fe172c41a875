"""ApplicationSets of Argo CD: their generators are read and their templates filled in as those of our own sets are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from transom.catalog import validate
from transom.catalog.applicationsets import generators, policy, templates
from transom.catalog.applicationsets.desk import Desk, World
from transom.catalog.applicationsets.gotemplates import GoTemplates, Program
from transom.catalog.applicationsets.placeholders import Names
from transom.catalog.applicationsets.templates import Template
from transom.catalog.applicationsets.trace import GeneratedTrace
from transom.catalog.model import Entry
from transom.catalog.neighbours import argo
from transom.catalog.neighbours.ground import Surroundings
from transom.catalog.neighbours.places import borrowed
from transom.catalog.neighbours.reading import Theirs
from transom.catalog.neighbours.repositories import Unmatched
from transom.errors import mistakes
from transom.rendering.render import Rendered
from transom.rendering.yamltext import Path_
from transom.specs.applicationset import GENERATOR_KINDS, ApplicationSet
from transom.specs.base import API_VERSION

_UNREAD = ("requeueAfterSeconds", "revision", "repoURL", "template")
"""Fields inside of a generator of Argo CD that have no place inside of ours."""


def expanded(theirs: Theirs, world: World, program: Program, around: Surroundings) -> tuple[list[Rendered], Mapping[str, bool]]:
    """The Applications of Argo CD that a set makes, and the fields of `sync` that its policy sets; none when anything about it is wrong."""
    ways: dict[Path_, Path_] = {(): ()}
    given = cast("list[dict[str, Any]]", theirs.rendered.data["spec"]["generators"])
    before = len(around.problems)
    adapted = [_generator(theirs, one, ("spec", "generators", index), ways, around) for index, one in enumerate(given)]
    if len(around.problems) > before:
        return [], {}
    spec = theirs.model.spec
    wanted = {
        "generators": adapted,
        "template": spec.template,
        "goTemplate": spec.go_template,
        "syncPolicy": theirs.rendered.data["spec"].get("syncPolicy"),
    }
    wanted |= {"goTemplateOptions": list(spec.go_template_options)} if spec.go_template_options else {}
    data = {
        "apiVersion": API_VERSION,
        "kind": "ApplicationSet",
        "metadata": {"name": theirs.name},
        "spec": {key: value for key, value in wanted.items() if value},
    }
    trace = borrowed(theirs.rendered.data, theirs.rendered.trace, ways)
    found, problems = validate.document(data, trace, theirs.rendered.unit)
    around.problems += problems
    if found is None:
        return [], {}
    return _made(theirs, cast("Entry[ApplicationSet]", found), world, program, around)


def _made(
    theirs: Theirs, entry: Entry[ApplicationSet], world: World, program: Program, around: Surroundings
) -> tuple[list[Rendered], Mapping[str, bool]]:
    spec = entry.document.spec
    option = spec.go_template_options[0] if spec.go_template_options else "missingkey=error"
    desk = Desk(entry, world, GoTemplates(program, option) if spec.go_template else Names())
    out: list[Rendered] = []
    for index, elements in enumerate(generators.read(desk)):
        for made in templates.fill(Template.of(desk, index), elements):
            metadata = {"namespace": theirs.namespace, **(made.data.get("metadata") or {})}
            data = {**made.data, "apiVersion": argo.VERSION, "metadata": metadata}
            out.append(Rendered(data, GeneratedTrace.of(made), theirs.rendered.unit))
    around.problems += desk.problems
    return ([], {}) if mistakes(desk.problems) else (out, policy.wanted(spec.sync_policy))


def _generator(theirs: Theirs, one: Any, path: Path_, ways: dict[Path_, Path_], around: Surroundings) -> Any:
    """A generator as ours is written: Git by the source's name, the template beside the kind, without what is not needed."""
    if not isinstance(one, dict):
        return one  # the model says what is wrong
    out = dict(one)
    for kind in GENERATOR_KINDS:
        inside = one.get(kind)
        if not isinstance(inside, dict):
            continue
        out[kind] = {key: value for key, value in inside.items() if key not in _UNREAD}
        if inside.get("template"):
            out["template"] = inside["template"]
            ways[*path, "template"] = (*path, kind, "template")
        if kind == "git":
            ways[*path, kind, "source"] = (*path, kind, "repoURL")
            out[kind] |= _source(theirs, inside, (*path, kind), around)
        if isinstance(inside.get("generators"), list):
            below = (*path, kind, "generators")
            out[kind]["generators"] = [_generator(theirs, each, (*below, i), ways, around) for i, each in enumerate(inside["generators"])]
    return out


def _source(theirs: Theirs, inside: Mapping[str, Any], path: Path_, around: Surroundings) -> dict[str, str]:
    url, revision = inside.get("repoURL"), str(inside.get("revision") or "")
    if not isinstance(url, str):
        around.wrong(theirs.at(*path), "MissingField", "repoURL is missing", "name the repository whose folders or files are meant")
        return {}
    try:
        return {"source": around.repositories.find(url, revision).name}
    except Unmatched as error:
        place = "revision" if error.reason == "UnknownRevision" else "repoURL"
        around.wrong(theirs.at(*path, place), error.reason, error.message, error.hint)
        return {}
