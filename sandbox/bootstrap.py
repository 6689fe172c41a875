"""Makes `.venv` what requirements.lock says. Runs with the bare system Python: nothing but the standard library may be imported here."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
VENV = CHECKOUT / ".venv"
_STAMP = ".transom-lock"
_OLDEST = (3, 11)


class BootstrapError(Exception):
    """The virtual environment cannot be made; the message says what to do."""


def digest(checkout: Path = CHECKOUT) -> str:
    """What a virtual environment is made of: hex digest over the locked packages, our own metadata and this Python."""
    seen = hashlib.sha256(sys.version.encode())
    seen.update((checkout / "requirements.lock").read_bytes())
    settings = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    # Not the settings of the linters beside them, which change daily and are read where they stand.
    seen.update(json.dumps([settings["project"], settings["build-system"], settings["tool"]["hatch"]], sort_keys=True).encode())
    return seen.hexdigest()


def is_current(folder: Path = VENV, checkout: Path = CHECKOUT) -> bool:
    """Whether the virtual environment was made, to its end, from today's lock."""
    try:
        return (folder / _STAMP).read_text(encoding="utf-8") == digest(checkout)
    except OSError:
        return False


_USED = """
import boto3, moto.server, pulumi.automation, pytest, rich.console
import sandbox.plugins.aws.provider, sandbox.plugins.kubernetes.provider, stacks.environment, transom.cli.main, transom.engine.real
from pulumi_aws import ec2, rds, s3, secretsmanager, sqs, vpc
ec2.SecurityGroup, rds.Instance, s3.Bucket, secretsmanager.Secret, sqs.Queue, vpc.SecurityGroupIngressRule
"""
"""What the program, the plugins and the tests import; the cloud SDK's modules are loaded by their first use."""


def ensure() -> bool:
    """Make the virtual environment unless it is current; whether it was made. One process at a time.

    The stamp is written last: an interrupted run is begun anew. Raises BootstrapError.
    """
    if sys.version_info < _OLDEST:
        raise BootstrapError(
            f"Python {sys.version.split()[0]} is too old: install 3.11 or newer, or say which to use: make PYTHON=python3.12 …"
        )
    lock = CHECKOUT / ".tools" / "locks" / "venv.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if is_current():
            return False
        _make()
        return True


def _make() -> None:
    try:
        import ensurepip  # noqa: F401 - Debian and Ubuntu ship it in a package of its own
    except ImportError as error:
        raise BootstrapError(
            "this Python has no venv and ensurepip: apt-get install python3-venv, or use another one: make PYTHON=…"
        ) from error
    target = Path(os.path.realpath(VENV))
    _say(f"making {VENV.name} with Python {sys.version.split()[0]}")
    venv.EnvBuilder(clear=True, with_pip=True, symlinks=True).create(target)
    _say("installing the locked packages (about 30 s)")
    # Not compiled by pip: most modules of the cloud SDKs are never imported.
    _pip(target, "--require-hashes", "--no-compile", "--requirement", str(CHECKOUT / "requirements.lock"))
    _pip(target, "--no-deps", "--editable", str(CHECKOUT))
    _compile_what_is_used(target)
    (target / _STAMP).write_text(digest(), encoding="utf-8")


def _pip(target: Path, *arguments: str) -> None:
    command = [str(target / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, check=False)
    if done.returncode != 0:
        raise BootstrapError(f"pip ended with {done.returncode}: see above; what was installed is discarded on the next try")


def _compile_what_is_used(target: Path) -> None:
    """Import what every run imports, once, so that its byte code is there also for those whose environment forbids to write any later."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([str(target / "bin" / "python"), "-c", _USED], env=environment, cwd=CHECKOUT, check=False)
    if done.returncode != 0:
        raise BootstrapError("the installed packages cannot be imported: see above; what was installed is discarded on the next try")


def _say(line: str) -> None:
    sys.stderr.write(f"python: {line}\n")
    sys.stderr.flush()


def main() -> int:
    """Exit code 0 when the virtual environment is current, 1 when it cannot be made."""
    try:
        ensure()
    except BootstrapError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
