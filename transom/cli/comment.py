"""`transom comment`: one comment on a pull request, for all environments."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError

from transom.cli import hosts, wiring
from transom.cli.output import source_option
from transom.errors import PermanentError
from transom.exitcodes import ExitCode
from transom.outlets import Host, surroundings
from transom.outlets.surroundings import Given
from transom.redaction import redact
from transom.review import comment, verdict
from transom.review.comment import Frame
from transom.review.parts import Links
from transom.review.pullrequest import PullRequestReview
from transom.review.rooted import rooted

if TYPE_CHECKING:
    from transom.outlets import Target


@click.command("comment")
@click.argument("environments", nargs=-1)
@click.option("--base", "revision", metavar="REV", default="", help="Tell what this change does apart from what is pending at REV.")
@click.option(
    "--from", "stored", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Tell what plan --base -o json printed."
)
@click.option("--to", metavar="github|gitlab|FILE|-", default="-", show_default=True, help="Where it is told; - is standard output.")
@click.option("--marker", "name", default="default", show_default=True, help="Name of the comment, where one pull request has several.")
@click.option("--drift", "look", is_flag=True, help="Look for drift, too.")
@click.option("--status/--no-status", default=True, help="Give the head commit a status or check run, too.")
@click.option("--code-quality", type=click.Path(dir_okay=False, path_type=Path), help="Write GitLab's code quality report into this file.")
@click.option(
    "--pull-request",
    "number",
    metavar="N",
    type=click.IntRange(min=1),
    envvar="TRANSOM_PULL_REQUEST",
    help="The pull request, where the job does not know it; its head commit must be the one that the job is about.",
)
@click.option("--head", metavar="SHA", default="", help="The pull request's head commit. Another one than the host names is refused.")
@source_option
def command(  # noqa: PLR0913 - one parameter for each option of the command line
    *,
    environments: tuple[str, ...],
    overrides: dict[str, Path],
    revision: str,
    stored: Path | None,
    to: str,
    name: str,
    look: bool,
    status: bool,
    code_quality: Path | None,
    number: int | None,
    head: str,
) -> int:
    """Tell on the pull request what it would do to ENVIRONMENTS, all when none is named; the comment is created, or changed if it is there.

    It is told, too, when documents are wrong or a plan fails; the exit code is then that of `transom plan --base`.
    """
    if bool(revision) == bool(stored):
        raise click.UsageError("write --base REV, or --from FILE with what transom plan --base REV -o json printed")
    host, target = _host(to, os.environ, Given(number or 0, head))
    code, review = _stored(stored) if stored else _reviewed(environments, overrides, revision, look=look)
    review = rooted(review, _checkouts(overrides, Path.cwd()))
    judged = verdict.of(review)
    links = Links(f"{target.web}/{'blob' if to == 'github' else '-/blob'}/{target.head}") if target and target.web else Links()
    text = redact(comment.comment(review, Frame(comment.marker(name), links, host.limit if host else comment.GITHUB_LIMIT)))
    if code_quality:
        code_quality.write_text(redact(verdict.code_quality(judged)), encoding="utf-8")
    if host is None:
        if to == "-":
            click.echo(text, nl=False)
        else:
            Path(to).write_text(text, encoding="utf-8")
            click.echo(f"wrote {to}", err=True)
        return code
    posted = host.comment(comment.marker(name), text)
    click.echo(f"{'created' if posted.created else 'changed'} {posted.address}", err=True)
    if status:
        host.status("transom" if name == "default" else f"transom/{name}", judged)
    return code


def _checkouts(overrides: Mapping[str, Path], here: Path) -> tuple[str, ...]:
    """Checkouts of their own, below the project, that sources are read from: what is in them is told as it is in their commit."""
    found = set()
    for folder in overrides.values():
        below = [one for one in (folder, *folder.parents) if here in one.parents]
        found |= {one.relative_to(here).as_posix() for one in below if (one / ".git").exists()}
    return tuple(sorted(found))


def _host(to: str, variables: Mapping[str, str], given: Given) -> tuple[Host | None, Target | None]:
    """The host, before anything is planned: a missing number or token, or another pull request's commit, is told at once."""
    if to not in hosts.NAMES:
        return None, None
    target = surroundings.github(variables, given) if to == "github" else surroundings.gitlab(variables, given)
    hint = "run it in a job for a pull request, and hand the token over in its environment; or write --to FILE"
    hosts.require({hosts.token(to): target.token, "the number of the pull request": target.number}, hint)
    host = hosts.made(to, target)
    if not given:
        return host, target
    stands = host.head()
    if target.head not in ("", stands):
        message = f"pull request {target.number} stands at {stands}, and this run is about {target.head}"
        hint = "it was pushed to meanwhile, and a newer run tells of that; or the number is another pull request's"
        raise PermanentError(message, reason="HeadMismatch", hint=hint)
    target = replace(target, head=stands)
    return hosts.made(to, target), target


def _reviewed(environments: tuple[str, ...], overrides: dict[str, Path], revision: str, *, look: bool) -> tuple[int, PullRequestReview]:
    from transom.cli import reviewing
    from transom.cli.reviewing import Wanted

    project = wiring.project(overrides)
    found = reviewing.review(project, wiring.engine(project), Wanted(revision, environments, drift=look), wiring.engine_in)
    return found.exit_code, found.record


def _stored(file: Path) -> tuple[int, PullRequestReview]:
    """What another run found out.

    Raises:
        PermanentError: the file is something else, or of a newer version.
    """
    try:
        return ExitCode.DONE, PullRequestReview.model_validate_json(file.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "it is not text"
        message = f"{file} is no review: {first}"
        raise PermanentError(message, reason="ReviewUnreadable", hint="write it with transom plan --base REV -o json") from None
