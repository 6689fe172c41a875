"""A place to drive the real engine in: a project, a backend, and a cloud that is a folder. See `double/`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transom.engine import Request
from transom.engine.real import PulumiEngine

DOUBLE = Path(__file__).parent / "double"
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Ground:
    """Folders of one test, and what can be done there by hand."""

    folder: Path

    @classmethod
    def lay(cls, folder: Path) -> Ground:
        """Make the folders, the two programs on PATH and the project."""
        ground = cls(folder)
        for name in ("bin", "state", "things", "declared", "home"):
            (folder / name).mkdir()
        for program, file in (("pulumi-resource-test", "provider.py"), ("pulumi-language-python", "language.py")):
            script = folder / "bin" / program
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{DOUBLE / file}" "$@"\n')
            script.chmod(0o755)
        shutil.copytree(DOUBLE / "project", folder / "project")
        runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (folder / "project" / "Pulumi.yaml").write_text(json.dumps({"name": "double", "runtime": runtime}))
        return ground

    @property
    def env(self) -> dict[str, str]:
        """Environment of the engine, the program and the provider."""
        path = os.pathsep.join([str(self.folder / "bin"), str(ROOT / ".tools" / "bin"), os.environ["PATH"]])
        return {
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "a passphrase of this test",
            "PULUMI_CONFIG_PASSPHRASE_FILE": "",
            "PULUMI_OPTION_CONFIG_FILE": "",
            "THINGS": str(self.folder / "things"),
            "DECLARED": str(self.folder / "declared"),
        }

    def own_path(self) -> str:
        """A PATH with the engine and nothing else of ours.

        The engine finds plugins on PATH and beside itself, and a demo at work elsewhere puts some into the tools' folder.
        """
        found = shutil.which("pulumi", path=self.env["PATH"])
        assert found, "this machine has no pulumi"
        own = self.folder / "bin" / "pulumi"
        try:
            own.hardlink_to(Path(found).resolve())
        except OSError:  # another file system
            shutil.copy2(found, own)
        return f"{own.parent}:/usr/bin:/bin"

    def engine(self, **env: str) -> PulumiEngine:
        """The real engine on this ground."""
        return PulumiEngine(self.folder / "project", {**self.env, **env})

    def declare(self, stack: str, components: Mapping[str, list[dict[str, Any]]], **more: Any) -> Request:
        """Let the program of `stack` declare this; the request to run it."""
        (self.folder / "declared" / f"{stack}.json").write_text(json.dumps({"components": components, **more}))
        return Request(stack=stack, environment=stack.partition(".")[0])

    def file(self, name: str) -> Path:
        """The file of the thing that was created with this name."""
        (found,) = (self.folder / "things").glob(f"{name}-??????.json")
        return found

    def thing(self, name: str) -> dict[str, Any]:
        """What is live under that name."""
        live: dict[str, Any] = json.loads(self.file(name).read_text())
        return live

    def by_hand(self, name: str, **properties: Any) -> None:
        """Change a thing behind the engine's back."""
        self.file(name).write_text(json.dumps(self.thing(name) | properties))

    def refuse(self, name: str, message: str | None) -> None:
        """Let the cloud refuse to create, change or delete that thing; None lets it again."""
        file = self.folder / "things" / f".refuse-{name}"
        file.unlink() if message is None else file.write_text(message)

    def slow(self, name: str, seconds: float) -> None:
        """Let the cloud take its time over that thing."""
        (self.folder / "things" / f".slow-{name}").write_text(str(seconds))

    def quick(self, name: str) -> None:
        """Let it take no more, also where it is at it."""
        (self.folder / "things" / f".slow-{name}").unlink(missing_ok=True)

    def pulumi(self, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """The plain command line, as a user has it."""
        done = subprocess.run(
            ["pulumi", "--non-interactive", *args],
            cwd=self.folder / "project",
            env={**os.environ, **self.env, "PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_DEBUG_COMMANDS": "true"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done
