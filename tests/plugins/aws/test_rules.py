"""The rules of AWS and of the real provider that a wrong program or a wrong hand must meet."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sandbox.plugins.serving import InitFailed
from sandbox.plugins.values import UNKNOWN, Secret, reveal
from tests.plugins.aws.cases import OWN, assume, database, group, policy, role, rule
from tests.plugins.aws.conftest import REGION, Plugin, RefusedError, configured

BUCKET, QUEUE, DB = "aws:s3/bucket:Bucket", "aws:sqs/queue:Queue", "aws:rds/instance:Instance"
SECRET, VERSION = "aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretVersion:SecretVersion"
TAGGED = {"bucket": "shop", "tags": {"team": "shop"}}


@pytest.mark.parametrize(
    "token, given, path, reason",
    [
        (BUCKET, {"buket": "x"}, "buket", "did you mean 'bucket'"),
        (BUCKET, {"arn": "x"}, "arn", "computed by AWS"),
        (BUCKET, {"acl": "private"}, "acl", "does not implement"),
        (BUCKET, {"bucket": "Upper"}, "bucket", "lower case"),
        (BUCKET, {"tags": ["a"]}, "tags", "expected a map"),
        (BUCKET, {"forceDestroy": "perhaps"}, "forceDestroy", "expected bool"),
        (QUEUE, {"delaySeconds": 901}, "delaySeconds", "range (0 - 900)"),
        (QUEUE, {"redrivePolicy": "{"}, "redrivePolicy", "invalid JSON"),
        (QUEUE, {"name": "x.fifo"}, "name", "FIFO"),
        (QUEUE, {"namePrefix": "x"}, "namePrefix", "does not implement"),
        (DB, {"instanceClass": "x", "engine": "postgre", "allocatedStorage": 20}, "engine", "expected one of"),
        (DB, {"instanceClass": "x", "engine": "postgres", "backupRetentionPeriod": 36}, "backupRetentionPeriod", "0 - 35"),
        (DB, {"engine": "postgres"}, "instanceClass", "missing required property"),
        (
            "aws:s3/bucketVersioning:BucketVersioning",
            {"bucket": "b", "versioningConfiguration": {"state": "On"}},
            "versioningConfiguration.state",
            "status",
        ),
        (
            "aws:s3/bucketVersioning:BucketVersioning",
            {"bucket": "b", "versioningConfiguration": {"status": "On"}},
            "versioningConfiguration.status",
            "Enabled Suspended Disabled",
        ),
        (
            "aws:ec2/securityGroup:SecurityGroup",
            {"ingress": [rule(cidrBlocks=["10.0.0.1/8"])]},
            "ingress[0].cidrBlocks[0]",
            "not a valid CIDR",
        ),
        ("aws:ec2/securityGroup:SecurityGroup", {"ingress": [{"protocol": "tcp", "fromPort": 1}]}, "ingress[0].toPort", "missing required"),
        ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 2}, "retentionInDays", "expected one of"),
        ("aws:iam/role:Role", {"assumeRolePolicy": "[]"}, "assumeRolePolicy", "not a JSON object"),
        (VERSION, {"secretId": "x"}, "secretString", "exactly one"),
    ],
)
def test_check_refuses(plugin: Plugin, token: str, given: dict[str, Any], path: str, reason: str) -> None:
    """A wrong input is refused in the check, by its path, with what is right."""
    _, failures = plugin.check(token, given)
    assert reason in failures[path]


def test_check_converts_as_the_real_plugin(plugin: Plugin) -> None:
    """Numbers and booleans written as text count as such, an object where JSON is wanted becomes JSON."""
    inputs, failures = plugin.check(QUEUE, {"delaySeconds": "5", "fifoQueue": "false", "policy": {"Statement": []}})
    assert not failures
    assert (inputs["delaySeconds"], inputs["fifoQueue"], inputs["policy"]) == (5, False, '{"Statement":[]}')


def test_check_keeps_secrets_and_unknowns(plugin: Plugin) -> None:
    """A secret stays one, an unknown too, and a wrong secret is not told."""
    inputs, failures = plugin.check(VERSION, {"secretId": UNKNOWN, "secretString": Secret("hush")})
    assert not failures
    assert inputs["secretString"] == Secret("hush")
    assert inputs["secretId"] is UNKNOWN
    _, failures = plugin.check(DB, {"instanceClass": "db.t4g.small", "engine": "postgres", "password": Secret(["hush-hush"])})
    assert "hush" not in str(failures)


def test_names_are_made_and_kept(plugin: Plugin) -> None:
    """A resource without a name gets `name-<7 hex>`, the same at the next run; a FIFO queue's ends with .fifo; long names are cut."""
    first, _ = plugin.check(QUEUE, {"fifoQueue": True}, name="orders")
    assert re.fullmatch(r"orders-[0-9a-f]{7}\.fifo", first["name"])
    again, _ = plugin.check(QUEUE, {"fifoQueue": True}, first, name="orders")
    assert again["name"] == first["name"]
    long, _ = plugin.check(BUCKET, {}, name="A" * 90)
    assert len(long["bucket"]) == 63
    assert long["bucket"].islower()


