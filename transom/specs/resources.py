"""Kinds Bucket and Queue: what an application asks of the cloud."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from transom.specs.base import IMMUTABLE, Document, Spec
from transom.specs.owned import Adopting, ImportSpec, Managed
from transom.specs.scalars import Bool, Duration, Int, Name


class LifecycleSpec(Spec):
    """When objects of a bucket go away or get cheaper."""

    expire_after: Duration | None = None
    """Age at which objects are deleted, in whole days; never when left out."""
    expire_old_versions_after: Duration = Duration("90d")
    """Age at which overwritten and deleted versions are removed, in whole days."""
    archive_after: Duration | None = None
    """Age at which objects move to the infrequent-access class, at least 30 days (S3 limit)."""

    @model_validator(mode="after")
    def _whole_days(self) -> LifecycleSpec:
        fields = {
            "expireAfter": self.expire_after,
            "expireOldVersionsAfter": self.expire_old_versions_after,
            "archiveAfter": self.archive_after,
        }
        for field, value in fields.items():
            if value is not None and (value.seconds % 86400 or value.days < 1):
                raise ValueError(f"{field} {value} is not a whole number of days, which is all that S3 lifecycle rules know; write e.g. 7d")
        shortest = 30
        if self.archive_after is not None and self.archive_after.days < shortest:
            raise ValueError(f"archiveAfter {self.archive_after} is below S3's {shortest} days for STANDARD_IA")
        if self.archive_after is not None and self.expire_after is not None and self.expire_after.days <= self.archive_after.days:
            raise ValueError(f"expireAfter {self.expire_after} comes before archiveAfter {self.archive_after}; leave archiveAfter out")
        return self


class NotificationSpec(Spec):
    """Events of a bucket that a queue or a topic hears of."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["queue"]}, {"required": ["topic"]}]})

    queue: Name | None = None
    """Name of a Queue of the same tenant that is not `fifo` (S3 limit)."""
    topic: Name | None = None
    """Name of a Topic of the same tenant that is not `fifo` (S3 limit), instead of a queue."""
    events: tuple[Literal["created", "removed", "restored", "tagged"], ...] = Field(default=("created",), min_length=1)
    """What is told."""
    prefix: str = Field(default="", max_length=1024)
    """Only objects whose name begins so."""
    suffix: str = Field(default="", max_length=1024)
    """Only objects whose name ends so."""

    @model_validator(mode="after")
    def _one_receiver(self) -> NotificationSpec:
        if (self.queue is None) == (self.topic is None):
            raise ValueError("a notification names a queue or a topic, exactly one")
        return self

    @property
    def target(self) -> tuple[str, str]:
        """Kind and name of who hears, e.g. `("Queue", "uploads")`."""
        return ("Queue", self.queue) if self.queue else ("Topic", str(self.topic))


class BucketImportSpec(ImportSpec):
    """A bucket that was there before its document."""

    replaces_settings: Literal[True]
    """That its policy, life cycle, encryption, versioning and access settings are replaced by what the document comes to, and that no plan
    shows what they were: look at them before, and write true."""


class BucketSpec(Adopting):
    """Safety and life cycle of a bucket."""

    imported: BucketImportSpec | None = Field(default=None, alias="import", examples=[{"id": "pictures-of-2019", "replacesSettings": True}])
    """The bucket that is there already and is taken over instead of made. Stays in the document: it says the name in AWS."""

    versioning: Bool = True
    """Keep overwritten and deleted objects."""
    lifecycle: LifecycleSpec = Field(default=LifecycleSpec(), examples=[{"expireAfter": "365d"}])
    """When objects go away or get cheaper."""
    notifications: tuple[NotificationSpec, ...] = Field(default=(), examples=[[{"queue": "uploads", "events": ["created"]}]])
    """Queues and topics that hear of what happens in it."""

    @model_validator(mode="after")
    def _notifications_are_apart(self) -> BucketSpec:
        # S3 refuses two configurations for one event whose prefixes and suffixes could match the same object
        heard = [(event, one) for one in self.notifications for event in one.events]
        for index, (event, one) in enumerate(heard):
            for other_event, other in heard[index + 1 :]:
                if event == other_event and _overlap(one, other):
                    told = f'notifications tell "{event}" of the same objects to {one.target[1]} and to {other.target[1]}'
                    raise ValueError(f"{told}, which S3 refuses; give them prefixes or suffixes that differ")
        return self


def _overlap(one: NotificationSpec, other: NotificationSpec) -> bool:
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    return prefixes and (one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix))


class Bucket(Document):
    """An S3 bucket: private, encrypted, TLS only."""

    kind: Literal["Bucket"]
    """Always Bucket."""
    spec: BucketSpec = BucketSpec()
    """Safety and life cycle."""


class DeadLetterSpec(Spec):
    """What happens to messages that nobody manages to process."""

    queue: Name | None = None
    """Name of another Queue of the same tenant and order that they go to; one of its own is made when left out."""
    max_receives: Int = Field(default=5, ge=1, le=1000)
    """How often a message is delivered before it is set aside."""
    retention: Duration = Duration("14d")
    """How long it is kept there: 60 seconds to 14 days (SQS limit)."""


class QueueSpec(Managed):
    """Timing and order of a queue."""

    fifo: Bool = Field(default=False, json_schema_extra=IMMUTABLE)
    """First in, first out, with deduplication by content. Cannot be changed later."""
    visibility_timeout: Duration = Duration("30s")
    """How long a received message is hidden from others: up to 12 hours (SQS limit)."""
    retention: Duration = Duration("4d")
    """How long messages are kept: 60 seconds to 14 days (SQS limit)."""
    delay: Duration = Duration("0s")
    """How long a new message is held back: up to 15 minutes (SQS limit)."""
    dead_letter: DeadLetterSpec = DeadLetterSpec()
    """What happens to messages that nobody manages to process."""

    @model_validator(mode="after")
    def _within_limits(self) -> QueueSpec:
        bounds = (
            ("visibilityTimeout", self.visibility_timeout, 0, 43200),
            ("retention", self.retention, 60, 1209600),
            ("delay", self.delay, 0, 900),
            ("deadLetter.retention", self.dead_letter.retention, 60, 1209600),
        )
        for field, value, low, high in bounds:
            if not low <= value.seconds <= high:
                raise ValueError(f"{field} {value} is outside SQS's {low} to {high} seconds")
        if self.dead_letter.retention.seconds < self.retention.seconds:
            # SQS: a message's age counts from when it was first sent, also in the dead-letter queue of a standard queue
            told = f"deadLetter.retention {self.dead_letter.retention} is shorter than retention {self.retention}"
            raise ValueError(f"{told}: messages would be gone before anybody looks; make it longer")
        return self


class Queue(Document):
    """An SQS queue with a dead-letter queue: encrypted, TLS only."""

    kind: Literal["Queue"]
    """Always Queue."""
    spec: QueueSpec = QueueSpec()
    """Timing and order."""
