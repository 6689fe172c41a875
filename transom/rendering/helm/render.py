"""One function: releases become documents with their traces, side by side, from the store where nothing changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transom.errors import Problem
from transom.rendering import programs
from transom.rendering.contents import Contents
from transom.rendering.helm import charts, complaints, template
from transom.rendering.helm.charts import Chart
from transom.rendering.helm.fetching import Fetcher
from transom.rendering.helm.release import Release
from transom.rendering.helm.template import Made
from transom.rendering.helm.trace import ChartTrace
from transom.rendering.store import FORMAT, Store


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a release: documents with their traces, and what is wrong; warnings are among it."""

    documents: tuple[tuple[dict[str, Any], ChartTrace], ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Charts:
    """Renders charts with `helm`; what it renders is kept in the store, what it fetches in `folder`."""

    helm: str
    store: Store
    folder: Path | None = None
    _version: str = ""
    _seen: dict[Path, Contents] = field(default_factory=dict)

    def render(self, releases: Sequence[Release]) -> list[Outcome]:
        """What becomes of each release.

        Raises:
            ToolMissing: there is no Helm.
            SourceUnreachable: a chart's repository did not answer.
        """
        if not releases:
            return []
        self._version = programs.version(self.helm, ("version", "--short"), self.store)
        for release in releases:
            self._seen.setdefault(release.snapshot.root, Contents(release.snapshot, self.store))
        with ThreadPoolExecutor(os.cpu_count() or 2, thread_name_prefix="helm") as threads:
            outcomes = list(threads.map(self._one, releases))
        self.store.put({key: body for one in self._seen.values() for key, body in one.remember().items()})
        return outcomes

    def _one(self, release: Release) -> Outcome:
        files, problems = release.values_files()
        chart, wrong = self._chart(release)
        problems += wrong
        if chart is None or problems:
            return Outcome((), tuple(problems))
        warnings = tuple(complaints.unknown_values(release, chart))
        made, problems = self._made(release, chart, files)
        if problems:
            told = {problem.where for problem in problems}
            return Outcome((), (*(warning for warning in warnings if warning.where not in told), *problems))
        documents, problems = _without_hooks(made, release)
        traces = {name: _trace(release, chart, name) for _, name in made}
        return Outcome(tuple((data, traces[name]) for data, name in documents), (*warnings, *problems))

    def _chart(self, release: Release) -> tuple[Chart | None, list[Problem]]:
        if release.spec.repository is None:
            return charts.in_folder(release, self._seen[release.snapshot.root])
        return Fetcher(self.helm, self.folder).chart(release)

    def _made(self, release: Release, chart: Chart, files: list[Path]) -> tuple[list[Made], list[Problem]]:
        """The documents of a chart, hooks included: kept, or made now."""
        key = self._key(release, chart, files)
        if (kept := _decoded(self.store.get(key))) is not None:
            return kept, []
        output = template.run(self.helm, release, chart, files)
        if output.said:
            return [], complaints.problems(output.said, release, chart)
        if chart.is_left_to_chance and template.run(self.helm, release, chart, files) != output:
            message = f"chart {chart.name} gives something else each time it is rendered"
            hint = "give it the values that it would draw by chance or take from the clock (passwords, certificates, dates)"
            return [], [release.wrong(("chart",), "NotDeterministic", message, hint)]
        try:
            made = list(template.documents(output.text))
        except ValueError as error:
            return [], [release.wrong(("chart",), "ChartFailed", str(error), "correct the values, or the chart")]
        self.store.put({key: json.dumps(made).encode()})
        return made, []

    def _key(self, release: Release, chart: Chart, files: list[Path]) -> str:
        spec = release.spec
        asked = [release.name, release.namespace, release.kube_version, spec.include_crds, *spec.api_versions]
        given = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
        text = json.dumps([FORMAT, self._version, chart.key, asked, given, spec.values], sort_keys=True)
        return f"chart:{hashlib.sha256(text.encode()).hexdigest()}"


def _trace(release: Release, chart: Chart, name: str) -> ChartTrace:
    trace = release.trace
    return ChartTrace(trace.snapshot, trace.origin, trace.index, trace.layers, release=release, chart=chart, template=name)


def _without_hooks(made: list[Made], release: Release) -> tuple[list[Made], list[Problem]]:
    """The documents that belong to the application, as `hooks` and `skipTests` want it."""
    spec = release.spec
    kept: list[Made] = []
    refused: list[str] = []
    for data, name in made:
        hook = template.hook_of(data)
        if template.is_test(hook) and spec.skip_tests:
            continue
        if hook and spec.hooks == "refuse":
            refused.append(f"{data.get('kind')} {data['metadata'].get('name')} ({', '.join(sorted(hook))})")
        elif not hook:
            kept.append((data, name))
        elif spec.hooks == "apply" and not template.is_of_the_end(hook):
            kept.append((template.unhooked(data), name))
    if not refused:
        return kept, []
    hint = "write hooks: omit to leave them out, or hooks: apply to have them as objects like all others"
    return [], [release.wrong(("chart",), "ChartHook", f"the chart has hooks, which nobody runs here: {'; '.join(refused)}", hint)]


def _decoded(kept: bytes | None) -> list[Made] | None:
    if kept is None:
        return None
    try:
        return [(data, str(name)) for data, name in json.loads(kept)]
    except (ValueError, TypeError):
        return None