def test_preview_knows_what_is_known(plugin: Plugin) -> None:
    """A preview gives what is declared and leaves unknown what only AWS can tell."""
    state = plugin.preview(BUCKET, TAGGED)
    assert state["bucket"] == "shop"
    assert state["tagsAll"] == {"team": "shop"}
    assert state["arn"] is UNKNOWN


@pytest.mark.parametrize(
    "token, given",
    [
        (BUCKET, TAGGED),
        ("aws:secretsmanager/secret:Secret", {"name": "x"}),
        ("aws:sns/topic:Topic", {"name": "x"}),
        ("aws:iam/role:Role", {"name": "x", "assumeRolePolicy": assume()}),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "x"}),
        (
            "aws:dynamodb/table:Table",
            {"name": "table", "billingMode": "PAY_PER_REQUEST", "hashKey": "a", "attributes": [{"name": "a", "type": "S"}]},
        ),
        ("aws:rds/parameterGroup:ParameterGroup", {"name": "x", "family": "postgres16"}),
    ],
    ids=lambda value: value.rpartition(":")[2] if isinstance(value, str) else "",
)
def test_what_exists_is_not_adopted(plugin: Plugin, token: str, given: dict[str, Any]) -> None:
    """Creating what exists already is refused."""
    plugin.create(token, given)
    with pytest.raises(RefusedError, match=r"(?i)exist"):
        plugin.create(token, given)


def test_database_that_exists_is_not_adopted(plugin: Plugin) -> None:
    """A database of the same identifier is refused with AWS's own code, and the error says which."""
    given = database(plugin)
    plugin.create(DB, given)
    with pytest.raises(RefusedError, match=r"creating RDS DB Instance \(shop-db\).*DBInstanceAlreadyExists"):
        plugin.create(DB, given)


def test_database_never_shrinks(plugin: Plugin) -> None:
    """Healing grown storage would be a shrink, which AWS refuses: it is reported as drift and refused as an update."""
    have = plugin.create(DB, {**database(plugin), "maxAllocatedStorage": 0})
    plugin.client("rds").modify_db_instance(DBInstanceIdentifier="shop-db", AllocatedStorage=40, ApplyImmediately=True)
    assert plugin.drift(have) == {"allocatedStorage": "UPDATE"}
    with pytest.raises(RefusedError, match="InvalidParameterCombination"):
        plugin.heal(have)
    assert plugin.client("rds").describe_db_instances()["DBInstances"][0]["AllocatedStorage"] == 40


def test_autoscaled_storage_is_no_drift(plugin: Plugin) -> None:
    """Storage that has grown below maxAllocatedStorage is what was asked for."""
    have = plugin.create(DB, {**database(plugin), "allocatedStorage": 20, "maxAllocatedStorage": 100})
    plugin.client("rds").modify_db_instance(DBInstanceIdentifier="shop-db", AllocatedStorage=40, ApplyImmediately=True)
    assert plugin.drift(have) == {}


def test_database_versions(plugin: Plugin) -> None:
    """A minor version within the line asked for is no difference; a major upgrade must be allowed; a downgrade is refused."""
    given = database(plugin)
    have = plugin.create(DB, given)
    plugin.client("rds").modify_db_instance(DBInstanceIdentifier="shop-db", EngineVersion="16.9", ApplyImmediately=True)
    assert plugin.drift(have) == {}
    assert plugin.read(have)[1]["engineVersionActual"] == "16.9"
    have.state = plugin.read(have)[1]
    with pytest.raises(RefusedError, match="AllowMajorVersionUpgrade"):
        plugin.update(have, {**given, "engineVersion": "17.2"})
    with pytest.raises(RefusedError, match="Cannot upgrade"):
        plugin.update(have, {**given, "engineVersion": "16.1"})
    plugin.update(have, {**given, "engineVersion": "17.2", "allowMajorVersionUpgrade": True})
    assert plugin.drift(have) == {}


