"""The variables of a sandbox, and what Pulumi does with them in a checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox import doctor, environment, stacks
from sandbox.errors import SandboxError
from sandbox.layout import CHECKOUT, Layout
from transom.errors import ToolMissing

pytestmark = pytest.mark.sandbox


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A user's checkout with our layout: a tracked stack file, a program, everything committed."""
    root = tmp_path / "checkout"
    (root / "stacks").mkdir(parents=True)
    (root / "Pulumi.yaml").write_text(f"name: {stacks.project(CHECKOUT)}\nruntime: python\nstackConfigDir: stacks\n")
    (root / "stacks" / "Pulumi.tracked.yaml").write_text("config: {}\n")
    (root / "__main__.py").write_text("import pulumi\npulumi.export('word', pulumi.Output.secret('hidden word'))\n")
    for command in (("init", "-q"), ("add", "-A"), ("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "all")):
        subprocess.run(["git", *command], cwd=root, check=True)
    return root


def test_pulumi_leaves_tracked_files_alone(sandbox: Any, checkout: Path) -> None:
    """Plain up, preview, refresh and destroy, on a stack with a tracked file and on a shard without one, leave the checkout clean."""
    layout = Layout.of(sandbox.root)
    some = (("up", "--yes", "--skip-preview"), ("refresh", "--yes", "--skip-preview"))
    for stack, verbs in (("tracked", (*some, ("preview",), ("destroy", "--yes", "--skip-preview"))), ("tracked.team-a", some)):
        assert stacks.create(layout, [stack], sandbox.environment) == (stack,)
        for verb in verbs:
            sandbox.run("pulumi", *verb, "-s", stack, "--non-interactive", cwd=checkout)
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=checkout, capture_output=True, text=True, check=True).stdout
    assert dirty == ""


def test_secrets_are_not_in_the_state_in_clear(sandbox: Any, checkout: Path) -> None:
    """A secret output is encrypted with the sandbox's passphrase, and is readable with it."""
    layout = Layout.of(sandbox.root)
    stacks.create(layout, ["secretive"], sandbox.environment)
    sandbox.run("pulumi", "up", "--yes", "--skip-preview", "-s", "secretive", cwd=checkout)
    kept = [file for file in layout.backend.rglob("*") if file.is_file() and "secretive" in str(file)]
    assert kept
    assert not [file for file in kept if b"hidden word" in file.read_bytes()]
    shown = sandbox.run("pulumi", "stack", "output", "word", "--show-secrets", "-s", "secretive", cwd=checkout).stdout
    assert shown.strip() == "hidden word"


def test_stacks_of_one_sandbox_share_one_salt(sandbox: Any) -> None:
    """Stacks created one after the other find the same stack file; the engine never writes to it."""
    layout = Layout.of(sandbox.root)
    before = layout.stack_file.read_text()
    stacks.create(layout, ["salt-one", "salt-two"], sandbox.environment)
    assert layout.stack_file.read_text() == before
    assert stacks.create(layout, ["salt-one"], sandbox.environment) == ()


def test_the_checkouts_environments_are_stacks(sandbox: Any) -> None:
    """Each environment the checkout declares is a stack as soon as the sandbox is up."""
    assert set(stacks.declared(CHECKOUT)) <= set(stacks.existing(Layout.of(sandbox.root)))


def test_a_shell_can_evaluate_it() -> None:
    """Values with spaces and quotes survive the shell, and what would override them is unset."""
    text = environment.as_shell({"A": 'it\'s a "word"', "B": "$HOME"})
    done = subprocess.run(
        ["sh", "-c", f'{text}\nprintf "%s|%s|%s" "$A" "$B" "${{AWS_PROFILE-unset}}"'],
        env={"AWS_PROFILE": "mine", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == 'it\'s a "word"|$HOME|unset'


def test_the_environment_names_nothing_outside_the_sandbox(sandbox: Any) -> None:
    """Backend, passphrase, Pulumi's home and kubeconfig lie in the sandbox's folder; its programs come first on PATH."""
    inside = ("KUBECONFIG", "PULUMI_HOME", "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_OPTION_CONFIG_FILE")
    assert all(Path(sandbox.environment[name]).is_relative_to(sandbox.root) for name in inside)
    assert sandbox.environment["PULUMI_BACKEND_URL"].startswith(f"file://{sandbox.root}")
    assert sandbox.environment["PATH"].split(":")[0] == str(Layout.of(sandbox.root).programs)


def test_asked_from_within_itself_it_says_the_same(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a shell that already has the sandbox's environment, the environment is the same again: links never point to themselves."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    assert environment.environment(sandbox.root) == sandbox.environment
    sandbox.run("pulumi", "version")
    sandbox.run("kubectl", "version", "--client")


def test_without_a_sandbox_it_says_how_to_start_one(tmp_path: Path) -> None:
    """Asked for the environment of a folder where no sandbox was started, the error names the command."""
    with pytest.raises(SandboxError, match="transom sandbox up"):
        environment.environment(tmp_path)


def test_real_plugins_that_are_missing_are_refused(sandbox: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TRANSOM_PLUGINS=real without real plugins gives no environment at all, rather than one with stand-ins."""
    monkeypatch.setenv("TRANSOM_PLUGINS", "real")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with pytest.raises(ToolMissing):
        environment.environment(sandbox.root)


@pytest.mark.usefixtures("sandbox")
def test_doctor_finds_every_part_of_a_machine_that_runs_a_sandbox() -> None:
    """With a sandbox running nothing is missing, and every stand-in says what would replace it."""
    found = {part.name: part for part in doctor.examine()}
    assert [part.name for part in found.values() if part.state == "missing"] == []
    assert {"python", "go", "pulumi", "kubectl", "pulumi-language-python", "pulumi-resource-aws", ".venv"} <= set(found)
    assert all(part.remedy for part in found.values() if part.origin == "standin" and "resource" in part.name)


def test_doctor_names_what_is_missing_and_the_command_that_gets_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a git on PATH and without real plugins that were asked for, both are missing with a remedy."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    monkeypatch.setenv("TRANSOM_PLUGINS", "real")
    missing = {part.name: part.remedy for part in doctor.examine() if part.state == "missing"}
    assert "git" in missing
    assert missing["pulumi-resource-kubernetes"].startswith("pulumi plugin install resource kubernetes ")
