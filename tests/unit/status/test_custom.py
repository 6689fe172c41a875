"""Health by rules of the platform's own."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from transom.specs.environment import EnvironmentSpec
from transom.specs.health import HealthRuleSpec
from transom.status import health
from transom.status.words import Health, Word

RULE = HealthRuleSpec(
    group="example.com",
    kind="Widget",
    degraded="object.status.phase == 'Failed'",
    suspended="object.spec.paused",
    healthy="object.status.phase == 'Ready'",
    message="object.status.message",
)


@pytest.mark.parametrize(
    "live, expected",
    [
        ({}, Health(Word.PROGRESSING, "not healthy yet")),
        ({"status": {"phase": "Ready"}}, Health()),
        ({"status": {"phase": "Failed", "message": "no disk"}}, Health(Word.DEGRADED, "no disk")),
        ({"status": {"phase": "Failed"}}, Health(Word.DEGRADED, "degraded")),
        ({"spec": {"paused": True}, "status": {"phase": "Ready", "message": "by ada"}}, Health(Word.SUSPENDED, "by ada")),
        ({"spec": {"paused": "yes"}}, Health(Word.PROGRESSING, "not healthy yet")),
    ],
)
def test_the_first_condition_that_holds(live: dict[str, Any], expected: Health) -> None:
    """What is broken is told before what is well; what cannot be read does not hold."""
    assert health.of("kubernetes:example.com/v1:Widget", live, health.Rules([RULE])) == expected


def test_other_kinds_keep_their_rule() -> None:
    """A rule is about its group and kind alone, and goes before one of ours."""
    rules = health.Rules([RULE, HealthRuleSpec(group="batch", kind="CronJob", healthy="true")])
    suspended = {"spec": {"suspend": True}}
    assert health.of("kubernetes:other.com/v1:Widget", {}, rules) == Health()
    assert health.of("kubernetes:batch/v1:CronJob", suspended, rules) == Health()
    assert health.of("kubernetes:batch/v1:CronJob", suspended, health.Rules()).word is Word.SUSPENDED


def test_without_a_healthy_condition() -> None:
    """What is not said to be anything else is healthy."""
    rules = health.Rules([HealthRuleSpec(kind="Widget", degraded="object.status.bad")])
    assert health.of("kubernetes:core/v1:Widget", {}, rules) == Health()


@pytest.mark.parametrize(
    "rule, says",
    [
        ({"kind": "Widget"}, "at least one of"),
        ({"kind": "Widget", "healthy": "object.status.phase =="}, "at character 23"),
        ({"kind": "Widget", "healthy": "1 + 1"}, "a whole number"),
        ({"kind": "Widget", "healthy": "status.phase == 'Ready'"}, 'no "status"'),
        ({"kind": "widget", "healthy": "true"}, "pattern"),
    ],
)
def test_mistakes(rule: dict[str, Any], says: str) -> None:
    """Told when the document is read, with the character."""
    with pytest.raises(ValidationError, match=says):
        HealthRuleSpec.model_validate(rule)


def test_one_rule_for_a_kind() -> None:
    """Of two nobody could say which is meant."""
    rules = [{"kind": "Widget", "healthy": "true"}] * 2
    with pytest.raises(ValidationError, match="has two rules"):
        EnvironmentSpec.model_validate(
            {"sources": [{"name": "platform", "path": "x"}], "clusters": {}, "aws": {"region": "eu-central-1"}, "health": rules}
        )