def test_database_deletion_is_guarded(plugin: Plugin) -> None:
    """A protected database is not deleted; without a word on the final snapshot neither; with its name the snapshot is made."""
    given = {**database(plugin), "deletionProtection": True, "finalSnapshotIdentifier": None}
    have = plugin.create(DB, given)
    with pytest.raises(RefusedError, match="final_snapshot_identifier is required when skip_final_snapshot is false"):
        plugin.delete(have)
    plugin.update(have, {**given, "finalSnapshotIdentifier": "last"})
    with pytest.raises(RefusedError, match="Cannot delete protected DB Instance"):
        plugin.delete(have)
    plugin.update(have, {**given, "finalSnapshotIdentifier": "last", "deletionProtection": False})
    plugin.delete(have)
    assert [each["DBSnapshotIdentifier"] for each in plugin.client("rds").describe_db_snapshots()["DBSnapshots"]] == ["last"]


def test_passwords_stay_secret(plugin: Plugin) -> None:
    """A password comes back as a secret even if the program gave it bare, also from a refresh, and is in no error."""
    given = {**database(plugin), "password": "correct-horse-battery"}
    have = plugin.create(DB, given)
    assert have.state["password"] == Secret("correct-horse-battery")
    _, state, inputs = plugin.read(have)
    assert isinstance(state["password"], Secret)
    assert isinstance(inputs["password"], Secret)
    secret = plugin.create(SECRET, {"name": "x"})
    version = plugin.create(VERSION, {"secretId": secret.id, "secretString": "hush"})
    assert version.state["secretString"] == Secret("hush")
    assert plugin.preview(DB, {**given, "identifier": "y"})["password"] == Secret("correct-horse-battery")


def test_bucket_that_holds_something_is_kept(plugin: Plugin) -> None:
    """A bucket with objects is not deleted without forceDestroy; with it all versions go too."""
    have = plugin.create(BUCKET, TAGGED)
    s3 = plugin.client("s3")
    s3.put_bucket_versioning(Bucket="shop", VersioningConfiguration={"Status": "Enabled"})
    for text in (b"1", b"2"):
        s3.put_object(Bucket="shop", Key="k", Body=text)
    s3.delete_object(Bucket="shop", Key="k")
    with pytest.raises(RefusedError, match=r"deleting S3 Bucket \(shop\).*BucketNotEmpty"):
        plugin.delete(have)
    plugin.update(have, {**TAGGED, "forceDestroy": True})
    plugin.delete(have)
    assert plugin.read(have)[0] == ""


def test_secret_waits_for_its_recovery_window(plugin: Plugin) -> None:
    """A deleted secret is gone for the program, and kept by AWS for its window; 0 removes it at once."""
    have = plugin.create(SECRET, {"name": "kept"})
    plugin.delete(have)
    assert plugin.read(have)[0] == ""
    with pytest.raises(RefusedError):
        plugin.create(SECRET, {"name": "kept"})
    have = plugin.create(SECRET, {"name": "gone", "recoveryWindowInDays": 0})
    plugin.delete(have)
    plugin.create(SECRET, {"name": "gone"})


def test_deleting_what_is_gone_is_no_error(plugin: Plugin) -> None:
    """A resource that somebody has deleted is deleted without complaint."""
    have = plugin.create(QUEUE, {})
    plugin.client("sqs").delete_queue(QueueUrl=have.id)
    assert plugin.read(have)[0] == ""
    plugin.delete(have)


def test_policies_are_compared_by_meaning(plugin: Plugin) -> None:
    """White space, key order, the order of actions and a list of one say nothing; a changed action does."""
    bucket = plugin.create(BUCKET, TAGGED)
    token = "aws:s3/bucketPolicy:BucketPolicy"
    have = plugin.create(token, {"bucket": bucket.id, "policy": policy(["s3:GetObject", "s3:PutObject"])})  # type: ignore[arg-type]
    same = json.dumps(json.loads(policy(["s3:PutObject", "s3:GetObject"], ["*"])), indent=3)  # type: ignore[arg-type]
    assert plugin.diff(have, {"bucket": bucket.id, "policy": same}).detailed == {}
    other = policy(["s3:PutObject"])  # type: ignore[arg-type]
    assert plugin.diff(have, {"bucket": bucket.id, "policy": other}).detailed == {"policy": "UPDATE"}


