"""Kinds: the least that must be written, what then holds by default, and what is refused, each with its reason."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from transom.specs.base import Selector
from transom.specs.kinds import KINDS, RESOURCE_KINDS

LEAST: Mapping[str, dict[str, Any]] = {
    "Environment": {"sources": [{"name": "platform"}], "clusters": {"matchLabels": {"a": "b"}}, "aws": {"region": "eu-central-1"}},
    "Cluster": {"existing": {"context": "somewhere"}},
    "Tenant": {"namespaces": ["shop"]},
    "Application": {"tenant": "team-a", "destination": {"namespace": "shop"}},
    "ApplicationSet": {"generators": [{"clusters": {}}], "template": {}},
    "Database": {"version": "16", "size": "small"},
    "Bucket": {},
    "Queue": {},
}
"""The smallest spec of every kind."""


def document(kind: str, **spec: Any) -> dict[str, Any]:
    """The smallest document of a kind, with these fields of its spec."""
    return {"apiVersion": "transom.dev/v1", "kind": kind, "metadata": {"name": "one"}, "spec": {**copy.deepcopy(LEAST[kind]), **spec}}


def parse(kind: str, **spec: Any) -> Any:
    """The spec of that document, as the model reads it."""
    return KINDS[kind].model_validate(document(kind, **spec)).spec  # type: ignore[attr-defined]


def test_the_table_is_whole() -> None:
    """Every kind is tried here, and what becomes a cloud resource is a kind."""
    assert set(LEAST) == set(KINDS)
    assert set(RESOURCE_KINDS) <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_least_document(kind: str) -> None:
    """The smallest document of each kind is valid, frozen, and read back the same."""
    parsed = KINDS[kind].model_validate(document(kind))
    assert KINDS[kind].model_validate(parsed.model_dump(by_alias=True)) == parsed
    with pytest.raises(ValidationError, match="frozen"):
        parsed.metadata.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("kind", ["Bucket", "Queue"])
def test_spec_may_be_left_out(kind: str) -> None:
    """A bucket or queue with nothing special needs no spec at all."""
    body = document(kind)
    del body["spec"]
    assert KINDS[kind].model_validate(body) == KINDS[kind].model_validate(document(kind))


DEFAULTS = [
    ("Environment", "shards", "none", "one stack until somebody asks for more"),
    ("Environment", "parallel", 32, "resources at once"),
    ("Tenant", "pod_security", "baseline", "no privileged pods by accident"),
    ("Database", "deletion_policy", "Retain", "data is never deleted by the way"),
    ("Database", "high_availability", False, "costs double, so it is asked for"),
    ("Database", "engine", "postgres", "the one engine"),
    ("Bucket", "deletion_policy", "Retain", "data is never deleted by the way"),
    ("Bucket", "versioning", True, "an overwritten object can be had back"),
    ("Queue", "fifo", False, "cheaper and faster"),
    ("Queue", "visibility_timeout", "30s", "SQS's own default"),
    ("Queue", "retention", "4d", "SQS's own default"),
]


@pytest.mark.parametrize("kind, field, value, why", DEFAULTS)
def test_defaults(kind: str, field: str, value: Any, why: str) -> None:
    """What is not written is safe."""
    assert getattr(parse(kind), field) == value, why


def test_safe_defaults_below() -> None:
    """Backups are on, dead letters are kept, pods may reach the world but nobody may reach them."""
    assert parse("Database").backups.retention.days == 7
    assert parse("Queue").dead_letter.max_receives == 5
    network = parse("Tenant").network
    assert (network.allow_from_tenants, network.allow_from_namespaces, network.allow_egress) == ((), (), ("0.0.0.0/0",))


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("Environment", {"sources": []}, "nothing to read"),
    ("Environment", {"sources": [{"name": "a", "targetRevision": "main"}]}, "a directory has no revisions"),
    ("Environment", {"sources": [{"name": "a"}, {"name": "a"}]}, "two sources of one name cannot be told apart in messages and pins"),
    ("Environment", {"clusters": {"matchLabels": {}}}, "would select every cluster"),
    ("Environment", {"aws": {"region": "eu-central-1", "accountId": "123"}}, "an account id has twelve digits"),
    ("Environment", {"aws": {"region": "eu-central-1", "accountId": 123456789012}}, "a number loses leading zeros"),
    (
        "Environment",
        {"aws": {"region": "eu-central-1", "network": {"vpcId": "vpc-1", "subnetIds": ["subnet-1"]}}},
        "RDS asks for two subnets",
    ),
    ("Environment", {"sizes": {"small": {"database": {"instanceClass": "t4g", "storage": "20Gi"}}}}, "not an RDS class"),
    (
        "Environment",
        {"sizes": {"s": {"database": {"instanceClass": "db.t4g.micro", "storage": "90Gi", "maxStorage": "20Gi"}}}},
        "above its most",
    ),
    ("Environment", {"shards": "many"}, "not a way to cut"),
    ("Environment", {"parallel": 0}, "nothing would happen"),
    ("Cluster", {"existing": {"context": ""}}, "an empty context is whatever is current"),
    ("Cluster", {"existing": None}, "nowhere"),
    ("Tenant", {"namespaces": []}, "a tenant without a place"),
    ("Tenant", {"namespaces": ["shop", "shop"]}, "twice the same"),
    ("Tenant", {"owners": [{"group": "a", "role": "cluster-admin"}]}, "beyond the namespaces"),
    ("Tenant", {"owners": [{"group": "a", "role": "view"}, {"group": "a", "role": "edit"}]}, "which of the two roles?"),
    ("Tenant", {"quota": {"pods": -1}}, "negative"),
    ("Tenant", {"podSecurity": "none"}, "not a standard"),
    ("Tenant", {"network": {"allowEgress": ["everywhere"]}}, "not a range"),
    ("Application", {"destination": {}}, "where to?"),
    ("Application", {"bindings": [{}]}, "binds nothing"),
    ("Application", {"bindings": [{"database": "a", "queue": "b"}]}, "two in one"),
    ("Application", {"bindings": [{"queue": "a"}, {"queue": "b"}]}, "both would set QUEUE_URL"),
    ("Application", {"bindings": [{"queue": "a", "prefix": "Q"}, {"queue": "a", "prefix": "R"}]}, "the same resource twice"),
    ("Application", {"dependsOn": ["a", "a"]}, "twice the same"),
    ("Database", {"version": 16}, "16.10 without quotes would be 16.1"),
    ("Database", {"version": "latest"}, "not a version"),
    ("Database", {"engine": "mysql"}, "not offered"),
    ("Database", {"size": None}, "no size"),
    ("Database", {"deletionPolicy": "Delete"}, "a release must expire"),
    ("Database", {"allowDeletionUntil": date(2027, 1, 31)}, "a date alone releases nothing"),
    ("Database", {"backups": {"retention": "0d"}}, "backups cannot be off"),
    ("Database", {"backups": {"retention": "36d"}}, "RDS keeps 35 days"),
    ("Database", {"backups": {"window": "02:00-04:00"}, "maintenanceWindow": "sun:03:00-sun:05:00"}, "the windows overlap"),
    ("Database", {"parameters": {"rds.force_ssl": "0"}}, "TLS is not up for choice"),
    ("Database", {"parameters": {"work_mem": 4096}}, "values are text"),
    ("Bucket", {"lifecycle": {"expireAfter": "36h"}}, "S3 knows whole days"),
    ("Bucket", {"lifecycle": {"archiveAfter": "7d"}}, "S3 asks for 30 days"),
    ("Bucket", {"lifecycle": {"archiveAfter": "60d", "expireAfter": "60d"}}, "gone before it is archived"),
    ("Bucket", {"versioning": "yes"}, "text is no truth value"),
    ("Queue", {"visibilityTimeout": "13h"}, "SQS allows 12 hours"),
    ("Queue", {"retention": "15d"}, "SQS allows 14 days"),
    ("Queue", {"retention": "59s"}, "SQS asks for 60 seconds"),
    ("Queue", {"delay": "16m"}, "SQS allows 15 minutes"),
    ("Queue", {"deadLetter": {"maxReceives": 0}}, "would never be delivered"),
    ("Queue", {"deadLetter": {"retention": "1h"}, "retention": "4d"}, "SQS counts age from the first send: they would be gone on arrival"),
]


@pytest.mark.parametrize("kind, spec, why", REFUSED)
def test_refuses(kind: str, spec: dict[str, Any], why: str) -> None:
    """A mistake is refused in the document, before anything is asked of a cloud."""
    with pytest.raises(ValidationError):
        parse(kind, **spec)
    assert why


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_fields_are_refused(kind: str) -> None:
    """A misspelt field is never silently ignored, at any level."""
    for body in (
        document(kind, sise="small"),
        {**document(kind), "sepc": {}},
        {**document(kind), "metadata": {"name": "one", "lables": {}}},
    ):
        with pytest.raises(ValidationError, match="Extra inputs"):
            KINDS[kind].model_validate(body)


@pytest.mark.parametrize("field", ["visibility_timeout", "dead_letter"])
def test_fields_are_camel_case_only(field: str) -> None:
    """A field has one spelling, that of the schema: what an editor marks as wrong is not accepted here."""
    with pytest.raises(ValidationError):
        parse("Queue", **{field: "30s" if field == "visibility_timeout" else {}})


@pytest.mark.parametrize(
    "today, protected",
    [(date(2027, 1, 30), False), (date(2027, 1, 31), False), (date(2027, 2, 1), True)],
    ids=["before", "on", "after"],
)
def test_a_release_expires(today: date, *, protected: bool) -> None:
    """A deletion is allowed up to and on the day written, and no longer."""
    for kind in ("Database", "Bucket"):
        spec = parse(kind, deletionPolicy="Delete", allowDeletionUntil=date(2027, 1, 31))
        assert spec.protected(today) is protected
        assert parse(kind).protected(today)


def test_binding_names_its_target_and_variables() -> None:
    """Without a prefix the variables are named after the kind."""
    plain, named = parse("Application", bindings=[{"database": "shop"}, {"bucket": "pictures", "prefix": "PICTURES"}]).bindings
    assert (plain.target, plain.variable_prefix) == (("Database", "shop"), "DATABASE")
    assert (named.target, named.variable_prefix) == (("Bucket", "pictures"), "PICTURES")


@pytest.mark.parametrize(
    "labels, chosen",
    [({"a": "b"}, True), ({"a": "b", "c": "d"}, True), ({"a": "x"}, False), ({}, False)],
    ids=["equal", "more", "other", "none"],
)
def test_selector(labels: dict[str, str], *, chosen: bool) -> None:
    """All labels asked for must be there; more do not matter."""
    assert Selector.model_validate({"matchLabels": {"a": "b"}}).selects(labels) is chosen
