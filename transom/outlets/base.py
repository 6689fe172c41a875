"""The seam: what may be asked of a host of pull requests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from transom.review.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Target:
    """Which pull request, and how to get there.

    Attributes:
        repository: `owner/name` on GitHub, the project's path or id on GitLab.
        number: of the pull request or merge request; 0 where there is none.
        head: commit that statuses are for.
        api: address of the host's API.
        web: address of the repository for people, for links to files.
        token: never shown.
    """

    repository: str
    number: int
    head: str
    api: str
    web: str
    token: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of it: where it can be read, and whether it was new; an empty address where nothing was there to say."""

    address: str
    created: bool


@dataclass(frozen=True, slots=True)
class Release:
    """What a host's page of environments is told.

    Attributes:
        environment: its name.
        good: whether it was deployed.
        summary: in a line.
        address: where more can be read; empty where nowhere.
    """

    environment: str
    good: bool
    summary: str
    address: str = ""


class Host(ABC):
    """A host of pull requests. Every method says again what it said before in the same place: nothing is told twice.

    Raises:
        HostRefused: the host does not take it; the message says what is missing.
        HostBusy: the host asks to wait longer than is waited for, or did not answer.
    """

    limit: int
    """Characters of a comment."""
    line: str
    """How an address names a line behind a file."""

    @abstractmethod
    def head(self) -> str:
        """The commit that the pull request stands at now, by the host's word."""

    @abstractmethod
    def comment(self, marker: str, body: str) -> Posted:
        """Create the comment that begins with `marker`, or change the one that is there."""

    @abstractmethod
    def status(self, name: str, verdict: Verdict) -> Posted:
        """Give the head commit a verdict, with annotations where the host has them."""

    @abstractmethod
    def release(self, release: Release) -> Posted:
        """Tell what became of the head commit in an environment; of one commit in one environment there is one deployment."""

    @abstractmethod
    def issue(self, marker: str, title: str, body: str) -> Posted:
        """Keep one open issue whose text begins with `marker`; an empty `body` closes it."""
