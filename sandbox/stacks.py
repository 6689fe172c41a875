"""Pulumi's side of a sandbox: a file backend, a generated passphrase, and stacks that leave the checkout's own files alone.

Pulumi's passphrase provider writes a salt into the stack's configuration file, in our layout the tracked `stacks/Pulumi.<stack>.yaml`.
A salt belongs to a passphrase, and each sandbox has its own, so none can be committed. Hence a sandbox has one configuration file for all
of its stacks, with the salt in it, and the environment names it as `PULUMI_OPTION_CONFIG_FILE` (every flag of `pulumi` is such a variable).
`pulumi stack init` has no such flag, so stacks are created from a project folder of the sandbox that has the same project name.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.errors import SandboxError
from sandbox.layout import Layout
from sandbox.state import write_private

# The figures of the engine's `NewSymmetricCrypterFromPassphrase`:
# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/config/crypt.go
_ROUNDS = 1_000_000
_KEY_BYTES = 32
_SALT_BYTES = 8
_NONCE_BYTES = 12
_PROJECT = "transom"
_EXISTS = "already exists"
_SECONDS = 120


def prepare(layout: Layout, checkout: Path) -> None:
    """Make backend folder, passphrase, stack file and project folder where they are missing."""
    layout.backend.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not layout.passphrase.exists():
        write_private(layout.passphrase, secrets.token_urlsafe(32) + "\n")
        layout.stack_file.unlink(missing_ok=True)  # its salt belongs to an earlier passphrase
    if not layout.stack_file.exists():
        salt = salted(layout.passphrase.read_text(encoding="utf-8").strip())
        write_private(layout.stack_file, yaml.safe_dump({"encryptionsalt": salt}))
    write_private(layout.pulumi / "Pulumi.yaml", yaml.safe_dump({"name": project(checkout), "runtime": "python"}))


def salted(passphrase: str) -> str:
    """A new salt for this passphrase as the engine keeps it in `encryptionsalt`: salt, then the word `pulumi` encrypted with it.

    Made here and not by the first `pulumi` command, so that stacks started side by side find one and the same.
    """
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    key = hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, _ROUNDS, _KEY_BYTES)
    sealed = AESGCM(key).encrypt(nonce, b"pulumi", None)
    return "v1:{}:v1:{}:{}".format(*(base64.b64encode(piece).decode() for piece in (salt, nonce, sealed)))


def project(checkout: Path) -> str:
    """The project's name, as the checkout's `Pulumi.yaml` has it."""
    file = checkout / "Pulumi.yaml"
    return str(yaml.safe_load(file.read_text(encoding="utf-8"))["name"]) if file.exists() else _PROJECT


def declared(checkout: Path) -> tuple[str, ...]:
    """The environments the checkout declares, sorted: each is a stack."""
    return tuple(sorted(file.stem for file in (checkout / "environments").glob("*.yaml")))


def create(layout: Layout, names: Iterable[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Create the stacks that do not exist; the names of those that were created. `environment` is the sandbox's."""
    return tuple(name for name in names if name not in existing(layout) and _create_one(layout, name, environment))


def existing(layout: Layout) -> tuple[str, ...]:
    """The stacks of the sandbox's project, by the files of its backend: a listing by the engine costs a second."""
    folder = layout.backend / ".pulumi" / "stacks"
    return tuple(sorted(file.stem for file in folder.glob("*/*.json")))


def unread_settings(checkout: Path) -> tuple[str, ...]:
    """Settings in tracked stack files that a sandbox does not read, as `file: key`: to be told, not passed over."""
    found = []
    for file in sorted((checkout / "stacks").glob("Pulumi.*.yaml")):
        settings = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        found += [f"stacks/{file.name}: {key}" for key in settings.get("config") or ()]
    return tuple(found)


def _create_one(layout: Layout, name: str, environment: Mapping[str, str]) -> bool:
    # The engine reads this stack's configuration here by its usual name and keeps our salt rather than making one of its own.
    own = layout.pulumi / f"Pulumi.{name}.yaml"
    if not own.exists():
        own.symlink_to(layout.stack_file.name)
    done = subprocess.run(
        ["pulumi", "stack", "init", name, "--no-select", "--non-interactive"],
        cwd=layout.pulumi,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode == 0:
        return True
    if re.search(_EXISTS, done.stderr):
        return False  # created by another command in the meantime
    raise SandboxError(f"stack {name} cannot be created: {done.stderr.strip()}")
