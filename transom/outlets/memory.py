"""The host in memory: for tests and for whoever wants to see what would be said."""

from __future__ import annotations

from dataclasses import dataclass, field

from transom.outlets.base import Host, Posted, Release
from transom.review.verdict import Verdict


@dataclass(slots=True)
class MemoryHost(Host):
    """Keeps what it is told."""

    limit: int = 65_536
    line: str = "#L"
    stands_at: str = ""
    comments: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, Verdict] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)
    issues: dict[str, tuple[str, str]] = field(default_factory=dict)

    def head(self) -> str:
        """What it was made with."""
        return self.stands_at

    def comment(self, marker: str, body: str) -> Posted:
        """Create or change."""
        created = marker not in self.comments
        self.comments[marker] = body
        return Posted(f"memory:comment:{marker}", created)

    def status(self, name: str, verdict: Verdict) -> Posted:
        """Keep the last."""
        created = name not in self.statuses
        self.statuses[name] = verdict
        return Posted(f"memory:status:{name}", created)

    def release(self, release: Release) -> Posted:
        """Keep the last of each environment."""
        created = release.environment not in self.releases
        self.releases[release.environment] = release
        return Posted(f"memory:release:{release.environment}", created)

    def issue(self, marker: str, title: str, body: str) -> Posted:
        """Open, change or close."""
        created = bool(body) and marker not in self.issues
        if not body:
            self.issues.pop(marker, None)
            return Posted("", created=False)
        self.issues[marker] = (title, body)
        return Posted(f"memory:issue:{marker}", created)
