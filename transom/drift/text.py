"""A drift report as text for a terminal and as JSON for programs. Pure; only `console` prints."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from transom.changes import DiffKind
from transom.drift.report import Finding, Property, Report, State
from transom.review.text import NO_DOCUMENT, Line, Tone
from transom.review.values import show

if TYPE_CHECKING:
    from rich.console import Console

_TONES = {State.MISSING: Tone.DELETE, State.CHANGED: Tone.UPDATE, State.UNREADABLE: Tone.FAILED}
_COLOURS = {
    Tone.DELETE: "red",
    Tone.UPDATE: "yellow",
    Tone.FAILED: "bold red",
    Tone.HEAD: "bold",
    Tone.WARNING: "yellow",
    Tone.FAINT: "dim",
}


def text(report: Report) -> str:
    """The report as plain text that ends in a line end."""
    return "".join(f"{line.text}\n" for line in lines(report))


def console(report: Report, target: Console) -> None:
    """Print it in colour; rich leaves the colour out where the terminal has none."""
    for line in lines(report):
        target.print(line.text, style=_COLOURS.get(line.tone, ""), markup=False, highlight=False, soft_wrap=True)


def lines(report: Report) -> tuple[Line, ...]:
    """The report as lines: the count first, then per document what was found, then what was left out, then what could not be seen."""
    return tuple(_lines(report))


def summary(report: Report) -> str:
    """`3 drifted, 1 unreadable, 40 as applied`, or `no drift, 44 as applied`."""
    counts = [f"{report.drifted} drifted"] if report.drifted else []
    counts += [f"{report.unreadable} unreadable"] if report.unreadable else []
    counts += [f"{len(report.errors)} not looked at"] if report.errors else []
    return ", ".join([*(counts or ["no drift"]), f"{report.as_applied} as applied"])


def as_json(report: Report) -> str:
    """The report for programs."""
    whole = {
        "format": 1,
        "clean": report.clean,
        "drifted": report.drifted,
        "unreadable": report.unreadable,
        "asApplied": report.as_applied,
        "findings": [_plain(finding) for finding in report.findings],
        "noise": [_plain(finding) for finding in report.noise],
        "errors": [{"stack": stack, "message": message} for stack, message in report.errors],
        "warnings": list(report.warnings),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _plain(finding: Finding) -> dict[str, Any]:
    return dataclasses.asdict(finding) | {"healable": finding.healable}


def _lines(report: Report) -> Iterator[Line]:
    yield Line(summary(report), Tone.HEAD)
    several = len({finding.environment for finding in report.findings}) > 1
    for (environment, document), group in groupby(report.findings, key=lambda finding: (finding.environment, finding.document)):
        yield Line("")
        yield Line((f"{environment}: " if several else "") + (document or NO_DOCUMENT), Tone.HEAD)
        for finding in group:
            yield from _finding(finding)
    left_out = Counter(
        (found.cause.value, found.reason)
        for finding in (*report.findings, *report.noise)
        for found in finding.properties
        if found not in finding.real
    )
    if left_out:
        yield Line("")
        for (cause, reason), count in sorted(left_out.items()):
            yield Line(f"left out ({cause}): {count} {'property' if count == 1 else 'properties'}: {reason}", Tone.FAINT)
    for stack, message in report.errors:
        yield Line(f"error: {stack}: {message}", Tone.FAILED)
    for warning in report.warnings:
        yield Line(f"warning: {warning}", Tone.WARNING)


def _finding(finding: Finding) -> Iterator[Line]:
    yield Line(f"  {finding.state.value} {finding.type} {finding.name}", _TONES[finding.state])
    for found in finding.real:
        yield Line(f"      {found.path}: {_values(found)}")
        if found.unhealable:
            yield Line(f"        cannot be healed: {found.unhealable}", Tone.WARNING)
    for message in finding.messages:
        for line in message.splitlines():
            yield Line(f"      ! {line}", Tone.FAILED)


def _values(found: Property) -> str:
    match found.kind:
        case DiffKind.ADD:
            return f"not applied, live {show(found.live)}"
        case DiffKind.DELETE:
            return f"applied {show(found.applied)}, gone"
    return f"applied {show(found.applied)}, live {show(found.live)}"
