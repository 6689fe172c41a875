"""Where a program is forked, and where it is left to the language host."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from transom.engine.programs import VARIABLE, Programs

OURS: dict[str, Any] = {"name": "python", "options": {"virtualenv": sys.prefix}}


def project(folder: Path, **settings: Any) -> Path:
    """A project whose program says nothing."""
    (folder / "Pulumi.yaml").write_text(json.dumps({"name": "double", "runtime": OURS, **settings}), encoding="utf-8")
    (folder / "__main__.py").write_text("import json\nfrom os import path\n", encoding="utf-8")
    return folder


def test_ours_is_forked(tmp_path: Path) -> None:
    """Each run is served at an address of its own."""
    programs = Programs(project(tmp_path))
    with programs.serving({}) as one, programs.serving({}) as other:
        assert one.startswith("127.0.0.1:")
        assert other.startswith("127.0.0.1:")
        assert one != other


@pytest.mark.parametrize(
    "settings,why",
    [
        ({"runtime": "nodejs"}, "another language"),
        ({"runtime": {"name": "python", "options": {"virtualenv": "elsewhere"}}}, "another interpreter"),
        ({"runtime": {"name": "python", "options": {"virtualenv": sys.prefix, "typechecker": "mypy"}}}, "the host checks types before"),
        ({"runtime": {"name": "python", "options": {"virtualenv": sys.prefix, "toolchain": "uv"}}}, "uv runs it"),
        ({"main": "program"}, "the program lies elsewhere"),
        ({"runtime": None}, "no runtime"),
    ],
)
def test_all_else_is_the_hosts(tmp_path: Path, settings: dict[str, Any], why: str) -> None:
    """What the language host would do in another way is left to it."""
    with Programs(project(tmp_path, **settings)).serving({}) as address:
        assert address == "", why


def test_no_project(tmp_path: Path) -> None:
    """The engine says what is missing, in its own words."""
    with Programs(tmp_path).serving({}) as address:
        assert address == ""


@pytest.mark.parametrize("text", ["import nothing_of_that_name\n", "import (\n"])
def test_a_program_that_cannot_be_imported(tmp_path: Path, text: str) -> None:
    """The language host runs it, and its error is told through the engine."""
    folder = project(tmp_path)
    (folder / "__main__.py").write_text(text, encoding="utf-8")
    with Programs(folder).serving({}) as address:
        assert address == ""


def test_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wants the language host gets it."""
    monkeypatch.setenv(VARIABLE, "host")
    with Programs(project(tmp_path)).serving({}) as address:
        assert address == ""


def test_no_place_for_a_socket(tmp_path: Path) -> None:
    """Where temporary files have a path that is too long for a socket, nothing is left and the language host runs the program."""
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    with Programs(project(tmp_path), temporary=deep).serving({}) as address:
        assert address == ""
    assert list(deep.iterdir()) == []
