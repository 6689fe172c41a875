"""Kustomized units become documents: from the store where nothing changed, in a few processes for all others.

Reading a unit, to tell its mistakes at their lines, goes on here while the units before it are rendered elsewhere.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from transom.errors import Location, Problem, Severity, mistakes
from transom.rendering import kustomize, plugins, silence
from transom.rendering.batch import Pool
from transom.rendering.contents import Contents
from transom.rendering.dependencies import Dependencies
from transom.rendering.kustomization import Kustomization
from transom.rendering.kustomize import Raw, Work
from transom.rendering.programs import version
from transom.rendering.reading import Layers, Reading, read
from transom.rendering.store import FORMAT, Store
from transom.rendering.units import Unit

REMOTE_BASES = "remoteBases"
PLUGINS = "plugins"
"""Words of an environment's `allow`."""

_PER_PROCESS = 16
"""Units for which one more process pays: it needs about as long to start as to render half a dozen."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The Kustomize program, and the one that renders many units in one process, where there is one."""

    kustomize: str
    batch: str | None = None
    allow: frozenset[str] = frozenset()
    """What a platform allows beyond what lies in the source: `remoteBases`, `plugins`."""

    @property
    def first(self) -> str:
        """The one that renders."""
        return self.batch or shutil.which(self.kustomize) or self.kustomize


_AHEAD = 200
"""Units that are read before the first is looked at again: work enough for Kustomize, and few enough for their files to be still known."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a unit: its documents, what is wrong with it, and the kustomizations that it went through, outermost first."""

    documents: Sequence[Raw]
    problems: tuple[Problem, ...]
    layers: Sequence[Kustomization]


@dataclass(frozen=True, slots=True)
class _Begun:
    """A unit that was read and is being rendered; `key` is what it is kept under."""

    number: int
    reading: Reading
    key: str | None
    rendered: Future[tuple[list[Raw], list[Problem]]]

    def ended(self) -> tuple[int, tuple[Outcome, str | None]]:
        """Its number and outcome, as soon as it is there."""
        documents, wrong = self.rendered.result()
        if not wrong:
            wrong = list(silence.problems(self.reading, [data for data, _ in documents]))
        return self.number, (Outcome(documents, (*self.reading.problems, *wrong), self.reading.layers), self.key)


@dataclass(frozen=True, slots=True)
class _Builder:
    """What renders a folder, and the threads to call it on."""

    threads: Executor
    build: Callable[[Work], tuple[list[Raw], list[Problem]]]
    unbounded: Callable[[Work], tuple[list[Raw], list[Problem]]]
    """For what a platform allows: it may reach other hosts and run programs."""
    allow: frozenset[str]


def render(units: Sequence[Unit], programs: Programs, store: Store) -> list[Outcome]:
    """What becomes of each unit.

    Raises:
        ToolMissing: there is no Kustomize.
    """
    known = Dependencies(store, " ".join((FORMAT, version(programs.first, ("version",), store))))
    contents: dict[Path, Contents] = {}
    out: dict[int, Outcome] = {}
    for number, unit in enumerate(units):
        root = unit.snapshot.root
        if root not in contents:
            contents[root] = Contents(unit.snapshot, store)
        key = known.key(unit, contents[root])
        kept = _decoded(store.get(key)) if key else None
        if kept is not None:
            out[number] = kept.outcome(unit, Layers(unit.folder, unit.snapshot))
    new: dict[str, bytes] = {}
    missing = {number: unit for number, unit in enumerate(units) if number not in out}
    if missing:
        with _builder(programs, len(missing)) as builder:
            for number, (outcome, key) in _anew(missing, known, contents, builder):
                out[number] = outcome
                if key is not None and not mistakes(outcome.problems) and not any(map(_is_secret, outcome.documents)):
                    new[key] = _encoded(outcome, units[number])
    for one in contents.values():
        new |= one.remember()
    store.put(new | known.learned)
    return [out[number] for number in range(len(units))]


def _anew(
    units: Mapping[int, Unit], known: Dependencies, contents: Mapping[Path, Contents], builder: _Builder
) -> Iterator[tuple[int, tuple[Outcome, str | None]]]:
    """Reads and renders these units; with each outcome the key to keep it under."""
    begun: deque[_Begun] = deque()
    for number, unit in units.items():
        seen = contents[unit.snapshot.root]
        reading = read(unit.folder, unit.snapshot, remote=REMOTE_BASES in builder.allow)
        programs = [problem for layer in reading.layers for problem in plugins.problems(layer)]
        problems = reading.problems + (() if PLUGINS in builder.allow else tuple(programs))
        if mistakes(problems):
            yield number, (Outcome((), problems, reading.layers), None)
            continue
        if reading.remote or programs:  # what it comes to does not depend on its files alone: it is never kept
            work = Work(unit.folder, reading, unit.snapshot)
            begun.append(_Begun(number, reading, None, builder.threads.submit(builder.unbounded, work)))
            continue
        known.learn(reading, seen)
        key = known.key(unit, seen) or known.read_key(unit, reading)
        if (kept := _decoded(known.store.get(key)) if key else None) is not None:
            yield number, (kept.outcome(unit, reading.layers), None)
            continue
        begun.append(_Begun(number, reading, key, builder.threads.submit(builder.build, Work(unit.folder, reading, unit.snapshot))))
        if len(begun) > _AHEAD:
            yield begun.popleft().ended()
    for one in begun:
        yield one.ended()


@contextmanager
def _builder(programs: Programs, count: int) -> Iterator[_Builder]:
    cores = os.cpu_count() or 2
    flags = ("--enable-alpha-plugins", "--enable-exec") if PLUGINS in programs.allow else ()
    unbounded = partial(kustomize.one, shutil.which(programs.kustomize) or programs.kustomize, flags=flags)
    if programs.batch is None:
        with ThreadPoolExecutor(cores, thread_name_prefix="kustomize") as threads:
            yield _Builder(threads, partial(kustomize.one, programs.first), unbounded, programs.allow)
        return
    with Pool(programs.batch, max(1, min(cores, count // _PER_PROCESS))) as pool:
        yield _Builder(pool.threads, kustomize.in_batch(pool), unbounded, programs.allow)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the store holds of a unit: its documents, and its warnings with their files below the source's root."""

    documents: list[Raw]
    warnings: list[tuple[str, int, int, str, str, str]]

    def outcome(self, unit: Unit, layers: Sequence[Kustomization]) -> Outcome:
        """As it was when it was rendered; the warnings are told of this checkout's files."""
        shown = unit.snapshot.shown
        told = (
            Problem(Location(shown + path, line, column), reason, message, hint, Severity.WARNING)
            for path, line, column, reason, message, hint in self.warnings
        )
        return Outcome(self.documents, tuple(told), layers)


def _encoded(outcome: Outcome, unit: Unit) -> bytes:
    shown = unit.snapshot.shown
    warnings = [
        (one.where.path.removeprefix(shown), one.where.line, one.where.column, one.reason, one.message, one.hint)
        for one in outcome.problems
    ]
    return json.dumps([outcome.documents, warnings]).encode()


def _decoded(body: bytes | None) -> _Kept | None:
    if body is None:
        return None
    try:
        documents, warnings = json.loads(body)
        return _Kept([(data, str(origin)) for data, origin in documents], [tuple(one) for one in warnings])
    except (ValueError, TypeError):
        return None


def _is_secret(raw: Raw) -> bool:
    """Whether a document has values that must not be kept anywhere."""
    data, _ = raw
    return data.get("kind") == "Secret" and bool(data.get("data") or data.get("stringData"))
