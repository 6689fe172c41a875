"""How an application follows Git, and which differences are nobody's business; the fields are those of Argo CD."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from transom.specs.base import Spec
from transom.specs.scalars import Bool, Duration, Int, Kind, Name
from transom.specs.schedule import Cron, TimeZone

JsonPointer = Annotated[str, StringConstraints(pattern=r"^(/([^/~]|~[01])+)+$")]


class BackoffSpec(Spec):
    """Pauses between attempts."""

    duration: Duration = Duration("5s")
    """The first pause."""
    factor: Int = Field(default=2, ge=1, le=10)
    """Each further pause is so many times as long."""
    max_duration: Duration = Duration("3m")
    """The longest pause."""

    @model_validator(mode="after")
    def _longest_is_not_shorter(self) -> BackoffSpec:
        if self.max_duration.seconds < self.duration.seconds:
            raise ValueError(f"maxDuration {self.max_duration} is less than duration {self.duration}")
        return self


class RetrySpec(Spec):
    """What happens after a failed attempt."""

    limit: Int = Field(default=5, ge=0, le=100)
    """How many further attempts are made."""
    backoff: BackoffSpec = BackoffSpec()
    """Pauses between them."""


class WindowSpec(Spec):
    """A span of time that comes again, in which an application may, or may not, be brought to what Git asks for."""

    kind: Literal["allow", "deny"]
    """allow: only then; deny: not then. A deny window beats an allow window."""
    schedule: Cron
    """When it begins: five cron fields, or a word such as `@daily`."""
    duration: Duration
    """How long it lasts: up to a week."""
    time_zone: TimeZone = TimeZone("UTC")
    """The zone that the schedule is written in."""

    @model_validator(mode="after")
    def _ends(self) -> WindowSpec:
        if not 0 < self.duration.seconds <= 7 * 86400:
            raise ValueError(f"duration {self.duration} is not between a second and a week")
        return self


class SyncSpec(Spec):
    """How an application follows Git. What is left out is as the environment's `sync` says."""

    automated: Bool | None = None
    """Whether it follows without being asked by name; true when nobody says. With false only `apply --app` changes it."""
    prune: Bool | None = None
    """Whether an object that left Git is deleted by `apply`; true when nobody says. With false it is left where it is and forgotten."""
    update: Bool | None = None
    """Whether an object that is there already is changed when Git asks; true when nobody says. With false it stays as it was made."""
    self_heal: Bool | None = None
    """Whether what was changed by hand is put back without a new commit; false when nobody says. `controller` acts on it."""
    allow_empty: Bool | None = None
    """With false an application without any object is a mistake that `validate` tells; true when nobody says."""
    retry: RetrySpec | None = None
    """What happens after a failed attempt. `controller` acts on it."""
    rollback_on_failure: Bool | None = None
    """Whether it goes back by itself to what the last good deployment applied when `apply` fails on it; false when nobody says."""
    windows: tuple[WindowSpec, ...] = ()
    """When it may be changed; always when left out. `apply` and `controller` act on it."""

    def over(self, defaults: SyncSpec) -> SyncSpec:
        """This policy, with what it leaves out taken from `defaults`."""
        own = {name: value for name in type(self).model_fields if (value := getattr(self, name)) not in (None, ())}
        return defaults.model_copy(update=own)


class IgnoredSpec(Spec):
    """Fields of objects that others may set: they are neither put back nor told as drift."""

    group: str = ""
    """API group of the objects, e.g. `apps`; empty for the core group."""
    kind: Kind
    """Kind of the objects, e.g. `Deployment`."""
    name: str | None = Field(default=None, min_length=1)
    """Name of the one object; all of the kind when left out."""
    namespace: Name | None = None
    """Namespace of the objects; any when left out."""
    json_pointers: tuple[JsonPointer, ...] = Field(min_length=1)
    """The fields, as RFC 6901 writes them: `/spec/replicas`, `/metadata/annotations/example.com~1mode`."""

    def is_for(self, group: str, kind: str, namespace: str, name: str) -> bool:
        """Whether the rule is about this object."""
        return (group, kind) == (self.group, self.kind) and self.name in (None, name) and self.namespace in (None, namespace)
