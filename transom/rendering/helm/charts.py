"""Charts on disk: a folder of a source, or an archive that was fetched. What they are made of, and whether that is whole."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from transom.errors import Location, Problem
from transom.rendering import yamltext
from transom.rendering.contents import Contents, blob_id
from transom.rendering.helm.release import Release

_LARGEST = 64 * 1024 * 1024
"""Bytes of an archive when it is unpacked."""
_CHANCE = re.compile(
    r"\b(rand(Alpha|Numeric|AlphaNum|Ascii|Bytes|Int)\w*|shuffle|uuidv4|now|genCA\w*|genSelfSigned\w*|genSigned\w*|genPrivateKey|bcrypt|htpasswd|encryptAES)\b"
)
"""Functions of templates that give something else each time (Sprig: https://masterminds.github.io/sprig/)."""


@dataclass(frozen=True)
class Chart:
    """A chart: `path` is its folder or archive, `folder` its folder below the source's root, None for one that was fetched.

    Attributes:
        path: what Helm is given.
        key: changes when, and only when, something in the chart does.
        folder: below the source's root, where a person can edit it.
        texts: the texts of its files, by their paths in the chart.
    """

    path: Path
    key: str
    folder: Path | None
    texts: Mapping[str, str] = field(repr=False)

    @cached_property
    def meta(self) -> dict[str, Any]:
        """`Chart.yaml`; empty when it is none."""
        return self.mapping("Chart.yaml")

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """`values.yaml`; empty when there is none."""
        return self.mapping("values.yaml")

    @property
    def name(self) -> str:
        """As its templates and Helm's messages name it."""
        return str(self.meta.get("name", ""))

    @cached_property
    def is_left_to_chance(self) -> bool:
        """Whether its templates may give something else each time."""
        return any(_CHANCE.search(text) for path, text in self.texts.items() if "templates/" in path)

    def mapping(self, name: str) -> dict[str, Any]:
        """The mapping in one of its files; empty when there is none."""
        try:
            documents = yamltext.plain(self.texts.get(name, ""))
        except yaml.YAMLError:
            return {}
        return documents[0] if documents and isinstance(documents[0], dict) else {}


def in_folder(release: Release, contents: Contents) -> tuple[Chart | None, list[Problem]]:
    """The chart in a folder of the source, or what is wrong with it."""
    snapshot, name = release.snapshot, release.spec.chart
    folder = (snapshot.root / name).resolve()
    if not folder.is_relative_to(snapshot.root):
        return None, [release.wrong(("chart",), "PathOutsideSource", f"{name} leads out of the source", "keep the chart in the repository")]
    if not (folder / "Chart.yaml").is_file():
        return None, [_no_chart(release, folder)]
    problems: list[Problem] = []
    ids: list[str] = []
    texts: dict[str, str] = {}
    for path in contents.below(str(folder.relative_to(snapshot.root))):
        file = snapshot.root / path
        inside = file.relative_to(folder).as_posix()
        if not file.resolve().is_relative_to(snapshot.root):
            hint = "keep the file itself in the chart"
            problems.append(Problem(Location(snapshot.path_of(file)), "PathOutsideSource", "is a link that leads out of the source", hint))
        elif file.is_file():
            content = file.read_bytes()
            ids.append(f"{inside}\n{contents.id_of(path) or blob_id(content)}")
            texts[inside] = content.decode("utf-8", "replace")
    chart = Chart(folder, "\0".join(sorted(ids)), folder, texts)
    problems += _syntax(chart, release) or _unlocked(chart, release)
    return (None, problems) if problems else (chart, [])


def in_archive(file: Path, digest: str) -> Chart:
    """The chart in an archive.

    Raises:
        tarfile.TarError, OSError: it is none.
    """
    texts: dict[str, str] = {}
    left = _LARGEST
    with tarfile.open(file) as archive:
        for member in archive:
            left -= member.size
            if left < 0:
                raise tarfile.TarError(f"holds more than {_LARGEST} bytes")
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                texts[member.name.partition("/")[2]] = content.read().decode("utf-8", "replace")
    return Chart(file, digest, None, texts)


def _no_chart(release: Release, folder: Path) -> Problem:
    from difflib import get_close_matches

    name = release.spec.chart
    root = release.snapshot.root
    if folder.is_file():
        return release.wrong(("chart",), "MissingFile", f"{name} is a file", "name the chart's folder")
    if folder.is_dir():
        return release.wrong(("chart",), "MissingFile", f"{name} has no Chart.yaml", "name the chart's folder")
    there = [
        str(file.parent.relative_to(root))
        for file in sorted(root.rglob("Chart.yaml"))
        if "charts" not in file.relative_to(root).parts[1:-2]
    ]
    near = get_close_matches(name, there, n=2, cutoff=0.5) or there[:3]
    hint = f"did you mean {' or '.join(near)}?" if near else "write its path from the top of the source, or its repository and version"
    return release.wrong(("chart",), "MissingFile", f"{name} does not exist in source {release.snapshot.source}", hint)


def _syntax(chart: Chart, release: Release) -> list[Problem]:
    """Mistakes in the files of a chart that are plain YAML."""
    problems: list[Problem] = []
    for name in ("Chart.yaml", "values.yaml", "Chart.lock"):
        if name in chart.texts:
            file = chart.path / name
            problems += yamltext.read(file, release.snapshot.path_of(file))[1]
    return problems


def _unlocked(chart: Chart, release: Release) -> list[Problem]:
    """Dependencies that are missing, or are not what `Chart.lock` says."""
    problems: list[Problem] = []
    there = _vendored(chart)
    locked = {str(one.get("name")): str(one.get("version")) for one in _listed(chart.mapping("Chart.lock"))}
    file = chart.path / "Chart.yaml"
    written, _ = yamltext.read(file, release.snapshot.path_of(file))
    for index, wanted in enumerate(_listed(chart.meta)):
        name = str(wanted.get("name"))
        where = Location(release.snapshot.path_of(file), *written[0].nearest(("dependencies", index, "name")))
        hint = f"run helm dependency update {release.spec.chart}, and commit charts/ and Chart.lock"
        if name not in there:
            problems.append(Problem(where, "MissingFile", f"charts/ does not hold dependency {name}", hint))
        elif name in locked and locked[name].removeprefix("v") != there[name].removeprefix("v"):
            message = f"charts/ holds {name} {there[name]}, and Chart.lock says {locked[name]}"
            problems.append(Problem(where, "ChartChanged", message, hint))
    return problems


def _listed(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = data.get("dependencies")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _vendored(chart: Chart) -> dict[str, str]:
    """Versions of the charts in `charts/`, by name."""
    out: dict[str, str] = {}
    for path in chart.texts:
        if found := re.fullmatch(r"charts/(?P<name>.+?)-(?P<version>v?\d+\.\d+\.\d+\S*)\.tgz", path):
            out[found["name"]] = found["version"]
        elif re.fullmatch(r"charts/[^/]+/Chart\.yaml", path):
            inner = chart.mapping(path)
            out[str(inner.get("name"))] = str(inner.get("version"))
    return out
