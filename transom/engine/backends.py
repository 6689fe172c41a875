"""Where a self-managed backend keeps what it keeps, as far as that is a folder of this machine."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit


def folder(backend: str) -> Path | None:
    """The folder of a `file://` backend, `~` as the home; None for every other kind."""
    url = urlsplit(backend)
    return Path(unquote(f"{url.netloc}{url.path}")).expanduser() if url.scheme == "file" else None
