"""A project in a Git repository on disk: two environments of one source, for what compares revisions."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.repository import APPLICATION, BASIC, ENVIRONMENT, TENANT

STAGING = ENVIRONMENT.replace("name: dev", "name: staging")
FILES = {
    **{f"platform/{name}": text for name, text in BASIC.items()},
    "platform/tenants/team-b.yaml": TENANT.replace("team-a", "team-b").replace("[shop, site]", "[ledger]"),
    "platform/applications/ledger/application.yaml": APPLICATION.replace("shop", "ledger").replace("team-a", "team-b"),
    "environments/dev.yaml": ENVIRONMENT + "  shards: tenant\n",
    "environments/staging.yaml": STAGING,
    "Pulumi.yaml": "name: memory\nruntime: python\n",
}


class Checkout:
    """The project on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, **files: str) -> None:
        """Writes files; `__` in a keyword stands for `/`, `.yaml` is put behind it, an empty text removes."""
        for name, text in files.items():
            file = self.root / (name.replace("__", "/").replace("_", "-") + ".yaml")
            file.parent.mkdir(parents=True, exist_ok=True)
            if text:
                file.write_text(text, encoding="utf-8")
            else:
                file.unlink()

    def edit(self, path: str, before: str, after: str) -> None:
        """Replaces a text that must be there."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert before in text
        (self.root / path).write_text(text.replace(before, after), encoding="utf-8")

    def git(self, *words: str) -> str:
        """Runs git as nobody in particular."""
        who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false"]
        return subprocess.run(["git", *who, *words], cwd=self.root, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str = "a change") -> str:
        """Commits everything; gives the commit."""
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        return self.git("rev-parse", "HEAD")
