"""The Automation API, wrapped: the only module that imports it. It takes away what is in the way of driving many stacks at once.

- Making a Stack selects it, which writes the user's workspace file; every command here names its stack, so selecting does nothing.
- `up` and `refresh` ask for outputs and history afterwards, with secrets: two more processes that nobody reads. They are answered here.
- The command has no deadline, cannot be interrupted, takes the terminal's Ctrl-C itself, and its errors are told apart by regular
  expressions over the whole output: `Command` has a deadline, its own session, and raises `CommandEnded` with code and texts.
- An exception in the listener is turned into a Python warning by the API: it is kept here and raised at the end.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from pulumi import automation
from pulumi.automation import events as engine_events
from pulumi.automation._stack import StackInitMode  # the constructor asks for it; the class methods make the base class

from transom.engine.failures import Ended
from transom.errors import RunTimedOut, ToolMissing

_GOGC = "200"
"""What Go's collector lets the heap grow by, in per cent (https://go.dev/doc/gc-guide): writing states makes much garbage. A sixth of the
engine's processor time in a large update, for 50 MB; the engine's own default is 100. The variable, where it is set, goes before."""
GRACE = 60.0
"""Seconds that a run gets to end by itself after it was asked to."""


class CommandEnded(Exception):  # noqa: N818 - not an error yet: the caller decides
    """The command ended with a code other than 0."""

    def __init__(self, ended: Ended) -> None:
        self.ended = ended
        super().__init__(f"pulumi ended with code {ended.code}")


class Command(automation.PulumiCommand):
    """`pulumi` with a deadline, in a session of its own.

    One instance per run, made by `with_deadline`; `interrupt` reaches all runs of the original.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.stdin = ""
        self.client = ""
        self.running: set[subprocess.Popen[str]] = set()
        self.interrupted: set[subprocess.Popen[str]] = set()
        self.guard = threading.Lock()
        try:
            super().__init__()
        except FileNotFoundError:
            raise ToolMissing("pulumi is not on this machine's PATH", hint="`transom doctor` says how to get it") from None
        except (automation.InvalidVersionError, subprocess.CalledProcessError) as error:
            raise ToolMissing(
                f"pulumi cannot be used: {error}", hint="`transom doctor` says which version is needed", reason="ToolTooOld"
            ) from None

    def with_deadline(self, seconds: float, stdin: str = "") -> Command:
        """The same command for one run that may take `seconds` (0: for ever) and reads `stdin`. Shares the set of running processes."""
        other = copy.copy(self)
        other.seconds, other.stdin = seconds, stdin
        return other

    def with_program(self, client: str) -> Command:
        """The same command for one run whose program is served at this address; by the language host where it is empty."""
        other = copy.copy(self)
        other.client = client
        return other

    def interrupt(self) -> None:
        """Ask every running process to stop after the operations at hand."""
        with self.guard:
            running = tuple(self.running)
            self.interrupted.update(running)
        for process in running:
            _signal(process, signal.SIGINT)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> automation.CommandResult:
        """Run to the end.

        Raises:
            CommandEnded: the code was not 0.
            RunTimedOut: the deadline passed; the process was asked to stop, and killed where it did not.
        """
        client = [f"--client={self.client}"] if self.client else []
        process = subprocess.Popen(
            [self.command, "--non-interactive", *(arg for arg in args if arg != "--non-interactive"), *client],
            stdin=subprocess.PIPE if self.stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={"GOGC": _GOGC, **os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true", "PULUMI_SKIP_UPDATE_CHECK": "true"},
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        with self.guard:
            self.running.add(process)
        try:
            ended = self._wait(process, on_output, on_error)
        finally:
            with self.guard:
                self.running.discard(process)
                interrupted = process in self.interrupted
                self.interrupted.discard(process)
        if ended.code != 0:
            raise CommandEnded(dataclasses.replace(ended, interrupted=interrupted))
        return automation.CommandResult(stdout=ended.stdout, stderr=ended.stderr, code=ended.code)

    def _wait(self, process: subprocess.Popen[str], *sinks: Callable[[str], Any] | None) -> Ended:
        texts: tuple[list[str], list[str]] = ([], [])
        assert process.stdout is not None  # noqa: S101 - opened above
        assert process.stderr is not None  # noqa: S101 - opened above
        readers = [
            threading.Thread(target=_drain, args=(stream, sink, text), daemon=True)
            for stream, sink, text in zip((process.stdout, process.stderr), sinks, texts, strict=True)
        ]
        for reader in readers:
            reader.start()
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(self.stdin)
                process.stdin.close()
        timed_out = False
        try:
            process.wait(self.seconds or None)
        except subprocess.TimeoutExpired:
            timed_out = True
            killed = _stop(process)
        except BaseException:  # Ctrl-C in this thread: the run is asked to stop, then the exception goes on
            _stop(process)
            raise
        finally:
            for reader in readers:
                reader.join(GRACE)
            for stream in (process.stdout, process.stderr):
                with contextlib.suppress(OSError, ValueError):
                    stream.close()
        if timed_out:
            left = "it had to be killed and has left its lock" if killed else "it stopped in order"
            raise RunTimedOut(
                f"the run took longer than {self.seconds:g} s and was stopped; {left}", hint="run it again, or allow it more time"
            )
        return Ended(code=process.returncode, stdout="\n".join(texts[0]), stderr="\n".join(texts[1]))


def _drain(stream: IO[str], sink: Callable[[str], Any] | None, into: list[str]) -> None:
    with contextlib.suppress(ValueError):  # closed by the other side of `_wait`
        for line in stream:
            stripped = line.rstrip()
            into.append(stripped)
            if sink is not None:
                sink(stripped)


def _stop(process: subprocess.Popen[str]) -> bool:
    """Ask the process to stop, wait for it, kill it where it does not. Whether it had to be killed."""
    _signal(process, signal.SIGINT)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)


class Workspace(automation.LocalWorkspace):
    """A local workspace that leaves the user's selected stack alone."""

    def select_stack(self, stack_name: str) -> None:
        """Nothing: every command names its stack."""


class Stack(automation.Stack):
    """A stack that asks for nothing after a run."""

    def outputs(self) -> automation.OutputMap:
        """Empty: `PulumiEngine.outputs` asks for them, masked."""
        return {}

    def info(self, show_secrets: bool = True) -> automation.UpdateSummary | None:  # noqa: ARG002, FBT001, FBT002 - the API's own signature
        """A summary that says nothing: the events have said it all."""
        now = datetime.now(UTC)
        return automation.UpdateSummary(kind="update", start_time=now, message="", environment={}, config={}, result="", end_time=now)


@contextlib.contextmanager
def listening(feed: Callable[[engine_events.EngineEvent], None]) -> Iterator[Callable[[engine_events.EngineEvent], None]]:
    """An `on_event` for one run; at its end the first exception that `feed` raised is raised."""
    failures: list[BaseException] = []

    def on_event(event: engine_events.EngineEvent) -> None:
        try:
            feed(event)
        except Exception as error:  # noqa: BLE001 - the API would make it a warning; it is raised below
            failures.append(error)

    yield on_event
    if failures:
        raise failures[0]


def stack(command: Command, name: str, folder: Path, env: Mapping[str, str]) -> Stack:
    """The stack of that name; does not touch the backend."""
    return Stack(name, Workspace(work_dir=str(folder), pulumi_command=command, env_vars=dict(env)), StackInitMode.SELECT)


def command_line(command: Command, args: Iterable[str], folder: Path, env: Mapping[str, str]) -> str:
    """Run a command that is no run of a stack; its stdout."""
    return str(command.run(list(args), str(folder), env).stdout)
