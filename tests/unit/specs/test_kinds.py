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
    "CompositeDefinition": {
        "group": "x.example.com",
        "version": "v1",
        "kind": "Thing",
        "schema": {},
        "resources": [{"id": "a", "template": {"kind": "Queue"}}],
    },
    "Network": {"cidr": "10.0.0.0/16"},
    "Topic": {},
    "Cache": {"version": "8.0", "size": "small"},
    "Table": {"partitionKey": {"name": "id"}},
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


@pytest.mark.parametrize("kind", ["Bucket", "Queue", "Topic"])
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
    ("Network", "deletion_policy", "Retain", "everything else stands in it"),
    ("Network", "nat", "one", "private subnets reach out, at the least price"),
    ("Network", "zones", 3, "one may fail and two are left"),
    ("Cache", "deletion_policy", "Retain", "nobody knows what is in it"),
    ("Cache", "engine", "valkey", "open source"),
    ("Table", "deletion_policy", "Retain", "data is never deleted by the way"),
    ("Table", "capacity", None, "nothing to plan"),
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
    ("Tenant", {"allowed": {"sources": []}}, "nothing at all"),
    ("Tenant", {"allowed": {"clusters": {}}}, "none or all? beyond a schema"),
    ("Tenant", {"allowed": {"kinds": {"allow": ["deployments"]}}}, "not a kind"),
    ("Tenant", {"allowed": {"kinds": {"deny": [{"group": "apps", "kind": "Deployment"}]}}}, "that is how an AppProject writes it"),
    ("Application", {"destination": {}}, "where to?"),
    ("Application", {"bindings": [{}]}, "binds nothing"),
    ("Application", {"bindings": [{"database": "a", "queue": "b"}]}, "two in one"),
    ("Application", {"bindings": [{"queue": "a"}, {"queue": "b"}]}, "both would set QUEUE_URL"),
    ("Application", {"bindings": [{"queue": "a", "prefix": "Q"}, {"queue": "a", "prefix": "R"}]}, "the same resource twice"),
    ("Application", {"dependsOn": ["a", "a"]}, "twice the same"),
    ("Application", {"dependsOn": ["a", {"name": "a"}]}, "twice the same"),
    ("Application", {"dependsOn": ["database/a"]}, "a kind begins with a capital"),
    ("Application", {"dependsOn": ["Database/"]}, "which one?"),
    ("Application", {"dependsOn": [{"kind": "Database"}]}, "which one?"),
    ("Application", {"source": {"path": "../elsewhere"}}, "out of the source: beyond a schema"),
    ("Application", {"source": {"path": "/etc"}}, "out of the source: beyond a schema"),
    ("Application", {"images": [{"name": "web"}]}, "changes nothing"),
    ("Application", {"images": [{"name": "web:1", "newTag": "2"}]}, "a tag in the name: beyond a schema"),
    ("Application", {"images": [{"name": "web", "newTag": 1.2}]}, "1.20 without quotes would be 1.2"),
    ("Application", {"images": [{"name": "web", "newTag": "1", "digest": "sha256:" + "0" * 64}]}, "two images: beyond a schema"),
    ("Application", {"images": [{"name": "web", "digest": "sha256:abc"}]}, "not a digest"),
    ("Application", {"images": [{"name": "web", "newTag": "1"}] * 2}, "twice the same"),
    ("Application", {"replicas": {"web": -1}}, "negative"),
    ("Application", {"replicas": {"web": "3"}}, "text is no number"),
    ("Application", {"replicas": [{"name": "web", "count": 3}]}, "that is how a kustomization writes it"),
    (
        "Application",
        {"sync": {"windows": [{"kind": "allow", "schedule": "@daily", "duration": "8d"}]}},
        "longer than a week: beyond a schema",
    ),
    ("Application", {"sync": {"windows": [{"kind": "allow", "schedule": "@daily", "duration": "0s"}]}}, "no time at all: beyond a schema"),
    ("Application", {"sync": {"retry": {"backoff": {"duration": "5m", "maxDuration": "3m"}}}}, "above its most"),
    ("Application", {"sync": {"prune": "false"}}, "text is no truth value"),
    ("Application", {"ignoreDifferences": [{"kind": "Deployment", "jsonPointers": []}]}, "ignores nothing"),
    ("Application", {"ignoreDifferences": [{"kind": "Deployment", "jqPathExpressions": [".a"]}]}, "not read here"),
    ("Database", {"version": 16}, "16.10 without quotes would be 16.1"),
    ("Database", {"version": "latest"}, "not a version"),
    ("Database", {"engine": "oracle"}, "not offered"),
    ("Database", {"size": None}, "no size"),
    ("Database", {"deletionPolicy": "Delete"}, "a release must expire"),
    ("Database", {"allowDeletionUntil": date(2027, 1, 31)}, "a date alone releases nothing"),
    ("Database", {"backups": {"retention": "0d"}}, "backups cannot be off"),
    ("Database", {"backups": {"retention": "36d"}}, "RDS keeps 35 days"),
    ("Database", {"backups": {"window": "02:00-04:00"}, "maintenanceWindow": "sun:03:00-sun:05:00"}, "the windows overlap"),
    ("Database", {"parameters": {"work_mem": None}}, "a parameter has a value"),
    ("Database", {"restoreFrom": {"snapshot": "a", "database": "b"}}, "one origin"),
    ("Database", {"restoreFrom": {}}, "no origin"),
    ("Database", {"restoreFrom": {"database": "b", "time": "2026-11-20T03:00:00"}}, "a moment without a time zone: beyond a schema"),
    ("Database", {"restoreFrom": {"snapshot": "a", "time": "2026-11-20T03:00:00Z"}}, "a snapshot is of one moment: beyond a schema"),
    ("Database", {"password": {"rotation": "often"}}, "no word for a rotation: beyond a schema, which knows dates as text"),
    ("Database", {"password": {"rotation": True}}, "true is no number"),
    ("Database", {"replicas": 16}, "RDS has 15"),
    ("Database", {"storageType": "gp2"}, "not offered"),
    ("Database", {"logs": {"exports": ["postgresql", "postgresql"]}}, "a log named twice: beyond a schema"),
    ("Database", {"logs": {"retention": "8d"}}, "not a length that CloudWatch has"),
    ("Database", {"changes": "window", "allowMajorUpgrade": True}, "the old parameter group would be in use: beyond a schema"),
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


