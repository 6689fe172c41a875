"""Problems in the words of other programs: SARIF for code scanning, workflow commands for GitHub's annotations."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from transom import __version__
from transom.errors import Problem

PAGES = "docs/errors"
"""Where each reason has its page, in Transom's own repository."""

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PARAGRAPH = re.compile(r"\A# (?P<reason>\w+)\n+Area: \w+\n+(?P<text>.+?)\n\n", re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def sarif(problems: Sequence[Problem]) -> dict[str, Any]:
    """A SARIF log (OASIS, version 2.1.0) with one result for each problem and one rule for each reason that occurs.

    Rules have the text of their page where the pages are at hand, and a `helpUri` relative to Transom's repository.
    """
    reasons = sorted({problem.reason for problem in problems})
    driver = {"name": "transom", "version": __version__, "rules": [_rule(reason) for reason in reasons]}
    results = [_result(problem, reasons.index(problem.reason)) for problem in problems]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(reason: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": reason, "name": reason, "helpUri": f"{PAGES}/{reason}.md", "defaultConfiguration": {"level": "error"}}
    page = Path(__file__).parents[2] / PAGES / f"{reason}.md"
    found = _PARAGRAPH.match(page.read_text(encoding="utf-8") + "\n\n") if page.is_file() else None
    text = " ".join(_LINK.sub(r"\1", found["text"]).split()) if found else reason
    return {**rule, "shortDescription": {"text": re.split(r"(?<=[.])\s", text)[0]}, "fullDescription": {"text": text}}


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    where = problem.where
    place = {"artifactLocation": {"uri": quote(where.path)}, "region": {"startLine": where.line, "startColumn": where.column}}
    # not the line: a mistake stays the same one when what stands above it grows
    mark = hashlib.sha256(f"{where.path}\n{problem.reason}\n{problem.message}".encode()).hexdigest()
    return {
        "ruleId": problem.reason,
        "ruleIndex": rule,
        "level": problem.severity.value,
        "message": {"text": _said(problem)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"transomProblem/v1": mark},
    }


def github(problem: Problem) -> str:
    """One workflow command, which GitHub shows as an annotation of the line in the pull request.

    Its escapes are those of GitHub's toolkit: a message is one line, and commas and colons end a property.
    """
    where = problem.where
    properties = {"file": where.path, "line": where.line, "col": where.column, "title": problem.reason}
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{problem.severity.value} {listed}::{_data(_said(problem))}"


def _said(problem: Problem) -> str:
    return problem.message + (f"; {problem.hint}" if problem.hint else "")


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
