"""The Python language host under the real engine: programs that run, and programs that fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import stacks
from sandbox.layout import CHECKOUT, Layout

pytestmark = pytest.mark.sandbox

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def program(sandbox: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Program:
    """Runs `pulumi preview` (or another verb) on a program of these files, in a stack of its own."""
    stack = f"language-{os.getpid()}-{abs(hash(request.node.nodeid))}"
    project = stacks.project(CHECKOUT)

    def run(main: str, *, verb: tuple[str, ...] = ("preview",), options: str = "", code: int | None = 0, **files: str) -> Any:
        runtime = f"runtime:\n  name: python\n{options}" if options else "runtime: python\n"
        (tmp_path / "Pulumi.yaml").write_text(f"name: {project}\n{runtime}")
        (tmp_path / "__main__.py").write_text(main)
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        stacks.create(Layout.of(sandbox.root), [stack], sandbox.environment)
        done = sandbox.run("pulumi", *verb, "-s", stack, "--non-interactive", cwd=tmp_path, check=False)
        if code is not None and (done.returncode == 0) != (code == 0):
            pytest.fail(f"ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        done.stack = stack
        return done

    return run


def test_a_program_runs_to_its_outputs(sandbox: Any, program: Program, tmp_path: Path) -> None:
    """`pulumi up` runs the program: its own modules, its stack's name and its outputs are what they are with the real host."""
    main = """
import pulumi, words
pulumi.export('word', words.WORD)
pulumi.export('stack', pulumi.get_stack())
pulumi.export('dry', pulumi.runtime.is_dry_run())
"""
    done = program(main, verb=("up", "--yes", "--skip-preview"), words="WORD = 'found'")
    outputs = json.loads(sandbox.run("pulumi", "stack", "output", "--json", "-s", done.stack, cwd=tmp_path).stdout)
    assert outputs == {"word": "found", "stack": done.stack, "dry": False}


def test_the_engine_says_nothing_of_where_the_host_lies(program: Program) -> None:
    """The host lies next to the engine, where the engine expects it: no warning tells of an unexpected plugin."""
    done = program("import pulumi")
    assert "warning" not in done.stdout + done.stderr


def test_configuration_reaches_the_program(sandbox: Any, program: Program, tmp_path: Path) -> None:
    """A plain and a secret value of the stack's configuration are both readable in the program."""
    stack, own = program("import pulumi").stack, tmp_path / "stack.yaml"
    own.write_text(Layout.of(sandbox.root).stack_file.read_text())
    for setting in (("plain", "a"), ("hidden", "b", "--secret")):
        sandbox.run("pulumi", "config", "set", *setting, "-s", stack, "--config-file", str(own), cwd=tmp_path)
    main = "import pulumi\nc = pulumi.Config()\npulumi.export('out', [c.require('plain'), c.require_secret('hidden')])"
    program(main, verb=("up", "--yes", "--skip-preview", "--config-file", str(own)))
    outputs = sandbox.run("pulumi", "stack", "output", "--json", "--show-secrets", "-s", stack, cwd=tmp_path).stdout
    assert json.loads(outputs) == {"out": ["a", "b"]}


def test_an_error_of_ours_is_its_plain_message(program: Program) -> None:
    """A Transom error that leaves the program is shown once, as its message: no traceback, nothing about Python."""
    main = "from transom.errors import SourceError\nraise SourceError('no such branch', subject='dev', hint='create it')"
    done = program(main, code=1)
    assert "error: dev: no such branch; create it" in done.stdout
    assert done.stdout.partition("Diagnostics:")[2].count("no such branch") == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "unhandled" not in done.stdout + done.stderr


def test_a_branch_of_our_error_tree_is_told_alike(program: Program) -> None:
    """Also a subclass that the project itself defines, and one raised in a callback of an output after the main module ended."""
    main = """
import pulumi
from transom.errors import PermanentError
class Mine(PermanentError): pass
def later(_): raise Mine('came later', hint='do this')
pulumi.export('x', pulumi.Output.from_input(1).apply(later))
"""
    done = program(main, code=1)
    assert "came later; do this" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_defect_shows_its_traceback_from_the_users_file_on(program: Program) -> None:
    """Any other exception keeps its frames, beginning with the user's own file, and its type and message."""
    done = program("import broken\nbroken.fail()", code=1, broken="def fail():\n    return {}['missing']\n")
    assert "Program failed with an unhandled exception" in done.stdout
    assert "__main__.py" in done.stdout
    assert "broken.py" in done.stdout
    assert "KeyError: 'missing'" in done.stdout
    assert "language.py" not in done.stdout
    assert "run_in_stack" not in done.stdout


@pytest.mark.parametrize("main", ["import sys\nsys.exit(3)", "def f(:\n", "import pulumi_no_such_sdk"])
def test_every_way_to_fail_is_a_failure(program: Program, main: str) -> None:
    """An exit status, a syntax error and a missing package end the command as failed, and say why."""
    done = program(main, code=1)
    assert any(word in done.stdout for word in ("status 3", "SyntaxError", "ModuleNotFoundError"))


def test_a_late_import_still_finds_the_projects_modules(program: Program) -> None:
    """A module of the project can be imported in a callback that runs after the main module ended."""
    main = (
        "import pulumi\ndef later(_):\n    import late\n    return late.WORD\npulumi.export('x', pulumi.Output.from_input(1).apply(later))"
    )
    program(main, late="WORD = 'late'")


def test_the_projects_virtual_environment_is_honoured(program: Program, tmp_path: Path) -> None:
    """A project that names another virtual environment runs in it: another prefix, another set of packages."""
    other = tmp_path / "elsewhere"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(other)], check=True)
    packages = next((other / "lib").glob("python3*/site-packages"))
    # It has the SDK, by a path file, and a package that ours has not.
    (packages / "sdk.pth").write_text(f"{next(Path(sys.prefix, 'lib').glob('python3*/site-packages'))}\n")
    (packages / "only_here.py").write_text("WORD = 'only here'\n")
    options = "  options:\n    virtualenv: elsewhere\n"
    done = program("import sys, only_here\nprint('prefix', sys.prefix)", options=options)
    assert f"prefix {other}" in done.stdout


def test_a_virtual_environment_that_is_missing_is_told(program: Program) -> None:
    """A project that names an environment that does not exist fails with its path, not with a traceback."""
    done = program("import pulumi", options="  options:\n    virtualenv: nowhere\n", code=1)
    assert "nowhere does not exist" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_asked_to_end_it_ends_at_once() -> None:
    """The engine closes a plugin with SIGINT and waits ten seconds: the host ends well before, quietly and with status 0."""
    host = subprocess.Popen(
        [sys.executable, "-P", "-m", "sandbox.plugins.language", "127.0.0.1:1"],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert host.stdout is not None
    assert host.stdout.readline().strip().isdigit()
    host.send_signal(signal.SIGINT)
    begun = time.monotonic()
    _, complaint = host.communicate(timeout=60)
    assert (host.returncode, complaint) == (0, "")
    assert time.monotonic() - begun < 9  # what the engine would wait, not a measure of speed


def test_about_names_the_interpreter_and_packages(sandbox: Any, program: Program, tmp_path: Path) -> None:
    """`pulumi about` shows the interpreter, the providers the SDKs ask for and the installed packages."""
    program("import pulumi")
    about = json.loads(sandbox.run("pulumi", "about", "--json", cwd=tmp_path).stdout)
    assert {"kubernetes", "aws"} <= {plugin["name"] for plugin in about["plugins"]}
    assert "pydantic" in {dependency["name"] for dependency in about["dependencies"]}
