"""Topic, Table and Cache: encrypted, closed, and safe from a slip of the hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.cache import Cache, CacheArgs
from components.network import Network
from components.policies import Sender
from components.table import IndexArgs, KeyArgs, Table, TableArgs
from components.topic import SubscriptionArgs, Topic, TopicArgs
from tests.recording import ACCOUNT, PASSWORD, Recorder, run

TAGS = {"transom:document": "x"}
TOPIC = TopicArgs("dev-team-a-events", ACCOUNT, "eu-central-1", tags=TAGS)
TABLE = TableArgs("dev-team-a-orders", KeyArgs("pk", "sk"), {"pk": "S", "sk": "N"}, tags=TAGS)
CACHE = CacheArgs(
    identifier="dev-team-a-sessions",
    engine="valkey",
    engine_version="8.0",
    node_type="cache.t4g.micro",
    replicas=1,
    shards=1,
    network=Network("vpc-0", ["subnet-0", "subnet-1"], "10.0.0.0/16"),
    protected=True,
    parameters={"maxmemory-policy": "allkeys-lru"},
    tags=TAGS,
)
UNTAGGED = {
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:kms/alias:Alias",
    "aws:secretsmanager/secretVersion:SecretVersion",
}


def made(component: type[Any], args: Any, **options: Any) -> Recorder:
    """One component under the recorder."""

    def program() -> None:
        provider = aws.Provider("aws", region="eu-central-1")
        component("one", args, pulumi.ResourceOptions(providers=[provider], **options))

    return run(program)


@pytest.mark.parametrize(
    "component, args",
    [(Topic, replace(TOPIC, senders=[Sender("s3.amazonaws.com", "arn:aws:s3:::uploads")])), (Table, TABLE), (Cache, CACHE)],
)
@pytest.mark.parametrize("protect", [True, False])
def test_children(component: type[Any], args: Any, *, protect: bool) -> None:
    """Every part is a child of the component, made by its provider, tagged where it can be, and protected where the component is."""
    recorder = made(component, args, protect=protect)
    top, provider = recorder.one(f"transom:aws:{component.__name__}"), recorder.one("pulumi:providers:aws").urn
    children = recorder.below(top.urn)
    assert children
    assert {(child.parent, child.provider) for child in children} == {(top.urn, provider)}
    replaced = {"aws:elasticache/parameterGroup:ParameterGroup"}  # by every new major version
    assert {child.protected for child in children if child.type not in replaced} == {protect}
    assert {child.type for child in children if child.inputs.get("tags") != TAGS} <= UNTAGGED


def test_a_topic_is_encrypted_and_takes_no_plain_requests() -> None:
    """By SNS's own key where nobody but the account publishes; TLS only, in the one action that SNS lets a topic's policy name."""
    recorder = made(Topic, TOPIC)
    assert recorder.one("aws:sns/topic:Topic").inputs["kmsMasterKeyId"] == "alias/aws/sns"
    assert not recorder.of_type("aws:kms/key:Key")
    [statement] = json.loads(recorder.one("aws:sns/topicPolicy:TopicPolicy").inputs["policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sns:Publish")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_topic_that_a_bucket_publishes_to() -> None:
    """It has a key that S3 may use for this account, and a policy that lets in that bucket alone."""
    recorder = made(Topic, replace(TOPIC, senders=[Sender("s3.amazonaws.com", "arn:aws:s3:::uploads")]))
    key = recorder.one("aws:kms/key:Key").inputs
    assert key["enableKeyRotation"] is True
    _, used = json.loads(key["policy"])["Statement"]
    assert used["Principal"] == {"Service": "s3.amazonaws.com"}
    assert used["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert recorder.one("aws:sns/topic:Topic").inputs["kmsMasterKeyId"] == "arn:one"
    _, sent = json.loads(recorder.one("aws:sns/topicPolicy:TopicPolicy").inputs["policy"])["Statement"]
    assert sent["Condition"] == {
        "ArnEquals": {"aws:SourceArn": "arn:aws:s3:::uploads"},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }


@pytest.mark.parametrize("fifo", [True, False])
def test_a_topic_in_order(*, fifo: bool) -> None:
    """The ending and deduplication come with `fifo`, and only with it."""
    inputs = made(Topic, replace(TOPIC, fifo=fifo)).one("aws:sns/topic:Topic").inputs
    assert inputs["name"] == ("dev-team-a-events.fifo" if fifo else "dev-team-a-events")
    assert inputs.get("contentBasedDeduplication", False) == fifo


def test_a_subscription() -> None:
    """Delivered raw, filtered by what the document says."""
    given = SubscriptionArgs("orders", "arn:aws:sqs:eu-central-1:1:orders", filter_policy={"kind": ["order"]}, filter_body=True)
    one = made(Topic, replace(TOPIC, subscriptions=[given])).one("aws:sns/topicSubscription:TopicSubscription")
    assert one.name == "one-orders"
    expected = {
        "protocol": "sqs", "endpoint": "arn:aws:sqs:eu-central-1:1:orders", "rawMessageDelivery": True,
        "filterPolicy": '{"kind": ["order"]}', "filterPolicyScope": "MessageBody",
    }  # fmt: skip
    assert expected.items() <= one.inputs.items()


def test_a_table_is_safe_by_default() -> None:
    """Encrypted by a key of KMS, recoverable to any moment, deletion protected at AWS too, capacity by demand."""
    table = made(Table, TABLE).one("aws:dynamodb/table:Table").inputs
    expected = {
        "name": "dev-team-a-orders", "billingMode": "PAY_PER_REQUEST", "deletionProtectionEnabled": True, "hashKey": "pk", "rangeKey": "sk",
        "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 35}, "serverSideEncryption": {"enabled": True},
        "attributes": [{"name": "pk", "type": "S"}, {"name": "sk", "type": "N"}],
    }  # fmt: skip
    assert expected.items() <= table.items()
    assert "ttl" not in table


def test_a_table_with_everything() -> None:
    """Indexes of each projection, provisioned capacity for the table and each of them, items that go by themselves."""
    indexes = [IndexArgs("by-day", KeyArgs("day")), IndexArgs("keys", KeyArgs("day", "pk"), []), IndexArgs("some", KeyArgs("day"), ["a"])]
    indexes.append(IndexArgs("local", KeyArgs("pk", "day"), local=True))
    args = replace(TABLE, attributes={"pk": "S", "sk": "N", "day": "S"}, indexes=indexes, capacity=(5, 2), ttl="gone", stream="NEW_IMAGE")
    table = made(Table, replace(args, protected=False)).one("aws:dynamodb/table:Table").inputs
    units = {"readCapacity": 5, "writeCapacity": 2}
    assert table["globalSecondaryIndexes"] == [
        {"name": "by-day", "hashKey": "day", "projectionType": "ALL", **units},
        {"name": "keys", "hashKey": "day", "rangeKey": "pk", "projectionType": "KEYS_ONLY", **units},
        {"name": "some", "hashKey": "day", "projectionType": "INCLUDE", "nonKeyAttributes": ["a"], **units},
    ]
    assert table["localSecondaryIndexes"] == [{"name": "local", "rangeKey": "day", "projectionType": "ALL"}]
    assert (table["billingMode"], table["ttl"]) == ("PROVISIONED", {"enabled": True, "attributeName": "gone"})
    assert (table["streamEnabled"], table["streamViewType"], table["deletionProtectionEnabled"]) == (True, "NEW_IMAGE", False)


def test_a_cache_is_safe_by_default() -> None:
    """Encrypted at rest and on the way, asks for a token, keeps snapshots, takes over by itself, and leaves a last snapshot."""
    cache = made(Cache, CACHE).one("aws:elasticache/replicationGroup:ReplicationGroup").inputs
    expected = {
        "atRestEncryptionEnabled": True, "transitEncryptionEnabled": True, "transitEncryptionMode": "required", "multiAzEnabled": True,
        "automaticFailoverEnabled": True, "numCacheClusters": 2, "snapshotRetentionLimit": 7, "autoMinorVersionUpgrade": True,
        "finalSnapshotIdentifier": "dev-team-a-sessions-final", "parameterGroupName": "dev-team-a-sessions-valkey8", "port": 6379,
    }  # fmt: skip
    assert expected.items() <= cache.items()


def test_a_single_cache_does_not_fail_over() -> None:
    """Without a replica there is nothing to fail over to, and AWS refuses the wish."""
    cache = made(Cache, replace(CACHE, replicas=0)).one("aws:elasticache/replicationGroup:ReplicationGroup").inputs
    assert (cache["numCacheClusters"], cache["automaticFailoverEnabled"], cache["multiAzEnabled"]) == (1, False, False)


def test_a_cache_of_several_shards() -> None:
    """Cluster mode is asked for by the group and by its parameters, always fails over, and is reached by the address that knows all."""
    recorder = made(Cache, replace(CACHE, shards=3, replicas=0))
    cache = recorder.one("aws:elasticache/replicationGroup:ReplicationGroup").inputs
    expected = {
        "clusterMode": "enabled",
        "numNodeGroups": 3,
        "replicasPerNodeGroup": 0,
        "automaticFailoverEnabled": True,
        "multiAzEnabled": False,
    }
    assert expected.items() <= cache.items()
    assert "numCacheClusters" not in cache
    parameters = recorder.one("aws:elasticache/parameterGroup:ParameterGroup").inputs["parameters"]
    assert parameters == [{"name": "cluster-enabled", "value": "yes"}, {"name": "maxmemory-policy", "value": "allkeys-lru"}]


def test_only_its_network_reaches_a_cache() -> None:
    """One opening: the cache's port, from the network's own addresses."""
    recorder = made(Cache, CACHE)
    rule = recorder.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs
    assert (rule["cidrIpv4"], rule["fromPort"], rule["toPort"], rule["ipProtocol"]) == ("10.0.0.0/16", 6379, 6379, "tcp")


def test_the_token_is_secret_wherever_it_goes() -> None:
    """It is marked in each input that carries it, drawn once, and appears in no other."""
    recorder = made(Cache, CACHE)
    assert recorder.one("aws:elasticache/replicationGroup:ReplicationGroup").secrets == {"authToken"}
    version = recorder.one("aws:secretsmanager/secretVersion:SecretVersion")
    assert (version.secrets, version.ignored) == ({"secretString"}, ("secretString",))
    carriers = {one.type for one in recorder.registered if PASSWORD in str(one.inputs)}
    assert carriers == {"aws:elasticache/replicationGroup:ReplicationGroup", "aws:secretsmanager/secretVersion:SecretVersion"}


def test_a_table_that_is_there_already_is_imported() -> None:
    """By its name; one that is not there is made."""
    kind = "aws:dynamodb/table:Table"
    assert made(Table, replace(TABLE, imported="old-orders")).one(kind).imported == "old-orders"
    assert not made(Table, TABLE).one(kind).imported
