"""The words of `transom drift`: what is a verb of its own, what an environment, and what is refused before anything is asked."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import pytest

from transom.changes import ChangeSet, Sighting
from transom.cli import main, naming
from transom.cli.acknowledging import _reference, _until
from transom.cli.drift import command
from transom.drift import Finding, Report, State, Unmanaged
from transom.errors import PermanentError

WEB = Sighting(
    urn="urn:pulumi:dev::p::t::dev/shop/web", type="kubernetes:apps/v1:Deployment", name="dev/shop/web", document="Application/shop"
)


@pytest.mark.parametrize(
    "words, verb",
    [
        (["dev"], "report"),
        ([], "report"),
        (["--heal", "dev"], "report"),
        (["-o", "json"], "report"),
        (["ack", "dev/1a2b3c4d"], "ack"),
        (["findings"], "findings"),
        (["report", "ack"], "report"),
    ],
)
def test_the_word_that_may_be_left_out(words: list[str], verb: str) -> None:
    """An environment or an option first means a report; the others are called by their names."""
    context = click.Context(command, info_name="drift")
    command.parse_args(context, words)
    assert context._protected_args[0] == verb


def test_foreign_alone_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a heal there is nothing that it could take away."""
    assert main.run(["drift", "dev", "--foreign"]) == 1
    assert "--foreign goes with --heal" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["ack", "dev/1a2b3c4d"], ["ack", "dev/1a2b3c4d", "--until", "7d"], ["ack", "--until", "7d", "--reason", "x"]]
)
def test_an_acknowledgement_has_an_end_and_a_reason(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What is not said is asked for."""
    assert main.run(["drift", *words]) == 1
    assert "Missing" in capsys.readouterr().err


def test_ends() -> None:
    """A day ends with its last second; a length counts from now; what is over or no time is refused."""
    context, option = click.Context(command), click.Option(["--until"])
    assert _until(context, option, "2999-12-31") == datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert _until(context, option, "7d") > datetime.now(UTC)
    for wrong in ("2020-01-01", "2999-02-30", "soon", "0"):
        with pytest.raises(click.BadParameter):
            _until(context, option, wrong)


@pytest.mark.parametrize("word", ["1a2b3c4d", "dev/", "dev/xyz", "dev/1a2", "/1a2b3c4d"])
def test_findings_are_called_with_their_environment(word: str) -> None:
    """Anything else is told with how to write it."""
    assert _reference("dev/1a2b") == ("dev", "1a2b")
    with pytest.raises(PermanentError, match="is no finding"):
        _reference(word)


def found() -> tuple[Report, list[ChangeSet]]:
    """A report with one finding and one unmanaged object, and the look that it came from."""
    finding = Finding("dev", "dev", WEB.document, WEB.urn, WEB.type, WEB.name, "shop/web", State.MISSING)
    left = Unmanaged("dev", "dev", "shop", "kubernetes:core/v1:ConfigMap", "notes")
    return Report((finding,), unmanaged=(left,)), [ChangeSet(purpose="drift", environment="dev", stack="dev", sightings=(WEB,))]


def test_what_only_may_name() -> None:
    """A document, a URN, an object by kind, namespace and name, and a finding all lead to the resource; drifted or not."""
    report, looks = found()
    [finding], [left] = report.findings, report.unmanaged
    for word in ("Application/shop", WEB.urn, "Deployment/shop/web", finding.key, f"dev/{finding.key}", "dev/shop/web"):
        assert naming.keys([word], report, looks, {}) == {finding.key}, word
        assert naming.keys([word], Report(()), looks, {}) == {finding.key}, f"{word}, which has not drifted"
    assert naming.keys(["ConfigMap/shop/notes"], report, looks, {}) == {left.key}
    with pytest.raises(PermanentError, match="did you mean Deployment/shop/web"):
        naming.keys(["Deployment/shop/wbe"], report, looks, {})