EKS: dict[str, Any] = {"version": "1.33", "nodeGroups": {"general": {"instanceTypes": ["m7g.large"], "count": {"max": 3}}}}
"""The smallest cluster that Transom makes."""
GROUP: dict[str, Any] = EKS["nodeGroups"]["general"]
ROLE = "arn:aws:iam::123456789012:role/platform"


def _eks(**fields: Any) -> dict[str, Any]:
    return {"existing": None, "eks": {**EKS, **fields}}


def _group(**fields: Any) -> dict[str, Any]:
    return _eks(nodeGroups={"general": {**GROUP, **fields}})


def _network(**fields: Any) -> dict[str, Any]:
    return {"aws": {"region": "eu-central-1", "network": fields}}


KEY = {"name": "id"}
REFUSED += [
    ("Cluster", {"eks": EKS}, "two forms in one"),
    ("Cluster", {"existing": None, "eks": {**EKS, "version": 1.33}}, "1.30 without quotes would be 1.3"),
    ("Cluster", _eks(nodeGroups={}), "nowhere to run"),
    ("Cluster", _group(instanceTypes=["m7g.large", "m7i.large"]), "mixed processors: images would not fit"),
    ("Cluster", _group(count={"min": 4, "max": 3}), "above its most"),
    ("Cluster", _group(taints=[{"key": "a", "effect": "NoScheduling"}]), "not an effect"),
    ("Cluster", _group(update={"maxUnavailable": 1, "maxUnavailablePercentage": 10}), "two in one"),
    ("Cluster", _group(labels={"kubernetes.io/arch": "arm64"}), "set by the cluster: beyond a schema"),
    ("Cluster", _eks(endpoint={"private": False}), "no way in: beyond a schema"),
    ("Cluster", _eks(access=[{"principal": "platform", "policy": "admin"}]), "not an ARN"),
    ("Cluster", _eks(access=[{"principal": ROLE}]), "may do nothing: beyond a schema"),
    ("Cluster", _eks(access=[{"principal": ROLE, "policy": "cluster-admin", "namespaces": ["a"]}]), "everywhere, yet not: beyond a schema"),
    ("Cluster", _eks(access=[{"principal": ROLE, "groups": ["system:masters"]}]), "EKS refuses it: beyond a schema"),
    ("Cluster", _eks(access=[{"principal": ROLE, "policy": "view"}] * 2), "the same principal, twice the same"),
    ("Cluster", _eks(addons={"coredns": {"version": "latest"}}), "not pinned"),
    ("Cluster", _eks(addons={"coredns": {}}), "not pinned"),
    ("Cluster", _eks(logRetention="31d"), "CloudWatch has no such number of days: beyond a schema"),
    ("Cluster", _eks(kmsKey="alias/mine"), "not an ARN of a key"),
    ("Network", {"cidr": "10.0.0.0/8"}, "wider than a VPC: beyond a schema"),
    ("Network", {"cidr": "10.0.0.0/25"}, "no room: beyond a schema"),
    ("Network", {"cidr": "8.8.0.0/16"}, "somebody else's addresses: beyond a schema"),
    ("Network", {"cidr": "10.0.1.0/16"}, "not a range"),
    ("Network", {"zones": 1}, "RDS and EKS ask for two"),
    ("Network", {"publicSubnets": False}, "NAT without a place: beyond a schema"),
    ("Network", {"endpoints": ["s3"]}, "always there"),
    ("Network", {"endpoints": ["sqs", "sqs"]}, "twice the same"),
    ("Network", {"flowLogs": {"retention": "2d"}}, "CloudWatch has no such number of days: beyond a schema"),
    ("Topic", {"subscriptions": [{"queue": "a"}, {"queue": "a"}]}, "twice the same"),
    ("Topic", {"subscriptions": [{"queue": "a", "filter": {"x": []}}]}, "matches nothing"),
    ("Topic", {"subscriptions": [{"queue": "a", "filter": {x: [1] for x in "abcdef"}}]}, "SNS allows five attributes"),
    ("Cache", {"version": "7.0"}, "no version of valkey: beyond a schema"),
    ("Cache", {"engine": "redis", "version": "8.0"}, "no version of redis there: beyond a schema"),
    ("Cache", {"shards": 90, "replicas": 5}, "too many nodes: beyond a schema"),
    ("Cache", {"backupRetention": "36d"}, "ElastiCache keeps 35 days: beyond a schema"),
    ("Cache", {"maintenanceWindow": "sun:03:00-sun:03:30"}, "ElastiCache asks for an hour: beyond a schema"),
    ("Table", {"partitionKey": {"name": "id", "type": "S"}}, "words, not letters"),
    ("Table", {"sortKey": KEY}, "the same attribute: beyond a schema"),
    ("Table", {"partitionKey": KEY, "indexes": {"by-a": {"partitionKey": {**KEY, "type": "number"}}}}, "two types: beyond a schema"),
    ("Table", {"localIndexes": {"by-a": {"sortKey": {"name": "a"}}}}, "no sort key: beyond a schema"),
    ("Table", {"indexes": {"x": {"partitionKey": {"name": "a"}}}}, "names have three characters at least"),
    ("Table", {"capacity": {"read": 1}}, "and write?"),
    ("Bucket", {"notifications": [{"queue": "a"}, {"queue": "b", "prefix": "x/"}]}, "S3 refuses overlaps: beyond a schema"),
    ("Bucket", {"notifications": [{"queue": "a", "events": []}]}, "hears of nothing"),
    ("Application", {"bindings": [{"database": "a", "access": "read"}]}, "a password is no permission: beyond a schema"),
    ("Application", {"bindings": [{"topic": "a", "access": "read"}]}, "a topic is not read: beyond a schema"),
    ("Environment", _network(name="a", vpcId="vpc-1", subnetIds=["subnet-1", "subnet-2"]), "two networks"),
    ("Environment", _network(vpcId="vpc-1"), "no subnets"),
    ("Environment", {"sizes": {"s": {"cache": {"nodeType": "db.t4g.micro"}}}}, "not a node type"),
]  # fmt: skip


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
    "binding, granted",
    [
        ({"bucket": "a"}, "read"),
        ({"queue": "a", "access": "admin"}, "admin"),
        ({"topic": "a"}, "write"),
        ({"cache": "a"}, None),
        ({"database": "a"}, None),
    ],
)
def test_a_binding_grants_the_least(binding: dict[str, Any], granted: str | None) -> None:
    """What is not asked for is not granted; what is used with a password has no access to grant."""
    assert parse("Application", bindings=[binding]).bindings[0].granted == granted


