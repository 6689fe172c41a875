"""The program for many runs: imported once and forked for each (`forkserver`), instead of started anew by the language host.

It is the same program, `__main__.py` of the project, in a process of its own with the environment and the folder that the language host
would give it. Half of a small stack's time is the start of Python and the import of SDKs; twenty stacks pay it once.

Only where the language host would take the interpreter that we run on, and where nothing asks for more than it (another virtual
environment, a type checker); otherwise, and where the fork server does not come up, the engine starts its language host as ever.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VARIABLE = "TRANSOM_PROGRAM"
"""Environment variable: `host` has each run's program started by the language host."""

_KNOWN = {"virtualenv", "toolchain"}
_PATIENCE = 60.0
"""Seconds for the imports of a slow machine."""


class Programs:
    """Runs of one project's program; usable from several threads.

    What forks is started by the first run that is asked for, and ends with this object.

    Args:
        project: folder with Pulumi.yaml and `__main__.py`.
        temporary: where the folder of the socket is made; the machine's folder of temporary files when None.
    """

    def __init__(self, project: Path, temporary: Path | None = None) -> None:
        self._project, self._temporary = project, temporary
        self._hosted = os.environ.get(VARIABLE, "") == "host"
        self._guard = threading.Lock()
        self._address: str | None = None

    @contextmanager
    def serving(self, environment: Mapping[str, str]) -> Iterator[str]:
        """Where one run's program is served, as `--client` of the engine takes it; empty where the language host has to."""
        with contextlib.ExitStack() as stack:
            yield self._served(stack, environment)

    def _served(self, stack: contextlib.ExitStack, environment: Mapping[str, str]) -> str:
        try:
            address = self._started()
            if not address:
                return ""
            connection = stack.enter_context(socket.socket(socket.AF_UNIX))
            connection.settimeout(_PATIENCE)
            connection.connect(address)
            connection.sendall(json.dumps(dict(environment)).encode() + b"\n")
            port = stack.enter_context(connection.makefile("rb")).readline().strip()
        except OSError:
            return ""
        return f"127.0.0.1:{int(port)}" if port else ""

    def _started(self) -> str:
        with self._guard:
            if self._address is None:
                self._address = self._start() if not self._hosted and _is_ours(self._project) else ""
            return self._address

    def _start(self) -> str:
        try:
            modules = _imports(self._project)
        except (OSError, SyntaxError, ValueError):  # the language host runs it, and the engine tells what is wrong
            return ""
        folder = tempfile.TemporaryDirectory(
            prefix="transom-", dir=self._temporary, ignore_cleanup_errors=True
        )  # 0700: nobody else may connect
        address = str(Path(folder.name) / "programs")
        with socket.socket(socket.AF_UNIX) as listening:
            try:
                listening.bind(address)
            except OSError:  # the path of temporary files is too long for a socket
                folder.cleanup()
                return ""
            listening.listen(64)
            server = subprocess.Popen(
                [sys.executable, "-m", "transom.engine.forkserver", str(listening.fileno()), *modules],
                cwd=self._project,
                pass_fds=[listening.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # a terminal's Ctrl-C is for the engine, which ends the program in order
            )
        weakref.finalize(self, _stop, server, folder)
        return address


def _stop(server: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str]) -> None:
    server.terminate()
    server.wait()
    folder.cleanup()


def _is_ours(project: Path) -> bool:
    """Whether the language host would run the program on this very interpreter, and do nothing besides."""
    import yaml

    try:
        settings: Any = yaml.safe_load((project / "Pulumi.yaml").read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return False
    if not isinstance(settings, dict):
        return False
    runtime = settings.get("runtime")
    options = (runtime.get("options") or {}) if isinstance(runtime, dict) else {}
    return bool(
        (runtime == "python" or (isinstance(runtime, dict) and runtime.get("name") == "python"))
        and set(options) <= _KNOWN
        and options.get("toolchain", "pip") == "pip"
        and settings.get("main", ".") in (".", "./")
        and _prefix(project, options.get("virtualenv")) == Path(sys.prefix).resolve()
        and (project / "__main__.py").is_file()
    )


def _prefix(project: Path, virtualenv: str | None) -> Path | None:
    """The environment that the language host runs a program in: the one that is named, else that of the python3 on PATH."""
    if virtualenv:
        return (project / virtualenv).resolve()
    found = shutil.which("python3")
    return Path(found).parent.parent.resolve() if found else None


def _imports(project: Path) -> list[str]:
    """The modules that the program's first file imports."""
    tree = ast.parse((project / "__main__.py").read_bytes())
    names = [alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return [name for name in names if name != "__future__"]
