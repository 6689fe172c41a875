"""Kind Topic: messages told to many."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator

from transom.specs.base import IMMUTABLE, Document, Spec, first_twice
from transom.specs.owned import Managed
from transom.specs.scalars import Bool, Name


def _condition(value: object) -> object:
    if isinstance(value, dict) and len(value) != 1:
        raise ValueError("a condition has one operator, e.g. {prefix: eu-}")
    if not isinstance(value, str | bool | int | float | dict):
        raise ValueError("a condition is text, a number, true or false, or an operator, e.g. {prefix: eu-}")  # noqa: TRY004 - for pydantic
    return value


Condition = Annotated[
    object,
    AfterValidator(_condition),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "object", "maxProperties": 1}]}),
]
"""A value that an attribute may have, or an operator such as `{prefix: eu-}` (SNS: filter policy operators)."""


class SubscriptionSpec(Spec):
    """A queue that gets the topic's messages."""

    queue: Name
    """Name of a Queue of the same tenant; that of a first-in-first-out topic may be of either kind, others are not `fifo`."""
    filter: dict[Annotated[str, StringConstraints(min_length=1)], Annotated[tuple[Condition, ...], Field(min_length=1)]] = Field(
        default_factory=dict, max_length=5
    )
    """Which messages: for each attribute the values it may have, at most five attributes (SNS limit); all messages when left out."""
    filter_on: Literal["attributes", "body"] = "attributes"
    """Whether `filter` looks at the message's attributes or at its JSON body."""
    raw: Bool = True
    """The queue gets the message as it was published, without SNS's envelope."""


class TopicSpec(Managed):
    """Order and receivers of a topic."""

    fifo: Bool = Field(default=False, json_schema_extra=IMMUTABLE)
    """First in, first out, with deduplication by content. Cannot be changed later."""
    subscriptions: tuple[SubscriptionSpec, ...] = Field(default=(), examples=[[{"queue": "orders"}]])
    """Queues that get its messages."""

    @model_validator(mode="after")
    def _one_subscription_each(self) -> TopicSpec:
        if twice := first_twice(one.queue for one in self.subscriptions):
            raise ValueError(f"subscriptions has queue {twice} twice; SNS keeps one subscription per queue: join their filters")
        return self


class Topic(Document):
    """An SNS topic that tells its messages to queues: encrypted, TLS only."""

    kind: Literal["Topic"]
    """Always Topic."""
    spec: TopicSpec = TopicSpec()
    """Order and receivers."""
