"""Problems for other programs: SARIF that its schema takes, and workflow commands whose escapes GitHub undoes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests import repository
from tests.repository import BASIC, CHECKOUT, ENVIRONMENT, TENANT
from transom.cli import main, reports
from transom.errors import Location, Problem, Severity

SARIF = json.loads((Path(__file__).parents[2] / "testdata" / "sarif-used.json").read_text(encoding="utf-8"))
"""The part of the SARIF 2.1.0 schema that we use, closed: what stands outside of it is refused."""

PROBLEMS = (
    Problem(Location("a b/ü.yaml", 3, 5), "UnknownField", "x is not a field", "did you mean y?"),
    Problem(Location("a.yaml", 3, 5), "QuotaExceeded", "too much", "", Severity.WARNING),
    Problem(Location("a.yaml", 1, 1), "UnknownField", "z: is, 100% not\na field"),
)


def test_sarif() -> None:
    """One result for each problem, one rule for each reason, with the text of its page; paths are URIs."""
    log = reports.sarif(PROBLEMS)
    Draft7Validator(SARIF).validate(log)
    (run,) = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["QuotaExceeded", "UnknownField"]
    for rule in run["tool"]["driver"]["rules"]:
        assert (CHECKOUT / rule["helpUri"]).is_file()
        assert rule["fullDescription"]["text"].startswith(rule["shortDescription"]["text"])
        assert "](" not in rule["fullDescription"]["text"]
    assert [(one["ruleId"], one["ruleIndex"], one["level"]) for one in run["results"]] == [
        ("UnknownField", 1, "error"),
        ("QuotaExceeded", 0, "warning"),
        ("UnknownField", 1, "error"),
    ]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a%20b/%C3%BC.yaml"}, "region": {"startLine": 3, "startColumn": 5}}
    assert run["results"][0]["message"]["text"] == "x is not a field; did you mean y?"


def test_sarif_without_problems() -> None:
    """Nothing wrong is a log with no result, which closes what was open before."""
    log = reports.sarif(())
    Draft7Validator(SARIF).validate(log)
    assert log["runs"][0]["results"] == []


def test_a_mistake_that_moved_is_the_same() -> None:
    """A fingerprint does not change with the line, and does with the message."""

    def mark(line: int, message: str) -> Any:
        log = reports.sarif((Problem(Location("a.yaml", line, 1), "UnknownField", message),))
        return log["runs"][0]["results"][0]["partialFingerprints"]

    assert mark(1, "x") == mark(9, "x") != mark(1, "y")


_COMMAND = re.compile(r"::(?P<word>error|warning) (?P<properties>[^:]*)::(?P<data>.*)")


def _undone(text: str) -> str:
    for code, sign in (("%2C", ","), ("%3A", ":"), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, sign)
    return text


@pytest.mark.parametrize("problem", [*PROBLEMS, Problem(Location("a,b:c%d.yaml", 2, 3), "InvalidValue", "50% of %0A", "1, 2: ::error ::")])
def test_github(problem: Problem) -> None:
    """A command is one line; its properties and message are had back whole, whatever signs are in them."""
    found = _COMMAND.fullmatch(reports.github(problem))
    assert found is not None
    properties = dict(one.split("=", 1) for one in found["properties"].split(","))
    assert {name: _undone(value) for name, value in properties.items()} == {
        "file": problem.where.path,
        "line": str(problem.where.line),
        "col": str(problem.where.column),
        "title": problem.reason,
    }
    assert found["word"] == problem.severity.value
    assert _undone(found["data"]) == problem.message + (f"; {problem.hint}" if problem.hint else "")


@pytest.fixture
def wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one mistake that two environments have; the working directory."""
    files = {f"platform/{name}": text for name, text in BASIC.items()}
    files |= {"environments/dev.yaml": ENVIRONMENT, "environments/two.yaml": ENVIRONMENT.replace("name: dev}", "name: two}")}
    files["platform/tenants/team-a.yaml"] = TENANT.replace("]}", "], podSecurty: baseline}")
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(repository.kustomize()).parent}:/usr/bin:/bin")
    return tmp_path


def test_validate_for_other_programs(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each form tells a mistake of several environments once, and ends with the same code."""
    assert wrong.is_dir()
    assert main.run(["validate", "-o", "sarif"]) == 3
    log = json.loads(capsys.readouterr().out)
    Draft7Validator(SARIF).validate(log)
    assert len(log["runs"][0]["results"]) == 1
    assert main.run(["validate", "-o", "github"]) == 3
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("::error file=platform/tenants/team-a.yaml,line=4,col=34,title=UnknownField::spec.podSecurty is not a field")
