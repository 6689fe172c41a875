"""Tests of definitions: files beside them that say what a claim becomes, or how it is refused.

They lie in a folder called `tests` or `DEFINITION.tests` below `infrastructure/compositions/`. Each document of such a file is one test; it
depends on nothing but itself and the definitions, so that it says the same on every machine and in every environment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from transom.catalog import validate
from transom.catalog.composites import claims, compose, definitions, notes, telling
from transom.catalog.composites.affected import differences, told
from transom.catalog.composites.definitions import Definitions
from transom.errors import Location, Problem
from transom.rendering import units, yamltext
from transom.rendering.render import Rendered, Renderer
from transom.rendering.trace import Trace
from transom.rendering.units import Unit
from transom.rendering.yamltext import Path_
from transom.source.base import Snapshot
from transom.specs.base import Spec
from transom.specs.composite import Claim
from transom.specs.environment import SizeClass


class TrialEnvironment(Spec):
    """The environment of a test; what is left out has the same plain value everywhere."""

    name: str = "test"
    labels: dict[str, str] = Field(default_factory=dict)
    region: str = "eu-central-1"
    account_id: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    sizes: dict[str, SizeClass] = Field(default_factory=dict)


class Trial(Spec):
    """One test: a claim and what it becomes, or the error that it meets with."""

    test: str = Field(min_length=1)
    environment: TrialEnvironment = TrialEnvironment()
    tenant: str | None = None
    claim: dict[str, Any]
    outputs: dict[str, dict[str, Any]] = Field(default_factory=dict)
    documents: tuple[dict[str, Any], ...] | None = None
    connection: dict[str, str] | None = None
    status: dict[str, Any] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How many tests there are in each file, and what went wrong."""

    counts: Mapping[Path, int]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    trial: Trial
    data: Mapping[str, Any]
    trace: Trace

    def at(self, *path: str | int) -> Location:
        return self.trace.locate(self.data, path)

    def wrong(self, path: Path_, message: str, hint: str = "") -> Problem:
        return Problem(self.at(*path), "DefinitionTestFailed", f"{self.trial.test}: {message}", hint)


def run(environment: str, snapshots: Sequence[Snapshot], renderer: Renderer) -> Report:
    """Runs every test in these sources against the definitions as the environment has them. Broken definitions are no concern of this."""
    found = [unit for snapshot in snapshots for unit in units.compositions(snapshot, environment)]
    files = [(unit, file) for unit in found for file in units.tests_of(unit.folder)]
    if not files:
        return Report({}, ())
    known = definitions.of_sources(environment, snapshots, renderer)
    problems: list[Problem] = []
    counts: dict[Path, int] = {}
    for unit, file in files:
        written, wrong = yamltext.read(file, unit.snapshot.path_of(file))
        problems += wrong
        counts[file.resolve()] = len(written)
        for index, one in enumerate(written):
            trace = Trace(unit.snapshot, file, index)
            if not isinstance(one.data, dict):
                problems.append(Problem(trace.locate({}), "NotADocument", "is not a mapping", "a test begins with test: and claim:"))
                continue
            trial, wrong = validate.against(Trial, one.data, trace)
            problems += wrong
            if trial is not None:
                problems += _held(_Case(trial, one.data, trace), known, unit)
    return Report(counts, notes.named(problems))


class _Inside(Trace):
    """The trace of the claim inside a test."""

    def locate(self, data: Mapping[str, Any], path: Path_ = (), *, of_key: bool = False) -> Location:
        """The place below `claim`."""
        return Trace.locate(self, {"claim": data}, ("claim", *path), of_key=of_key)


def _held(case: _Case, known: Definitions, unit: Unit) -> Iterator[Problem]:
    claim = case.trial.claim
    key = str(claim.get("apiVersion")), str(claim.get("kind"))
    if key in known.broken:
        return
    if key not in known.kinds:
        hint = validate.near(key[1], {kind for _, kind in known.kinds})
        yield Problem(case.at("claim", "kind"), "UnknownKind", f"kind {key[1]} of {key[0]} is not defined", hint)
        return
    rendered = Rendered(claim, _Inside(case.trace.snapshot, case.trace.origin, case.trace.index), unit)
    environment = case.trial.environment.model_dump(mode="json", by_alias=True, exclude_none=True)
    valid, problems = claims.valid(rendered, known.kinds[key], case.trial.tenant)
    made, more = compose.composed(valid, environment, known) if valid else (None, ())
    problems = (*problems, *more, *(wrong for one in (made.documents if made else ()) for wrong in _invalid(one)))
    if case.trial.error is not None:
        yield from _refused(case, problems)
    elif problems or made is None:
        yield from problems
    else:
        yield from _compared(case, made)


def _invalid(one: Rendered) -> tuple[Problem, ...]:
    return validate.document(one.data, one.trace, one.unit)[1] if validate.is_ours(one.data) else ()


def _refused(case: _Case, problems: Sequence[Problem]) -> Iterator[Problem]:
    wanted = str(case.trial.error)
    if not problems:
        yield case.wrong(("error",), "the claim is valid, and the test expects an error", "correct the definition, or the test")
    elif not any(wanted in f"{problem.reason}: {problem}" for problem in problems):
        told = "; ".join(f"{problem.reason}: {problem.message}" for problem in problems)
        yield case.wrong(("error",), f"the claim is refused with another error: {told}", "correct the definition, or the test")


def _compared(case: _Case, made: compose.Made) -> Iterator[Problem]:
    if case.trial.documents is not None:
        yield from _documents(case, made.documents)
    own = Claim.model_validate(made.claims[-1].data)
    if case.trial.connection is not None:
        yield from _differences(case, ("connection",), (dict(case.trial.connection), dict(made.connection)), "connection")
    if case.trial.status is not None:
        inner: dict[str, telling.Told] = {}
        for one in made.claims[:-1]:
            claim = Claim.model_validate(one.data)
            inner[claims.identity_of(one)] = telling.told(claim, case.trial.outputs, inner)
        shown = telling.told(own, case.trial.outputs, inner).status
        yield from _differences(case, ("status",), (case.trial.status, dict(shown)), "status")


def _documents(case: _Case, made: Sequence[Rendered]) -> Iterator[Problem]:
    became = {_key(one.data): one for one in made}
    wanted = {_key(one): index for index, one in enumerate(case.trial.documents or ())}
    for key, index in wanted.items():
        if key not in became:
            hint = validate.near(key, set(became) - set(wanted)) or "correct the definition, or take it out of the test"
            yield case.wrong(("documents", index), f"does not become {key}", hint)
            continue
        document = (case.trial.documents or ())[index]
        yield from _differences(case, ("documents", index), (document, became[key].data), key.partition(" of ")[0])
    for key, one in became.items():
        if key not in wanted:
            place = one.trace.locate(one.data, ("kind",))
            yield case.wrong(("documents",), f"becomes also {key}, which the test does not expect", f"it comes from {place}")


def _key(data: Mapping[str, Any]) -> str:
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return f"{data.get('kind')}/{name} of {data.get('apiVersion')}"


def _differences(case: _Case, path: Path_, values: tuple[Any, Any], said: str) -> Iterator[Problem]:
    """Every value that is another one than the test says, each at its line; `values` are what is wanted and what came."""
    for one in differences(*values):
        where = yamltext.dotted(one.path)
        message = f"{said}: {where} expected {told(one.before)}, became {told(one.after)}"
        yield case.wrong((*path, *one.path), message, "correct the definition, or the test")
