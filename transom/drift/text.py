"""A drift report as text for a terminal and as JSON for programs. Pure; only `console` prints."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from transom.changes import DiffKind
from transom.drift.findings import Finding, Property, State, Unmanaged
from transom.drift.report import Report
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
    """The report as lines.

    The counts first, then per document what was found, then what nobody manages, what was left out, and what could not be seen.
    """
    return tuple(_lines(report))


def summary(report: Report, environment: str | None = None) -> str:
    """`3 drifted, 1 unreadable, 40 as applied`, or `no drift, 44 as applied`; of one environment or of all."""
    mine = [finding for finding in report.findings if environment in (None, finding.environment)]
    unmanaged = sum(one.acknowledged is None for one in report.unmanaged if environment in (None, one.environment))
    told = (
        (sum(finding.drifted for finding in mine), "drifted"),
        (sum(finding.state is State.UNREADABLE for finding in mine), "unreadable"),
        (len(report.errors) if environment is None else 0, "not looked at"),
    )
    counts = [f"{count} {word}" for count, word in told if count] or ["no drift"]
    acknowledged = sum(finding.acknowledged is not None for finding in mine)
    counts += [f"{acknowledged} acknowledged"] if acknowledged else []
    counts += [f"{report.as_applied if environment is None else report.environments.get(environment, 0)} as applied"]
    return ", ".join([*counts, *([f"{unmanaged} unmanaged"] if unmanaged else [])])


def totals(report: Report) -> tuple[dict[str, Any], ...]:
    """How many of which sort, by environment and document: those with a finding only."""
    out: dict[tuple[str, str], Counter[str]] = {}
    for finding in report.findings:
        row = out.setdefault((finding.environment, finding.document), Counter())
        if finding.acknowledged is not None:
            row["acknowledged"] += 1
        elif finding.state is State.CHANGED and finding.foreign and not finding.real:
            row["foreign"] += 1
        else:
            row[finding.state.value] += 1
    sorts = ("missing", "changed", "foreign", "unreadable", "acknowledged")
    return tuple(
        {"environment": environment, "document": document, **{sort: row[sort] for sort in sorts}}
        for (environment, document), row in out.items()
    )


def as_json(report: Report) -> str:
    """The report for programs; fields are added to this form, and none is renamed or taken away."""
    whole = {
        "format": 1,
        "clean": report.clean,
        "drifted": report.drifted,
        "acknowledged": report.acknowledged,
        "unreadable": report.unreadable,
        "asApplied": report.as_applied,
        "environments": [{"environment": name, "asApplied": count} for name, count in sorted(report.environments.items())],
        "summary": list(totals(report)),
        "findings": [_plain(finding) for finding in report.findings],
        "noise": [_plain(finding) for finding in report.noise],
        "unmanaged": [{"key": one.key, **dataclasses.asdict(one)} for one in report.unmanaged],
        "errors": [{"stack": stack, "message": message} for stack, message in report.errors],
        "warnings": list(report.warnings),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _plain(finding: Finding) -> dict[str, Any]:
    return {"key": finding.key} | dataclasses.asdict(finding) | {"drifted": finding.drifted, "healable": finding.healable}


def told(finding: Finding) -> tuple[str, ...]:
    """A finding in words, one line for each thing that is out of place: what is kept of it across runs."""
    if finding.state is State.MISSING:
        return ("missing",)
    return tuple(f"{found.path}: {_values(found)}" for found in (*finding.real, *finding.foreign))


def _lines(report: Report) -> Iterator[Line]:
    yield Line(summary(report), Tone.HEAD)
    several = len(report.environments) > 1
    for environment in sorted(report.environments) if several else ():
        yield Line(f"  {environment}: {summary(report, environment)}")
    open_ones = [finding for finding in report.findings if finding.acknowledged is None]
    for (environment, document), group in groupby(open_ones, key=lambda finding: (finding.environment, finding.document)):
        yield Line("")
        yield Line((f"{environment}: " if several else "") + (document or NO_DOCUMENT), Tone.HEAD)
        for finding in group:
            yield from _finding(finding)
    yield from _unmanaged(report, several=several)
    yield from _acknowledged(report)
    left_out = Counter(
        (found.cause.value, found.reason)
        for finding in (*report.findings, *report.noise)
        for found in finding.properties
        if found not in finding.real and found not in finding.foreign
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
    known = f"  ({finding.environment}/{finding.key}, since {moment(finding.since)})" if finding.since else ""
    yield Line(f"  {finding.state.value} {finding.type} {finding.name}{_whose(finding.by, finding.at)}{known}", _TONES[finding.state])
    for found in (*finding.real, *finding.foreign):
        yield Line(f"      {found.path}: {_values(found)}{_whose(found.by, found.at)}")
        if found.unhealable:
            yield Line(f"        cannot be healed: {found.unhealable}", Tone.WARNING)
    for message in finding.messages:
        for line in message.splitlines():
            yield Line(f"      ! {line}", Tone.FAILED)


def _unmanaged(report: Report, *, several: bool) -> Iterator[Line]:
    found = [one for one in report.unmanaged if one.acknowledged is None]
    if found:
        yield Line("")
        yield Line("in managed namespaces, and declared by no document", Tone.HEAD)
    for one in found:
        known = f"  ({one.environment}/{one.key}, since {moment(one.since)})" if one.since else ""
        where = f"{one.environment}: " if several else ""
        yield Line(f"  {where}{one.type} {one.cluster}/{one.namespace}/{one.name}{_whose(one.by, one.at)}{known}")


def _acknowledged(report: Report) -> Iterator[Line]:
    both: tuple[Finding | Unmanaged, ...] = (*report.findings, *report.unmanaged)
    let_be = [(one, one.acknowledged) for one in both if one.acknowledged is not None]
    if let_be:
        yield Line("")
    for one, said in let_be:
        what = f"unmanaged {one.type}" if isinstance(one, Unmanaged) else f"{one.state.value} {one.type}"
        who = f"by {said.by} until {moment(said.until)}: {said.reason}"
        yield Line(f"acknowledged ({one.environment}/{one.key}): {what} {one.name}, {who}", Tone.FAINT)


def _values(found: Property) -> str:
    match found.kind:
        case DiffKind.ADD:
            return f"not applied, live {show(found.live)}"
        case DiffKind.DELETE:
            return f"applied {show(found.applied)}, gone"
    return f"applied {show(found.applied)}, live {show(found.live)}"


def _whose(by: str, at: str) -> str:
    return (f", by {by}" if by else "") + (f" at {moment(at)}" if by and at else "")


def moment(at: str) -> str:
    """`2026-11-27 04:38 UTC` of an RFC 3339 time in UTC; whatever it is where it is none."""
    day, letter, hour = at.partition("T")
    return f"{day} {hour[:5]} UTC" if letter and len(hour) >= 5 else at  # noqa: PLR2004 - hours and minutes