def test_a_cluster_of_ours_is_closed() -> None:
    """The API server is reached from inside only, logs are kept, one node at a time is upgraded."""
    eks = parse("Cluster", **_eks()).eks
    assert (eks.endpoint.private, eks.endpoint.public_cidrs) == (True, ())
    assert "audit" in eks.logs
    assert eks.protected(date(2027, 1, 1))


@pytest.mark.parametrize(
    "kind, arm",
    [("m7g.large", True), ("c6gn.large", True), ("a1.large", True), ("m7i.large", False), ("g5.xlarge", False), ("g5g.xlarge", True)],
)
def test_architecture_of_instances(kind: str, *, arm: bool) -> None:
    """Arm families are told by the g behind the generation; a g in front is a graphics card."""
    assert parse("Cluster", **_group(instanceTypes=[kind])).eks.node_groups["general"].is_arm is arm


@pytest.mark.parametrize(
    "labels, chosen",
    [({"a": "b"}, True), ({"a": "b", "c": "d"}, True), ({"a": "x"}, False), ({}, False)],
    ids=["equal", "more", "other", "none"],
)
def test_selector(labels: dict[str, str], *, chosen: bool) -> None:
    """All labels asked for must be there; more do not matter."""
    assert Selector.model_validate({"matchLabels": {"a": "b"}}).selects(labels) is chosen


