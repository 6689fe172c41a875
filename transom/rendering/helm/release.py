"""What is asked for: one application's chart, with all that decides what it comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transom.errors import Location, Problem
from transom.rendering import yamltext
from transom.rendering.trace import Trace
from transom.rendering.yamltext import Path_, Written
from transom.source.base import Snapshot
from transom.specs.helm import HelmSpec


@dataclass(frozen=True, slots=True)
class Release:
    """One application's chart.

    Attributes:
        spec: what its document says.
        data: the document.
        trace: where the document comes from.
        snapshot: the files that the chart and the values files lie in.
        name: of the release.
        namespace: of the release.
        kube_version: the Kubernetes version that the templates are told.
    """

    spec: HelmSpec
    data: Mapping[str, Any]
    trace: Trace
    snapshot: Snapshot
    name: str
    namespace: str
    kube_version: str

    def at(self, *path: str | int, of_key: bool = False) -> Location:
        """The line that a person wrote for what stands at `path` of `spec.helm`."""
        return self.trace.locate(self.data, ("spec", "helm", *path), of_key=of_key)

    def wrong(self, path: Path_, reason: str, message: str, hint: str) -> Problem:
        """A problem at `path` of `spec.helm`."""
        return Problem(self.at(*path), reason, message, hint)

    def named_files(self) -> list[Path]:
        """Where the values files should be."""
        return [self.snapshot.root / name for name in self.spec.values_files]

    def values_files(self) -> tuple[list[Path], list[Problem]]:
        """The values files, and what is wrong with them."""
        found, problems = [], []
        for index, name in enumerate(self.spec.values_files):
            file = (self.snapshot.root / name).resolve()
            where = ("valuesFiles", index)
            if not file.is_relative_to(self.snapshot.root):
                problems.append(
                    self.wrong(where, "PathOutsideSource", f"{name} leads out of the source", "keep the file in the repository")
                )
            elif not file.is_file():
                hint = _beside(file) or "write a path from the top of the source"
                problems.append(self.wrong(where, "MissingFile", f"{name} does not exist in source {self.snapshot.source}", hint))
            else:
                written, wrong = yamltext.read(file, self.snapshot.path_of(file))
                problems += wrong
                problems += [
                    Problem(
                        Location(self.snapshot.path_of(file), *one.nearest(())), "WrongType", "values are one mapping", "write NAME: value"
                    )
                    for one in written
                    if not isinstance(one.data, dict) or len(written) > 1
                ][:1]
                found.append(file)
        return found, problems

    def written_values(self) -> Iterator[tuple[Path, Written]]:
        """The values files as they are written, the strongest first."""
        for name in reversed(self.spec.values_files):
            file = (self.snapshot.root / name).resolve()
            if file.is_relative_to(self.snapshot.root) and file.is_file():
                yield from ((file, one) for one in yamltext.read(file, self.snapshot.path_of(file))[0])

    def value_at(self, path: Path_, *, of_key: bool = False) -> Location | None:
        """Where a person wrote the value at `path`: in the document, else in a values file; None when in neither."""
        if yamltext.at(self.spec.values, path) is not yamltext.NOTHING:
            return self.at("values", *path, of_key=of_key)
        for file, written in self.written_values():
            if place := written.position(path, of_key=of_key):
                return Location(self.snapshot.path_of(file), *place)
        return None


def _beside(missing: Path) -> str:
    from difflib import get_close_matches

    names = [entry.name for entry in missing.parent.iterdir()] if missing.parent.is_dir() else []
    near = get_close_matches(missing.name, names, n=2)
    return f"did you mean {' or '.join(near)}?" if near else ""
