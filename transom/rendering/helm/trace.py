"""Where a value of a document that a chart made was written: in the values, in the chart's template, else the Application's `helm`.

The template is known from Helm's output. The line in it is the one that writes the key; when that line takes the value from `.Values`,
the place is where somebody gave it: in the document, in a values file, or in the chart's own values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transom.errors import Location
from transom.rendering import yamltext
from transom.rendering.helm.charts import Chart
from transom.rendering.helm.release import Release
from transom.rendering.trace import Trace
from transom.rendering.yamltext import Path_

_VALUE = re.compile(r"\.Values\.(?P<path>[A-Za-z_][\w.]*)")
_ACTION = re.compile(r"\{\{.*?\}\}")


@dataclass(frozen=True, slots=True)
class ChartTrace(Trace):
    """The trace of a document that a chart made.

    Attributes:
        release: what was asked for.
        chart: the chart.
        template: path of the template as Helm names it.
    """

    release: Release | None = None
    chart: Chart | None = None
    template: str = ""

    def locate(self, data: Mapping[str, Any], path: Path_ = (), *, of_key: bool = False) -> Location:
        """As `Trace.locate`."""
        release, chart = self.release, self.chart
        if release is None or chart is None:
            return Trace.locate(self, data, path, of_key=of_key)
        inside = self.template.partition("/")[2]
        value = yamltext.at(data, path)
        for line, column, text in _writers(chart.texts.get(inside, ""), path, value):
            if given := self._given(text, value):
                return given
            if chart.folder is not None:
                return Location(release.snapshot.path_of(chart.folder / inside), line, column)
        if chart.folder is not None and inside in chart.texts:
            return Location(release.snapshot.path_of(chart.folder / inside))
        return release.at("chart")

    def _given(self, text: str, value: Any) -> Location | None:
        """Where the value that a line of a template takes was given."""
        release, chart = self.release, self.chart
        if release is None or chart is None:
            return None
        inside = _subchart(self.template, chart)
        paths: list[Path_] = [(*inside, *found["path"].rstrip(".").split(".")) for found in _VALUE.finditer(text)]
        for path in paths:
            if place := release.value_at(path):
                return place
        for path in paths:
            default = yamltext.at(chart.mapping("values.yaml"), path)
            if chart.folder is not None and default is not yamltext.NOTHING and (default == value or str(default) in str(value)):
                file = chart.folder / "values.yaml"
                written, _ = yamltext.read(file, release.snapshot.path_of(file))
                if written and (there := written[0].position(path)):
                    return Location(release.snapshot.path_of(file), *there)
        return None


def _writers(text: str, path: Path_, value: Any) -> Iterator[tuple[int, int, str]]:
    """Line, column and text of what may have written the value at `path`: first what could give just that value."""
    key = next((part for part in reversed(path) if isinstance(part, str)), None)
    if key is None:
        return
    pattern = re.compile(rf"^(?P<blanks>[\s-]*){re.escape(key)}\s*:(?P<rest>.*)$")
    found = [
        (number, len(one["blanks"]) + 1, one["rest"]) for number, line in enumerate(text.splitlines(), 1) if (one := pattern.match(line))
    ]
    yield from sorted(found, key=lambda one: 0 if _could_give(one[2], value) else 1)


def _could_give(rest: str, value: Any) -> bool:
    """Whether what stands behind a key can come to this value: the text around its actions is part of it."""
    around = [part.strip().strip("\"'") for part in _ACTION.split(rest)]
    if isinstance(value, dict | list):
        return not any(around)
    return all(part in str(value) for part in around) and (len(around) > 1 or around[0] == str(value))


def _subchart(template: str, chart: Chart) -> Path_:
    """How the values of the outer chart name the chart that a template lies in."""
    names = re.findall(r"/charts/([^/]+)/", template)
    listed = chart.meta.get("dependencies")
    aliases = {one.get("name"): one.get("alias") for one in listed if isinstance(one, dict)} if isinstance(listed, list) else {}
    return tuple(str(aliases.get(name) or name) for name in names)