DEPENDENCIES = [
    ("ledger", "Application/ledger"),
    ("Database/shop", "Database/shop"),
    ({"kind": "Queue", "name": "q"}, "Queue/q"),
    ({"name": "a"}, "Application/a"),
]


@pytest.mark.parametrize("written, identity", DEPENDENCIES)
def test_ways_to_write_a_dependency(written: Any, identity: str) -> None:
    """A plain name is an application; other kinds are named in front, or in a mapping."""
    assert parse("Application", dependsOn=[written]).depends_on[0].identity == identity


IMAGES = [
    ({"name": "web", "newTag": "2"}, "web:1", "web:2"),
    ({"name": "web", "newTag": "2"}, "web", "web:2"),
    ({"name": "web", "newTag": "2"}, "web@sha256:abc", "web:2"),
    ({"name": "web", "newTag": "2"}, "webs:1", None),
    ({"name": "web", "newTag": "2"}, "host/web:1", None),
    ({"name": "host:5000/web", "newName": "mirror/web"}, "host:5000/web:1", "mirror/web:1"),
    ({"name": "web", "newName": "mirror/web"}, "web@sha256:abc", "mirror/web@sha256:abc"),
    ({"name": "web", "digest": "sha256:" + "0" * 64}, "web:1", "web@sha256:" + "0" * 64),
]


@pytest.mark.parametrize("written, image, wanted", IMAGES)
def test_replaced_images(written: dict[str, str], image: str, wanted: str | None) -> None:
    """An image is replaced as Kustomize replaces it: by its whole name, with or without the host's port."""
    assert parse("Application", images=[written]).images[0].replaced(image) == wanted


def test_a_policy_over_another() -> None:
    """What an application leaves out is as the environment says; what it says itself holds."""
    defaults = parse("Environment", sync={"prune": False, "allowEmpty": False}).sync
    own = parse("Application", sync={"prune": True}).sync
    assert (own.over(defaults).prune, own.over(defaults).allow_empty) == (True, False)


COVERED = [
    ("*", "apps", "Deployment", True),
    ("apps/Deployment", "apps", "Deployment", True),
    ("apps/*", "apps", "StatefulSet", True),
    ("apps/*", "", "Service", False),
    ("Service", "", "Service", True),
    ("Service", "serving.knative.dev", "Service", False),
    ("*/Service", "serving.knative.dev", "Service", True),
    ("rbac.authorization.k8s.io/*", "rbac.authorization.k8s.io", "Role", True),
]


@pytest.mark.parametrize("written, group, kind, covered", COVERED)
def test_kinds_that_a_tenant_may_have(written: str, group: str, kind: str, *, covered: bool) -> None:
    """A kind without a group is one of the core group alone; a star stands for any."""
    assert parse("Tenant", allowed={"kinds": {"allow": [written]}}).allowed.kinds.admits(group, kind) is covered
