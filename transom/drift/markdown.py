"""A drift report as the text of one issue for each environment, in the Markdown of GitHub and GitLab. Pure.

The same report gives the same text whenever it is made, so that an issue changes only when something did.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from transom.changes import DiffKind
from transom.drift.findings import Finding, Property, State, Unmanaged
from transom.drift.report import Report
from transom.drift.text import moment
from transom.review.markdown import code, fence
from transom.review.values import show

_ROOM = 500
"""Characters kept for what stands behind the findings."""
_MESSAGE = 2_000
"""Characters of an error."""


def title(environment: str) -> str:
    """The title, by which people know it again."""
    return f"Drift in {environment}"


def body(report: Report, environment: str, marker: str, limit: int) -> str:
    """What there is to do about the environment; empty when everything could be read and is as applied or acknowledged.

    Args:
        report: of this environment, whole.
        environment: its name.
        marker: the first line, which nobody sees.
        limit: characters that the host takes; whole findings are left out and counted.
    """
    if report.clean:
        return ""
    parts = [f"{marker}\n{_heading(report, environment)}\n", *_errors(report)]
    end = _end(report, environment)
    told, left = [], limit - sum(map(len, parts)) - len(end) - _ROOM
    open_ones = [one for one in report.findings if one.acknowledged is None]
    dropped = 0
    for document, group in groupby(open_ones, key=lambda one: one.document):
        head = f"\n### {code(document) or 'The environment itself'}\n\n"
        for finding in group:
            text = head + "".join(f"{line}\n" for line in _finding(finding))
            if len(text) > left:
                dropped += 1
                continue
            left -= len(text)
            head = ""
            told.append(text)
    if dropped:
        told.append(f"\n{dropped} more {_things(dropped)} not shown here: `transom drift {environment}` tells them.\n")
    beside = "".join(f"{line}\n" for line in _unmanaged(report))
    return "".join([*parts, *told, beside if len(beside) <= left else "", end])


def _heading(report: Report, environment: str) -> str:
    told = [f"{report.drifted} {_things(report.drifted)} not as last applied"] if report.drifted else []
    told += [f"{report.unreadable} could not be read"] if report.unreadable else []
    told += ["not everything could be looked at"] if report.errors else []
    return f"**`{environment}`: {', '.join(told)}.**"


def _things(count: int) -> str:
    return "resource is" if count == 1 else "resources are"


def _errors(report: Report) -> Iterator[str]:
    for stack, message in report.errors:
        yield f"\nStack {code(stack)} could not be looked at:\n\n{fence(message[:_MESSAGE].splitlines())}\n"


def _finding(finding: Finding) -> Iterator[str]:
    what = f"{code(finding.type)} {code(finding.name)}"
    since = f", since {code(moment(finding.since))}" if finding.since else ""
    yield f"- **{finding.state.value}** {what}{_whose(finding.by, finding.at)}{since} ({code(f'{finding.environment}/{finding.key}')})"
    for found in (*finding.real, *finding.foreign):
        yield f"  - {code(found.path)}: {_values(found)}{_whose(found.by, found.at)}"
        if found.unhealable:
            yield f"    cannot be healed: {code(found.unhealable)}"
    if finding.state is State.UNREADABLE:
        for message in finding.messages:
            yield f"  - {code(message[:_MESSAGE])}"


def _values(found: Property) -> str:
    live, applied = code(show(found.live)), code(show(found.applied))
    match found.kind:
        case DiffKind.ADD:
            return f"not applied, live {live}"
        case DiffKind.DELETE:
            return f"applied {applied}, gone"
    return f"applied {applied}, live {live}"


def _whose(by: str, at: str) -> str:
    return (f", by {code(by)}" if by else "") + (f" at {code(moment(at))}" if by and at else "")


def _unmanaged(report: Report) -> Iterator[str]:
    found: list[Unmanaged] = [one for one in report.unmanaged if one.acknowledged is None]
    if found:
        yield "\n### In managed namespaces, and declared by no document\n"
    for one in found:
        what = f"{code(one.type)} {code(f'{one.cluster}/{one.namespace}/{one.name}')}"
        yield f"- {what}{_whose(one.by, one.at)} ({code(f'{one.environment}/{one.key}')})"


def _end(report: Report, environment: str) -> str:
    words = [f"`transom drift {environment}` looks again."]
    if any(one.drifted for one in report.findings):
        words.append(f"`transom drift {environment} --heal` puts back what was last applied;")
        words.append('`transom drift ack FINDING --until 7d --reason "…"` lets one be for a time.')
    return f"\n---\n{' '.join(words)} This issue is closed by the run that finds nothing.\n"
