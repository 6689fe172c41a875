"""Secrets of places, read where the document says they are, at the moment they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from transom.errors import NotificationRefused
from transom.specs.notifications import SecretReference

_LARGEST = 64 * 1024


def read(reference: SecretReference, environ: Mapping[str, str]) -> str:
    """The secret.

    Raises:
        NotificationRefused: there is none, or an empty one.
    """
    if reference.env is not None:
        where, found = f"variable {reference.env}", environ.get(reference.env, "")
    else:
        where, found = f"file {reference.file}", _file(Path(reference.file or ""))
    if not found:
        raise NotificationRefused(f"{where} holds no secret", reason="SecretNotFound", hint="give it to the controller, and send again")
    return found


def _file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return ""
