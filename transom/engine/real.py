"""The real engine: Pulumi's command line through the Automation API, with the program that lies in the project's folder.

The program is run by the language host on PATH in a process of its own, so several stacks run side by side. The stack's configuration file
is the command line's own choice (`PULUMI_OPTION_CONFIG_FILE`, else `stackConfigDir`); this module never writes one.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from transom.changes import ChangeSet
from transom.engine import applied, checkpoint, failures, identities, locks, moving, program, programs, recovery
from transom.engine.events import Purpose, Recorder
from transom.engine.identities import Identify
from transom.engine.seam import Engine, Listener, Move, Progress, Request, Step, Told, quiet
from transom.errors import EngineError, RunTimedOut, StackExists, StackLocked, StackNotFound, StateDamaged, TransomError

if TYPE_CHECKING:
    from transom.engine.automation import Command, Stack

LOCK_POLL = 2.0
"""Seconds between two looks at another run's lock."""

T = TypeVar("T")

Run = Callable[["Stack", Any], object]
"""Starts a run of a stack with an `on_event`."""


class PulumiEngine(Engine):
    """Drives the stacks of one project.

    Args:
        project: folder with Pulumi.yaml and `__main__.py`.
        env: added to the environment of the engine and of the program in every run.
        identify: how what a killed run has perhaps made is found again.
    """

    def __init__(self, project: Path, env: Mapping[str, str] | None = None, identify: Identify = identities.of) -> None:
        self.project = project.resolve()
        self.env = dict(env or {})
        self.identify = identify
        self._command: Command | None = None
        self._programs = programs.Programs(self.project)
        self._guard = threading.RLock()
        self._mended: tuple[checkpoint.Mended, ...] = ()
        self._older: set[str] = set()

    def plan(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """See Engine."""
        return self._run("plan", request, listen, lambda stack, on_event: stack.preview(**self._held(_common(request, on_event))))[0]

    def apply(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """See Engine. Waits for a lock as long as the request allows, and breaks one whose owner is known to be dead (`locks`)."""

        def run() -> ChangeSet:
            if not (request.create and self.create(request)):  # nobody can have left anything in a stack that was made just now
                self._recover(request, {}, listen)
            self._refuse_doubtful(request)
            return self._run("apply", request, listen, lambda stack, on_event: stack.up(**self._held(_changing(request, on_event))))[0]

        return self._locking(request, listen, run)

    def destroy(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """See Engine. Locks as in `apply`."""

        def run(stack: Stack, on_event: Any) -> object:
            options = {key: value for key, value in _changing(request, on_event).items() if key != "policy_packs"}
            return stack.destroy(**options, exclude_protected=request.exclude_protected)

        def recovered() -> ChangeSet:
            self._recover(request, {}, listen)
            return self._run("destroy", request, listen, run)[0]

        return self._locking(request, listen, recovered)

    def drift(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """See Engine, and `transom.engine.applied` for what last applied means and where it cannot be known."""
        found, recorder = self._run(
            "drift", request, listen, lambda stack, on_event: stack.preview_refresh(**_refreshing(request, on_event))
        )
        record = applied.read(self.backend(), self.project_name(), request.stack)
        if record.settled:
            return found
        return applied.against(record, found, recorder.inputs, lambda: self.plan(request))

    def outputs(self, request: Request) -> dict[str, Any]:
        """See Engine."""
        outputs: dict[str, Any] = json.loads(self._say(request, "stack", "output", "--json", "--stack", request.stack))
        return outputs

    def export(self, request: Request) -> dict[str, Any]:
        """See Engine."""
        deployment: dict[str, Any] = json.loads(self._say(request, "stack", "export", "--stack", request.stack))
        return deployment

    def stacks(self, request: Request) -> frozenset[str]:
        """See Engine."""
        listed = json.loads(self._say(request, "stack", "ls", "--json"))
        return frozenset(str(item["name"]).rpartition("/")[2] for item in listed)

    def exists(self, request: Request) -> bool:
        """See Engine."""
        try:
            self._say(request, "stack", "--show-name", "--stack", request.stack)
        except StackNotFound:
            return False
        return True

    def create(self, request: Request) -> bool:
        """See Engine. Made from the folder of the configuration file where one is set, so that no salt is written into the checkout."""
        try:
            self._say(request, "stack", "init", request.stack, "--no-select", folder=self._writing_folder(request))
        except StackExists:
            return False
        return True

    def remove(self, request: Request) -> None:
        """See Engine. The stack's configuration file stays."""
        self._say(request, "stack", "rm", request.stack, "--yes", "--preserve-config", folder=self._writing_folder(request))

    def cancel(self, request: Request) -> None:
        """See Engine."""
        self._say(request, "cancel", "--yes", "--stack", request.stack)

    def recover(self, request: Request, told: Told | None = None, listen: Listener = quiet) -> tuple[str, ...]:
        """See Engine and `transom.engine.recovery`."""
        return self._locking(request, listen, lambda: self._recover(request, told or {}, listen))

    def unfinished(self, request: Request) -> tuple[str, ...]:
        """See Engine."""
        state = self.export(request)
        return (*(one.urn for one in recovery.pending(state)), *(str(one["urn"]) for one in recovery.unseen(state)))

    def look(self, request: Request, urns: Iterable[str]) -> None:
        """Write into the state what lives of these resources; what is gone leaves it. `recovery` does, nobody else should."""
        targets = [word for urn in urns for word in ("--target", urn)]
        self._say(request, "refresh", "--yes", "--skip-preview", "--color", "never", "--stack", request.stack, *targets)

    def move(self, move: Move) -> tuple[str, ...]:
        """See Engine and `transom.engine.moving`. The stacks must exist and be unlocked."""
        return moving.move(self, move)

    def interrupt(self) -> None:
        """See Engine."""
        if self._command is not None:
            self._command.interrupt()

    def export_in_clear(self, request: Request) -> dict[str, Any]:
        """The stack's deployment with its secrets readable, for `moving` between stacks that encrypt differently.

        Never written to a file.
        """
        deployment: dict[str, Any] = json.loads(self._say(request, "stack", "export", "--show-secrets", "--stack", request.stack))
        return deployment

    def load(self, request: Request, deployment: Mapping[str, Any]) -> None:
        """Write a deployment as the stack's state, by pipe: `moving` does, nobody else should."""
        self._say(request, "stack", "import", "--stack", request.stack, folder=self._writing_folder(request), stdin=json.dumps(deployment))

    # -- what the engine is asked with

    def backend(self) -> str:
        """See Engine."""
        if url := self.env.get("PULUMI_BACKEND_URL") or os.environ.get("PULUMI_BACKEND_URL", ""):
            return url
        return str(json.loads(self._say(Request(stack="", environment=""), "whoami", "--json")).get("url", ""))

    def project_name(self) -> str:
        """The project's name."""
        import yaml

        settings = yaml.safe_load((self.project / "Pulumi.yaml").read_text(encoding="utf-8"))
        return str(settings["name"])

    def _env(self, request: Request) -> dict[str, str]:
        return {**self.env, **request.env, "TRANSOM_ENVIRONMENT": request.environment}

    def _writing_folder(self, request: Request) -> Path:
        """Where the commands are run that would write a salt into the stack's configuration file and have no flag for another one."""
        file = self._env(request).get("PULUMI_OPTION_CONFIG_FILE") or os.environ.get("PULUMI_OPTION_CONFIG_FILE", "")
        folder = Path(file).parent
        return folder if file and (folder / "Pulumi.yaml").is_file() else self.project

    def _pulumi(self) -> Command:
        from transom.engine.automation import Command

        with self._guard:
            if self._command is None:
                self._command = Command()
            return self._command

    def _say(self, request: Request, *args: str, folder: Path | None = None, stdin: str = "") -> str:
        """Run a command that is no run of a stack; its stdout."""
        from transom.engine import automation

        def said() -> str:
            with _told(request.stack):
                command = self._pulumi().with_deadline(request.timeout, stdin)
                return automation.command_line(command, args, folder or self.project, self._env(request))

        return self._mending(said)

    def _mending(self, run: Callable[[], T]) -> T:
        """`run`, a second time where a state file could not be read and was put in order; `_recover` tells of it."""
        try:
            return run()
        except StateDamaged:
            with self._guard:
                mended = checkpoint.mend(self.backend(), self.project_name())
                self._mended += mended
                self._older |= {one.stack for one in mended if one.older}
            if not mended:
                raise
            return run()

    def _held(self, options: dict[str, Any]) -> dict[str, Any]:
        """Options of a run that is held to policies, with their configurations, which the engine takes for all packs or for none."""
        files = [self.project / folder / "config.json" for folder in options["policy_packs"] or ()]
        return options | ({"policy_pack_configs": [str(file) for file in files]} if files and all(one.is_file() for one in files) else {})

    def _run(self, purpose: Purpose, request: Request, listen: Listener, run: Run) -> tuple[ChangeSet, Recorder]:
        """One run: its events become a ChangeSet; what prevented it is raised."""
        return self._mending(lambda: self._once(purpose, request, listen, run))

    def _once(self, purpose: Purpose, request: Request, listen: Listener, run: Run) -> tuple[ChangeSet, Recorder]:
        from transom.engine import automation

        recorder = Recorder(purpose=purpose, environment=request.environment, stack=request.stack, listen=listen)
        env = self._env(request)
        with _told(request.stack):
            command = self._pulumi().with_deadline(request.timeout)
        try:
            with self._program(purpose, env) as client, automation.listening(recorder.feed) as on_event:
                run(automation.stack(command.with_program(client), request.stack, self.project, env), on_event)
        except automation.CommandEnded as command_ended:
            return self._failed(recorder, command_ended.ended, request), recorder
        except RunTimedOut as late:
            if not recorder.started:
                raise
            return recorder.changeset(succeeded=False).model_copy(update={"error": str(late)}), recorder
        return recorder.changeset(succeeded=True), recorder

    def _program(self, purpose: Purpose, env: Mapping[str, str]) -> AbstractContextManager[str]:
        """Where the run's program is served; a look for drift and a destruction run none."""
        return self._programs.serving({**os.environ, **env}) if purpose in ("plan", "apply") else nullcontext("")

    def _failed(self, recorder: Recorder, ended: failures.Ended, request: Request) -> ChangeSet:
        """The ChangeSet of a run that failed, or an exception where it never really began."""
        changes = recorder.changeset(succeeded=False, error=ended.complaint)
        nothing_done = changes.purpose in ("plan", "drift") or all(change.failed for change in changes.changes)
        for text in recorder.complaints if nothing_done else ():
            said = program.heard(text) or failures.recognise_plugin(text, request.stack)
            if said is not None:
                raise said
        if not recorder.started:
            raise failures.translate(ended, request.stack)
        if ended.cancelled or recorder.cancelled:
            return changes.model_copy(update={"error": str(failures.cancelled(request.stack))})
        return changes

    def _recover(self, request: Request, told: Told, listen: Listener) -> tuple[str, ...]:
        """`recovery`; a run at work has unfinished operations in its state, too, and is waited for as for its lock."""
        unfinished = self.unfinished(request)
        with self._guard:
            mended = tuple(one.sentence for one in self._mended if one.stack == request.stack)
            self._mended = tuple(one for one in self._mended if one.stack != request.stack)
        # Told at once: what comes next may find a lock, and all of this is begun again when that is broken.
        for sentence in mended:
            listen(Progress(stack=request.stack, step=Step.RECOVERED, message=sentence))
        found = recovery.recover(self, request, told) if unfinished else ()
        for sentence in found:
            listen(Progress(stack=request.stack, step=Step.RECOVERED, message=sentence))
        return (*mended, *found)

    def _refuse_doubtful(self, request: Request) -> None:
        """Once for each state that was put back from a copy."""
        with self._guard:
            doubtful = request.stack in self._older
            self._older.discard(request.stack)
        if doubtful:
            checkpoint.refuse_creates(self.plan(request))

    def _locking(self, request: Request, listen: Listener, run: Callable[[], T]) -> T:
        """`run`, again and again while another run holds the stack and the request allows to wait."""
        deadline = time.monotonic() + request.lock_wait
        while True:
            try:
                return run()
            except StackLocked as locked:
                if locked.owners and all(locks.dead(owner, request.dead) for owner in locked.owners):
                    self.cancel(request)
                    listen(Progress(stack=request.stack, step=Step.RECOVERED, message=f"broke the lock of a dead run: {locked.message}"))
                elif time.monotonic() >= deadline:
                    raise
                else:
                    self._note(request, listen, f"waiting: {locked.message}")
                    time.sleep(LOCK_POLL)

    def _note(self, request: Request, listen: Listener, message: str) -> None:
        listen(Progress(stack=request.stack, step=Step.WAITING, message=message))


@contextmanager
def _told(stack: str) -> Iterator[None]:
    """A command's end is raised as an error of our tree."""
    from transom.engine.automation import CommandEnded

    try:
        yield
    except CommandEnded as ended:
        error: TransomError = failures.translate(ended.ended, stack)
        raise error from None
    except OSError as error:
        raise EngineError(f"the engine cannot be started: {error}") from error


def _common(request: Request, on_event: Any) -> dict[str, Any]:
    """What every run takes."""
    return _refreshing(request, on_event) | {"refresh": request.refresh or None, "policy_packs": list(request.policies) or None}


def _changing(request: Request, on_event: Any) -> dict[str, Any]:
    """What a run takes that changes something."""
    return _common(request, on_event) | {"show_secrets": False, "continue_on_error": request.continue_on_error or None}


def _refreshing(request: Request, on_event: Any) -> dict[str, Any]:
    return {
        "parallel": request.parallel or None,
        "message": request.message or None,
        "target": list(request.targets) or None,
        "color": "never",
        "suppress_outputs": True,
        "suppress_progress": True,
        "on_event": on_event,
    }
