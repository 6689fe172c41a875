"""How each program is set up and driven: Transom's in one stack, Transom's in shards, and the hand-written one."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks import generate, measure
from benchmarks.generate import Target
from benchmarks.measure import Measured
from benchmarks.shape import Shape

OPERATIONS = ("create", "no-change preview", "update of all", "refresh")
"""In the order in which they are run. `refresh` only previews, as a drift check does."""

_PULUMI = ("--non-interactive", "--color=never", "--suppress-outputs")
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "create": ("up", "--yes", "--skip-preview"),
    "no-change preview": ("preview", "--expect-no-changes"),
    "update of all": ("up", "--yes", "--skip-preview"),
    "refresh": ("refresh", "--preview-only", "--expect-no-changes"),
}
_FLEET: Mapping[str, tuple[str, ...]] = {
    "create": ("apply", "--yes"),
    "no-change preview": ("plan",),
    "update of all": ("apply", "--yes"),
    "refresh": ("drift",),
}
_TRANSOM_MAIN = """\
from transom import timings

timings.mark("started")
from stacks.environment import run

timings.mark("imported")
run()
timings.mark("registered")
"""
_HANDWRITTEN_MAIN = _TRANSOM_MAIN.replace("stacks.environment import run", "teams import declare").replace("run()", "declare()")
"""The programs' own entries, with marks around imports and body: the same in both, so that neither pays for being watched alone."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a program runs: the folder of its project, the variables of its sandbox, and the cluster's context."""

    folder: Path
    environment: Mapping[str, str]
    context: str

    def beside(self, folder: Path) -> Ground:
        """The same with a state of its own for the project in `folder`: projects of one name must not share stacks."""
        state = folder.with_name(f"{folder.name}-state")
        state.mkdir(parents=True)
        return Ground(folder, {**self.environment, "PULUMI_BACKEND_URL": f"file://{state}"}, self.context)

    def pulumi(self, *arguments: str) -> str:
        """Run a command that is not measured; its output.

        Raises:
            CommandFailedError: it did not end well.
        """
        done = subprocess.run(
            ["pulumi", *arguments], cwd=self.folder, env=dict(self.environment), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise measure.CommandFailedError(f"pulumi {' '.join(arguments)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def init(self, stack: str) -> None:
        """Create a stack with the sandbox's salt."""
        link = self.folder / f"Pulumi.{stack}.yaml"
        link.unlink(missing_ok=True)
        link.symlink_to(self.environment["PULUMI_OPTION_CONFIG_FILE"])
        self.pulumi("stack", "init", stack, "--non-interactive", "--no-select")


class Contestant(Protocol):
    """One program at one size."""

    @property
    def name(self) -> str:
        """As the table shows it."""

    def prepare(self) -> None:
        """Makes project and empty stacks."""

    def write(self, what: Shape) -> None:
        """Makes `what` the program's input."""

    def run(self, operation: str) -> Measured:
        """One measured operation of OPERATIONS."""

    def objects(self) -> dict[str, Any]:
        """Kubernetes objects in its stacks' states: inputs by `Kind namespace/name`."""

    def remove(self) -> None:
        """Destroys everything it made, and its stacks."""


@dataclass(frozen=True, slots=True)
class Single:
    """One stack, driven with plain `pulumi`."""

    name: str
    ground: Ground
    stack: str = generate.ENVIRONMENT

    def prepare(self) -> None:
        """A project folder with the program."""
        self.ground.folder.mkdir(parents=True)
        if self.name == "Transom":
            generate.project(self._target)
            (self.ground.folder / "__main__.py").write_text(_TRANSOM_MAIN, encoding="utf-8")
        else:
            shutil.copytree(Path(__file__).with_name("handwritten"), self.ground.folder, dirs_exist_ok=True)
            (self.ground.folder / "__main__.py").write_text(_HANDWRITTEN_MAIN, encoding="utf-8")
        self.ground.init(self.stack)

    def write(self, what: Shape) -> None:
        """Documents for Transom, a JSON file of its own for the hand-written program."""
        if self.name == "Transom":
            generate.repository(self._target, what)
            return
        data = {"context": self.ground.context, **asdict(what)}
        (self.ground.folder / "teams.json").write_text(json.dumps(data), encoding="utf-8")

    def run(self, operation: str) -> Measured:
        """`pulumi up`, `preview` or `refresh`."""
        command = ["pulumi", *_COMMANDS[operation], *_PULUMI, f"--stack={self.stack}"]
        return measure.run(command, self.ground.folder, self.ground.environment)

    def objects(self) -> dict[str, Any]:
        """Of the one stack."""
        return _objects(self.ground.pulumi("stack", "export", f"--stack={self.stack}"))

    def remove(self) -> None:
        """One stack."""
        _remove(self.ground, self.stack)

    @property
    def _target(self) -> Target:
        return Target(self.ground.folder, self.ground.context)


@dataclass(frozen=True, slots=True)
class Sharded:
    """A foundation and a stack per tenant, driven with `transom`, which runs them side by side."""

    name: str
    ground: Ground

    def prepare(self) -> None:
        """A project folder; the stacks are made by the first apply, which is measured with it."""
        self.ground.folder.mkdir(parents=True)
        generate.project(self._target)
        (self.ground.folder / "__main__.py").write_text(_TRANSOM_MAIN, encoding="utf-8")

    def write(self, what: Shape) -> None:
        """Documents."""
        generate.repository(self._target, what)

    def run(self, operation: str) -> Measured:
        """`transom apply`, `plan` or `drift`."""
        return measure.run(["transom", *_FLEET[operation], generate.ENVIRONMENT], self.ground.folder, self.ground.environment)

    def objects(self) -> dict[str, Any]:
        """Of all stacks."""
        found: dict[str, Any] = {}
        for stack in self._stacks():
            found |= _objects(self.ground.pulumi("stack", "export", f"--stack={stack}"))
        return found

    def remove(self) -> None:
        """Tenants first: their objects stand in the foundation's namespaces."""
        for stack in sorted(self._stacks(), key=len, reverse=True):
            _remove(self.ground, stack)

    def _stacks(self) -> list[str]:
        listed = json.loads(self.ground.pulumi("stack", "ls", "--json"))
        names = [str(item["name"]).rpartition("/")[2] for item in listed]
        return [name for name in names if name.partition(".")[0] == generate.ENVIRONMENT]

    @property
    def _target(self) -> Target:
        return Target(self.ground.folder, self.ground.context, "tenant")


def _remove(ground: Ground, stack: str) -> None:
    ground.pulumi("destroy", "--yes", "--skip-preview", *_PULUMI, f"--stack={stack}")
    ground.pulumi("stack", "rm", "--yes", "--preserve-config", f"--stack={stack}", "--non-interactive")


def _objects(exported: str) -> dict[str, Any]:
    found = {}
    for resource in json.loads(exported)["deployment"].get("resources") or ():
        inputs = resource.get("inputs") or {}
        if not resource["type"].startswith("kubernetes:"):
            continue
        metadata = inputs["metadata"]
        found[f"{inputs['kind']} {metadata.get('namespace', '')}/{metadata['name']}"] = inputs
    return found
