"""`transom drift --issue`: one issue for each environment, open while something is out of place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

import click

from transom.cli import hosts
from transom.drift import Report, markdown
from transom.outlets import Host, surroundings
from transom.redaction import redact
from transom.review import comment


def host(name: str) -> Host:
    """The host, before anything is looked at: a missing repository or token is told at once.

    Raises:
        PermanentError: something is missing.
    """
    target = surroundings.github(os.environ) if name == "github" else surroundings.gitlab(os.environ)
    hosts.require({hosts.token(name): target.token}, "hand the token over in the job's environment")
    return hosts.made(name, target)


def keep(to: Host, report: Report, environments: Iterable[str], stacks: Mapping[str, str]) -> None:
    """Opens, changes or closes the issue of each environment.

    Args:
        to: where.
        report: whole, of all of them.
        environments: those that were looked at.
        stacks: the environment of each stack.
    """
    for name in environments:
        marker = comment.marker(f"drift {name}")
        text = redact(markdown.body(_of(report, name, stacks), name, marker, to.limit))
        posted = to.issue(marker, markdown.title(name), text)
        if posted.address:
            click.echo(f"{name}: {'opened' if posted.created else 'changed' if text else 'closed'} {posted.address}", err=True)


def _of(report: Report, environment: str, stacks: Mapping[str, str]) -> Report:
    return replace(
        report,
        findings=tuple(one for one in report.findings if one.environment == environment),
        unmanaged=tuple(one for one in report.unmanaged if one.environment == environment),
        errors=tuple((stack, why) for stack, why in report.errors if stacks.get(stack, environment) == environment),
    )
