"""What Helm complains about, told at the line that a person has to change: a value, the chart's template, or the Application's `helm`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from transom.errors import Location, Problem, Severity
from transom.rendering import yamltext
from transom.rendering.helm.charts import Chart
from transom.rendering.helm.release import Release
from transom.rendering.yamltext import Path_

_NEAR = 0.66
"""How alike a name must be for a warning: `tga` is near `tag`, `else` is not near `labels`."""
_SCHEMA = "values don't meet the specifications of the schema(s) in the following chart(s):"


def problems(said: str, release: Release, chart: Chart) -> list[Problem]:
    """Helm's words as problems."""
    if _SCHEMA in said:
        return list(_schema(said.partition(_SCHEMA)[2], release, chart))
    for pattern, tell in _TABLE.items():
        found = list(re.finditer(pattern, said, re.DOTALL))
        if found:
            return [tell(found[-1], release, chart)]  # the last one is the innermost
    words = " ".join(said.replace(str(release.snapshot.root) + "/", "").split())
    return [release.wrong(("chart",), "ChartFailed", f"helm: {words}", "run helm template on the chart to try it")]


def unknown_values(release: Release, chart: Chart) -> Iterator[Problem]:
    """Warnings for values that the chart's own do not have, where a name is near that it has: Helm passes over them in silence."""
    yield from _unknown(release.spec.values, chart.defaults, (), release)
    for file, written in release.written_values():
        if isinstance(written.data, dict):
            for path, near in _misspelt(written.data, chart.defaults, ()):
                place = Location(release.snapshot.path_of(file), *(written.position(path, of_key=True) or (1, 1)))
                yield _warning(place, path, near)


def _unknown(values: Mapping[str, Any], defaults: Mapping[str, Any], above: Path_, release: Release) -> Iterator[Problem]:
    for path, near in _misspelt(values, defaults, above):
        yield _warning(release.at("values", *path, of_key=True), path, near)


def _warning(where: Location, path: Path_, near: list[str]) -> Problem:
    message = f"the chart has no value {'.'.join(map(str, path))}"
    return Problem(where, "UnknownValue", message, f"did you mean {' or '.join(near)}?", Severity.WARNING)


def _misspelt(values: Mapping[str, Any], defaults: Mapping[str, Any], above: Path_) -> Iterator[tuple[Path_, list[str]]]:
    for key, value in values.items():
        inner = defaults.get(key)
        if key not in defaults and key != "global":
            if near := get_close_matches(str(key), [str(one) for one in defaults if one not in values], n=2, cutoff=_NEAR):
                yield (*above, key), near
        elif isinstance(value, dict) and isinstance(inner, dict) and inner:
            yield from _misspelt(value, inner, (*above, key))


_LINE = re.compile(r"^- (?:at '(?P<pointer>[^']*)'|(?P<dotted>[\w.()-]+)): (?P<said>.*)$")


def _schema(said: str, release: Release, chart: Chart) -> Iterator[Problem]:
    """One problem for each line of what a chart's values.schema.json forbids."""
    inside: Path_ = ()
    for line in said.splitlines():
        if found := _LINE.match(line.strip()):
            yield _forbidden(found, inside, release, chart)
        elif line.strip().endswith(":"):
            name = line.strip()[:-1]
            inside = () if name == chart.name else (_alias(name, chart),)


def _forbidden(found: re.Match[str], inside: Path_, release: Release, chart: Chart) -> Problem:
    parts = found["pointer"].split("/")[1:] if found["pointer"] is not None else found["dotted"].split(".")
    words = tuple(part.replace("~1", "/").replace("~0", "~") for part in parts if part not in ("", "(root)"))
    path: Path_ = (*inside, *(int(word) if word.isdigit() else word for word in words))
    message = found["said"].replace("got ", "is ").replace(", want ", ", and must be ")
    hint = "the chart's values.schema.json says so"
    if extra := re.search(r"[Aa]dditional propert(?:y|ies) '?([^' ]+)'? (?:is |)not allowed", found["said"]):
        known = yamltext.at(chart.defaults, path)
        near = get_close_matches(extra[1], list(known) if isinstance(known, dict) else [], n=2)
        path = (*path, extra[1])
        message = "is no value of the chart"
        hint = f"did you mean {' or '.join(near)}?" if near else hint
        where = release.value_at(path, of_key=True)
    else:
        where = release.value_at(path, of_key="missing propert" in found["said"])
    named = ".".join(map(str, path)) or "values"
    return Problem(where or _nearest(path, release), "InvalidValue", f"{named} {message}", hint)


