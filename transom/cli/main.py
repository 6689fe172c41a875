"""The command `transom`: finds the verb, imports only that, and turns errors into messages and exit codes."""

from __future__ import annotations

import gc
import importlib
import json
import keyword
import signal
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import click

from transom import __version__
from transom.errors import InvalidDocuments, TransomError
from transom.exitcodes import ExitCode
from transom.redaction import redact

VERBS: Mapping[str, str] = MappingProxyType(
    {
        "validate": "Check every document of every environment, offline.",
        "render": "Print the documents and manifests of an environment, offline.",
        "affected": "List the claims that become something else since a revision.",
        "plan": "Show what an apply would change, deletions first.",
        "comment": "Tell on a pull request what it would do, in one comment for all environments.",
        "apply": "Bring environments to what their documents ask for.",
        "drift": "Report what live differs from what was last applied. Changes nothing.",
        "history": "List what was deployed when, by whom, and what came of it.",
        "show": "Show one deployment, or the documents that it applied.",
        "diff": "Show what two deployments, or Git and the last one, differ in.",
        "rollback": "Go back to what was deployed before, without Git if need be.",
        "release": "Let an environment take new commits again after a rollback.",
        "metrics": "Deployment frequency, lead time, failure rate and time to restore, from the history.",
        "promote": "Show what an environment lacks of the one before it; --branch writes the change.",
        "recover": "Put in order what a run that was killed has left; apply does it by itself.",
        "get": "Show what is deployed, in sync and healthy.",
        "tree": "Show what belongs to what, and what needs what, offline.",
        "rollout": "See how far a canary or blue-green rollout is; promote, pause, abort or retry it.",
        "abort": "Take an application's rollout back to its stable version.",
        "seal": "Encrypt a secret for a cluster, so that it may stand in Git.",
        "kubeconfig": "Print the contexts with which tenants are deployed as themselves, for a pulumi up without transom.",
        "reshard": "Move an environment's resources between stacks after its shards changed. Deletes nothing.",
        "export": "Write an environment as documents for the Pulumi Kubernetes Operator.",
        "import": "Show a repository of Argo CD or Flux as documents of Transom, or write it so.",
        "new": "Write a new document, commented and valid, into its place.",
        "schema": "Print or write the JSON Schemas of all kinds.",
        "doctor": "Say which programs are found where, what is missing and how to get it.",
        "sandbox": "Start, stop and look at the local cloud.",
    }
)
"""Each verb with its one line of help; its command is `command` in the module of that name, with a line below behind a word of Python's."""


class _Verbs(click.Group):
    """Imports a verb only when it is called, so that `transom validate` does not pay for the engine."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in VERBS:
            return None
        module: Any = importlib.import_module(f"transom.cli.{cmd_name}{'_' * keyword.iskeyword(cmd_name)}")
        command: click.Command = module.command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a verb that there is not is told with the nearest."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            near = get_close_matches(args[0], VERBS, n=2)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(VERBS)}"
            raise click.UsageError(f"there is no verb {args[0]}; {hint}", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="transom")
def cli() -> None:
    """Small YAML documents in Git become running Kubernetes and AWS resources."""


def main() -> None:
    """Entry point: runs the verb and exits with its code."""
    # What a script starts in the background ignores SIGINT, and the engine inherits that; but SIGINT is how a run is ended in good order.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Ten thousand documents are millions of small objects that live to the end: looking through them for garbage every few hundred new ones
    # took half of the processor time, and found none.
    gc.set_threshold(200_000, 50, 50)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of `transom ARGUMENTS`."""
    try:
        code = cli.main(arguments, prog_name="transom", standalone_mode=False)
    except TransomError as error:
        _tell(error, as_json=_asks_for_json(arguments))
        return int(error.exit_code)
    except click.ClickException as error:
        error.show()
        return int(ExitCode.FAILED)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; what was begun in the engine has been finished or is told by the next run", err=True)
        return int(ExitCode.FAILED)
    except BrokenPipeError:
        sys.stderr.close()
        return int(ExitCode.DONE)
    return int(code) if isinstance(code, int) else int(ExitCode.DONE)


def _asks_for_json(arguments: list[str]) -> bool:
    """Whether `-o json` is among the words, in any of click's spellings; the option itself may not have been read yet."""
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return any(f"{word}={after}" in ("-o=json", "--output=json") or word in ("-ojson", "-o=json", "--output=json") for word, after in pairs)


def _tell(error: TransomError, *, as_json: bool) -> None:
    if as_json:
        said: dict[str, Any] = {"reason": error.reason, "subject": error.subject, "message": error.message, "hint": error.hint}
        if isinstance(error, InvalidDocuments):
            from transom.cli.output import problem_record

            said |= {"message": error.summary, "problems": [problem_record(problem) for problem in error.problems]}
        click.echo(redact(json.dumps({"error": said}, indent=2)))
        return
    click.echo(redact(f"error: {error}" if not isinstance(error, InvalidDocuments) else f"{error}\n{error.summary}"), err=True)
