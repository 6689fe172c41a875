"""Kustomized units become documents: from the store where nothing changed, in a few processes for all others.

Reading a unit, to tell its mistakes at their lines, goes on here while the units before it are rendered elsewhere.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from transom.errors import Problem
from transom.rendering import kustomization, kustomize, plugins, silence
from transom.rendering.batch import Pool
from transom.rendering.contents import Contents
from transom.rendering.dependencies import Dependencies
from transom.rendering.kustomization import Kustomization, Layers, Reading
from transom.rendering.kustomize import Raw, Work
from transom.rendering.programs import version
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a unit: its documents, what is wrong with it, and the kustomizations that it went through, outermost first."""

    documents: Sequence[Raw]
    problems: tuple[Problem, ...]
    layers: Sequence[Kustomization]


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
            out[number] = Outcome(kept, (), Layers(unit.folder, unit.snapshot))
    new: dict[str, bytes] = {}
    missing = {number: unit for number, unit in enumerate(units) if number not in out}
    if missing:
        with _builder(programs, len(missing)) as builder:
            for number, (outcome, key) in _anew(missing, known, contents, builder):
                out[number] = outcome
                if key is not None and not outcome.problems:
                    new[key] = json.dumps(outcome.documents).encode()
    for one in contents.values():
        new |= one.remember()
    store.put(new | known.learned)
    return [out[number] for number in range(len(units))]


def _anew(
    units: Mapping[int, Unit], known: Dependencies, contents: Mapping[Path, Contents], builder: _Builder
) -> Iterator[tuple[int, tuple[Outcome, str | None]]]:
    """Reads and renders these units; with each outcome the key to keep it under."""
    begun: list[tuple[int, Unit, Reading, str | None, Future[tuple[list[Raw], list[Problem]]]]] = []
    for number, unit in units.items():
        seen = contents[unit.snapshot.root]
        reading = kustomization.read(unit.folder, unit.snapshot, remote=REMOTE_BASES in builder.allow)
        programs = [problem for layer in reading.layers for problem in plugins.problems(layer)]
        if problems := reading.problems + (() if PLUGINS in builder.allow else tuple(programs)):
            yield number, (Outcome((), problems, reading.layers), None)
            continue
        if reading.remote or programs:  # what it comes to does not depend on its files alone: it is never kept
            work = Work(unit.folder, reading, unit.snapshot)
            begun.append((number, unit, reading, None, builder.threads.submit(builder.unbounded, work)))
            continue
        known.learn(reading, seen)
        key = known.key(unit, seen) or known.read_key(unit, reading)
        if (kept := _decoded(known.store.get(key)) if key else None) is not None:
            yield number, (Outcome(kept, (), reading.layers), None)
            continue
        begun.append((number, unit, reading, key, builder.threads.submit(builder.build, Work(unit.folder, reading, unit.snapshot))))
    for number, unit, reading, key, done in begun:
        documents, wrong = done.result()
        if not wrong:
            wrong = list(silence.problems(unit, reading, [data for data, _ in documents]))
        yield number, (Outcome(documents, tuple(wrong), reading.layers), key)


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


def _decoded(kept: bytes | None) -> list[Raw] | None:
    if kept is None:
        return None
    try:
        return [(data, str(origin)) for data, origin in json.loads(kept)]
    except (ValueError, TypeError):
        return None
