"""The seam to places: one way to send, the real ones by kind, and one in memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from transom.controller.model import Event
from transom.notifications.messages import Message
from transom.specs.environment import EnvironmentSpec
from transom.specs.notifications import PlaceSpec


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes to a place.

    Attributes:
        id: stable over all attempts.
        message: in words.
        event: as the controller has it.
        spec: the place.
        environment: where the place is declared.
    """

    id: str
    message: Message
    event: Event
    spec: PlaceSpec
    environment: EnvironmentSpec


class Place(ABC):
    """Carries a parcel.

    Raises:
        NotificationRefused: it will not be taken, however often it is sent.
        NotificationUndelivered: it may be taken later.
        HostRefused, HostBusy: the same of a host of pull requests.
    """

    @abstractmethod
    def send(self, parcel: Parcel) -> str:
        """What the place said, in a few words; empty where it says nothing."""


@dataclass(slots=True)
class MemoryPlace(Place):
    """Keeps what it is sent."""

    sent: list[Parcel] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    """Raised one after the other before anything is kept."""

    def send(self, parcel: Parcel) -> str:
        """Keep it."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(parcel)
        return "kept"


def real(environ: Mapping[str, str]) -> dict[str, Place]:
    """The real places by kind of notification; nothing is connected yet."""
    from transom.notifications.commits import Commits
    from transom.notifications.mail import Mail
    from transom.notifications.web import Slack, Webhook

    commits = Commits(environ)
    return {"slack": Slack(environ), "webhook": Webhook(environ), "email": Mail(environ), "github": commits, "gitlab": commits}