def _nearest(path: Path_, release: Release) -> Location:
    """The deepest part of a path of values that somebody wrote."""
    for length in range(len(path) - 1, 0, -1):
        if found := release.value_at(path[:length], of_key=True):
            return found
    return release.at("values", of_key=True) if release.spec.values else release.at("chart")


def _alias(name: str, chart: Chart) -> str:
    """How values name a subchart."""
    listed = chart.meta.get("dependencies")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("name") == name:
            return str(one.get("alias") or name)
    return name


def _place(template: str, line: str, column: str | None, release: Release, chart: Chart) -> Location | None:
    """A place in a template, if it is in the repository."""
    inside = template.partition("/")[2]
    if chart.folder is None or inside not in chart.texts:
        return None
    return Location(release.snapshot.path_of(chart.folder / inside), int(line), int(column) + 1 if column else 1)


def _failed(found: re.Match[str], release: Release, chart: Chart) -> Problem:
    words = found.groupdict()
    place = _place(words["file"], words["line"], words.get("column"), release, chart)
    said = " ".join(words["said"].split())
    hint = "correct the template" if place else "correct the values, or ask whoever keeps the chart"
    value = re.search(r"at <\$?\.Values\.(?P<path>[\w.]+)>: nil pointer evaluating", said)
    if value:
        path = tuple(value["path"].split("."))
        known = next(length for length in range(len(path), -1, -1) if _known(path[:length], release, chart))
        missing = ".".join(path[: known + 1])
        message = f"values have no {missing}, and {words['file']} asks for {value['path']}"
        return Problem(place or release.at("chart"), "ChartFailed", message, f"give {missing} a value, or let the template do without")
    at = "" if place else f"{words['file']}:{words['line']}: "
    return Problem(place or release.at("chart"), "ChartFailed", f"{at}{said}", hint)


def _known(path: Path_, release: Release, chart: Chart) -> bool:
    given = yamltext.at(release.spec.values, path)
    kept = yamltext.at(chart.defaults, path)
    written = (yamltext.at(one.data, path) for _, one in release.written_values())
    return any(value not in (yamltext.NOTHING, None) for value in (given, kept, *written))


def _asked(found: re.Match[str], release: Release, chart: Chart) -> Problem:
    """What a template itself refuses, by `fail` or `required`: meant for whoever writes values."""
    said = " ".join(found["said"].split())
    place = _place(found["file"], found["line"], found["column"], release, chart)
    where = release.at("values", of_key=True) if release.spec.values else release.at("chart")
    message = f"chart {chart.name} refuses its values: {said}"
    return Problem(where, "InvalidValue", message, f"correct the values; {place or found['file']} asks for it")


def _not_yaml(found: re.Match[str], release: Release, chart: Chart) -> Problem:
    inside = found["file"].partition("/")[2]
    place = release.at("chart")
    if chart.folder is not None and inside in chart.texts:
        place = Location(release.snapshot.path_of(chart.folder / inside))
    said = " ".join(found["said"].split()).replace("error converting YAML to JSON: ", "").removeprefix("yaml: ")
    message = f"{found['file']} does not give YAML: {said}" + (" of what it gives" if "line " in said else "")
    return Problem(place, "ChartFailed", message, "run helm template --debug on the chart to see what it gives")


def _kubernetes(found: re.Match[str], release: Release, _chart: Chart) -> Problem:
    message = f"the chart is for Kubernetes {found['wanted']}, and is told {found['given']}"
    where = ("kubeVersion",) if release.spec.kube_version else ("chart",)
    return release.wrong(where, "ChartFailed", message, "take another version of the chart, or write the cluster's version as kubeVersion")


_TABLE: Mapping[str, Callable[[re.Match[str], Release, Chart], Problem]] = {
    r"chart requires kubeVersion: (?P<wanted>.+?) which is incompatible with Kubernetes (?P<given>\S+)": _kubernetes,
    r"execution error at \((?P<file>[^:()]+):(?P<line>\d+):(?P<column>\d+)\): (?P<said>.+)": _asked,
    r"parse error at \((?P<file>[^:()]+):(?P<line>\d+)\): (?P<said>.+)": _failed,
    r"template: (?P<file>[^:\s]+):(?P<line>\d+):(?P<column>\d+): (?P<said>(?:(?!template: \S+:\d+:\d+: ).)+)$": _failed,
    r"YAML parse error on (?P<file>[^:]+): (?P<said>.+)": _not_yaml,
}
"""Helm's words, and who tells them."""