def test_name_given_deletes_first(plugin: Plugin) -> None:
    """A replacement whose name was given and stays deletes first; with a generated name, or a new one, it creates first."""
    token = "aws:ec2/securityGroup:SecurityGroup"
    named = plugin.create(token, {"name": "mine", "description": "a"})
    assert plugin.diff(named, {"name": "mine", "description": "b"}).first
    assert not plugin.diff(named, {"name": "other", "description": "b"}).first
    generated = plugin.create(token, {"description": "a"})
    found = plugin.diff(generated, {"description": "b"})
    assert found.replaces == ["description"]
    assert not found.first


def test_unknown_inputs_differ(plugin: Plugin) -> None:
    """An input that only the apply can tell counts as a difference, and as a replacement where it would be one."""
    version = plugin.create("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {"bucket": plugin.create(BUCKET, TAGGED).id})
    assert plugin.diff(version, {"bucket": UNKNOWN}).detailed == {"bucket": "UPDATE_REPLACE"}


def test_ignored_changes_are_silent(plugin: Plugin) -> None:
    """A path of ignoreChanges, with or without a wildcard, hides what differs there and nothing else."""
    have = plugin.create(BUCKET, TAGGED)
    changed = {"bucket": "shop", "tags": {"team": "x", "y": "z"}, "forceDestroy": True}
    assert plugin.diff(have, changed, ignore=("tags.team",)).detailed == {"tags.y": "ADD", "forceDestroy": "UPDATE"}
    assert plugin.diff(have, changed, ignore=("tags",)).detailed == {"forceDestroy": "UPDATE"}
    assert plugin.diff(have, changed, ignore=('tags["*"]', "tags.*", "forceDestroy")).detailed == {}


@pytest.mark.usefixtures("plugin")
def test_default_tags(endpoint: str) -> None:
    """Default tags lie below the resource's own, are no drift, and their change updates what carries them."""
    first = Plugin(configured({"region": REGION, "defaultTags": json.dumps({"tags": {"stage": "dev", "team": "all"}})}), endpoint)
    have = first.create(BUCKET, TAGGED)
    assert have.state["tags"] == {"team": "shop"}
    assert have.state["tagsAll"] == {"team": "shop", "stage": "dev"}
    assert first.drift(have) == {}
    second = Plugin(configured({"region": REGION, "defaultTags": json.dumps({"tags": {"stage": "prod"}})}), endpoint)
    assert second.diff(have).detailed == {"tagsAll.stage": "UPDATE"}
    second.update(have, TAGGED)
    assert second.drift(have) == {}
    assert have.state["tagsAll"] == {"team": "shop", "stage": "prod"}


@pytest.mark.usefixtures("plugin")
def test_ignored_tags_are_left_alone(endpoint: str) -> None:
    """Tags of others are neither shown nor removed."""
    mine = Plugin(configured({"region": REGION, "ignoreTags": json.dumps({"keyPrefixes": ["kubernetes.io/"]})}), endpoint)
    have = mine.create(BUCKET, TAGGED)
    tags = [{"Key": "kubernetes.io/cluster", "Value": "x"}, {"Key": "team", "Value": "shop"}]
    mine.client("s3").put_bucket_tagging(Bucket="shop", Tagging={"TagSet": tags})
    assert mine.drift(have) == {}
    mine.update(have, {"bucket": "shop", "tags": {"team": "web"}})
    found = mine.client("s3").get_bucket_tagging(Bucket="shop")["TagSet"]
    assert {each["Key"]: each["Value"] for each in found} == {"kubernetes.io/cluster": "x", "team": "web"}


@pytest.mark.parametrize(
    "token, given, import_id",
    [
        (BUCKET, lambda _p: TAGGED, lambda have: have.id),
        (QUEUE, lambda _p: {"name": "q", "delaySeconds": 5}, lambda have: have.id),
        (DB, lambda p: {**database(p), "password": Secret("long-enough"), "skipFinalSnapshot": True}, lambda _have: "shop-db"),
        ("aws:iam/role:Role", role, lambda have: have.id),
        ("aws:secretsmanager/secret:Secret", lambda _p: {"name": "s"}, lambda have: have.id),
        (
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            lambda p: {"role": p.create("aws:iam/role:Role", role(p)).id, "policyArn": OWN},
            lambda have: f"{have.state['role']}/{OWN}",
        ),
    ],
    ids=lambda value: value.rpartition(":")[2] if isinstance(value, str) else "",
)
def test_import(plugin: Plugin, token: str, given: Any, import_id: Any) -> None:
    """A resource is read by the id the real provider imports it by, and gives its inputs; one that is not there has no id."""
    have = plugin.create(token, given(plugin))
    id_, state, inputs = plugin.imported(token, import_id(have))
    assert id_
    assert state.keys() >= set(reveal(have.state)) - {"password", "finalSnapshotIdentifier", "id"}
    for name, value in reveal(have.given).items():
        if name not in {
            "password",
            "finalSnapshotIdentifier",
            "skipFinalSnapshot",
            "applyImmediately",
            "maintenanceWindow",
            "performanceInsightsEnabled",
        }:
            assert inputs.get(name) == value or not value, name
    plugin.servicer.cancelled.clear()
    assert plugin.imported(BUCKET, "never-was")[0] == ""


def test_refresh_brings_what_was_not_declared(plugin: Plugin) -> None:
    """An input nobody declared and somebody set shows in the refreshed inputs; computed ones do not."""
    have = plugin.create(BUCKET, {"bucket": "shop"})
    plugin.client("s3").put_bucket_tagging(Bucket="shop", Tagging={"TagSet": [{"Key": "hand", "Value": "made"}]})
    _, state, inputs = plugin.read(have)
    assert inputs["tags"] == state["tags"] == {"hand": "made"}
    assert plugin.drift(have) == {"tags": "DELETE"}


def test_rules_beside_a_group_are_no_drift_of_it(plugin: Plugin) -> None:
    """A security group that declares no rules does not fight with the resources that hold its rules."""
    token = "aws:ec2/securityGroup:SecurityGroup"
    have = plugin.create(token, {"name": "g"})
    plugin.create(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {"securityGroupId": have.id, "referencedSecurityGroupId": group(plugin), "ipProtocol": "tcp", "fromPort": 1, "toPort": 2},
    )
    assert plugin.drift(have) == {}


def test_update_of_what_is_gone_says_so(plugin: Plugin) -> None:
    """An update of a vanished resource fails and names it."""
    have = plugin.create("aws:cloudwatch/logGroup:LogGroup", {"name": "/x"})
    plugin.client("logs").delete_log_group(logGroupName="/x")
    with pytest.raises(RefusedError, match=r"updating CloudWatch Logs Log Group \(/x\)"):
        plugin.update(have, {"name": "/x", "retentionInDays": 7})


def test_unknown_type_is_refused(plugin: Plugin) -> None:
    """A type that has no entry is refused by name, with the nearest one."""
    with pytest.raises(
        RefusedError, match=r"does not implement the resource type aws:sqs/queues:Queues; did you mean 'aws:sqs/queue:Queue'"
    ):
        plugin.check("aws:sqs/queues:Queues", {})


def test_two_queue_policies_do_not_erase_each_other(plugin: Plugin) -> None:
    """Attributes of one queue set by several resources all stay."""
    dead, queue = plugin.create(QUEUE, {}, name="dead"), plugin.create(QUEUE, {}, name="q")
    kept = plugin.create("aws:sqs/queuePolicy:QueuePolicy", {"queueUrl": queue.id, "policy": policy("sqs:*")})
    text = json.dumps({"deadLetterTargetArn": dead.state["arn"], "maxReceiveCount": 3})
    plugin.create("aws:sqs/redrivePolicy:RedrivePolicy", {"queueUrl": queue.id, "redrivePolicy": text})
    plugin.update(queue, {"visibilityTimeoutSeconds": 5})
    assert plugin.drift(kept) == {}


def test_half_made_resource_is_not_lost(plugin: Plugin) -> None:
    """A resource whose creation fails after AWS has made it is handed to the engine with its id, so that the state holds it."""
    attached = ["arn:aws:iam::123456789012:policy/not-there"]
    with pytest.raises(RefusedError, match=r"creating IAM Role \(half\).*NoSuchEntity") as caught:
        plugin.create("aws:iam/role:Role", {"name": "half", "assumeRolePolicy": assume(), "managedPolicyArns": attached})
    assert isinstance(caught.value.__context__, InitFailed)
    assert caught.value.__context__.id == "half"
    assert plugin.imported("aws:iam/role:Role", "half")[0] == "half"
