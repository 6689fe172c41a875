"""A platform that Transom makes itself, network and cluster included: `tests/testdata/eks`, from documents to registrations."""

from __future__ import annotations

import dataclasses
import functools
import json
from datetime import date
from pathlib import Path

import pytest

from stacks import environment
from tests import golden, repository
from tests.recording import Recorder, run
from tests.repository import APPLICATION, BASIC, CLUSTER, TENANT
from transom.catalog import estimates, load, names, shards
from transom.catalog.model import Catalog
from transom.catalog.shards import Shard
from transom.engine import urns
from transom.source.directory import DirectorySource

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the engine is told of a value that is not known yet."""
TODAY = date(2026, 11, 23)
ROOM = Path(__file__).parents[1] / "testdata" / "eks"
LINKED = {
    "layout": "foundation",
    "network": {"vpcId": "vpc-0", "subnetIds": ["subnet-0"], "cidr": "10.20.0.0/16"},
    "clusters": {"main": '{"kind": "Config"}'},
}


def opened(how: str = "none") -> Catalog:
    """The catalog, in a cut."""
    catalog = load.load(load.environment(ROOM, "cloud"), [DirectorySource("platform", ROOM / "platform").snapshot()], repository.renderer())
    document = catalog.environment.document
    spec = document.spec.model_copy(update={"shards": how})
    return dataclasses.replace(
        catalog, environment=dataclasses.replace(catalog.environment, document=document.model_copy(update={"spec": spec}))
    )


def built(catalog: Catalog, shard: Shard, recorder: Recorder | None = None, *, preview: bool = False) -> Recorder:
    """The program of one stack."""
    return run(lambda: environment.build(catalog, shard, today=TODAY), recorder, stack=shard.stack, preview=preview)


@functools.cache
def whole() -> Recorder:
    """The environment in one stack."""
    catalog = opened()
    return built(catalog, shards.cut(catalog)[0])


def test_urns() -> None:
    """Names in state are an interface: a changed URN deletes and creates again."""
    golden.check("urns/cloud.txt", "".join(f"{urn}\n" for urn in whole().urns))


def test_every_resource_belongs_to_a_document() -> None:
    """What the plan, the drift and the status tell of is told under the document that a person wrote."""
    parents = {one.urn: one.parent for one in whole().registered}
    owners = {urns.document(one.urn, parents) for one in whole().registered if one.type.startswith("aws:")}
    documents = {"Network/main", "Cluster/main", "Application/shop", "Bucket/uploads", "Queue/orders", "Queue/failed", "Topic/events"}
    assert owners == {*documents, "Table/carts", "Cache/sessions"}


def test_the_estimate_is_exact() -> None:
    """What the documents alone say they become is what is registered."""
    counted = len([one for one in whole().registered if one.type != "pulumi:pulumi:Stack"]) + 1
    assert counted <= estimates.resources(opened()) <= counted + 2


def test_objects_wait_for_the_cluster() -> None:
    """The cluster's provider has the kubeconfig that the cluster gives, as a secret, and waits for nodes and add-ons."""
    provider = whole().one("pulumi:providers:kubernetes")
    assert provider.secrets == {"kubeconfig"}
    assert "context" not in provider.inputs
    names = {one.urn: (one.type.rpartition(":")[2], one.name) for one in whole().registered}
    awaited = {names[urn] for urn in provider.depends_on if urn in names}
    assert {
        ("NodeGroup", "main-general"),
        ("NodeGroup", "main-batch"),
        ("Addon", "main-coredns"),
        ("AccessEntry", "main-role/platform"),
    } <= awaited


def test_an_applications_role() -> None:
    """Its pods get the service account of its own, and the role has one policy for each binding that AWS permits."""
    recorder = whole()
    web = recorder.one("kubernetes:apps/v1:Deployment").inputs
    assert web["spec"]["template"]["spec"]["serviceAccountName"] == "shop"
    assert recorder.one("kubernetes:core/v1:ServiceAccount").name == "main/shop/shop"
    policies = {one.inputs["name"]: json.loads(one.inputs["policy"]) for one in recorder.of_type("aws:iam/rolePolicy:RolePolicy")}
    assert set(policies) - {"write"} == {"bucket-uploads", "queue-orders", "topic-events", "table-carts"}
    [way] = [one for one in recorder.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy") if one.name == "main/shop/shop-pod-identity"]
    assert way.inputs["spec"]["egress"][0]["to"][0] == {"ipBlock": {"cidr": "169.254.170.23/32"}}
    association = recorder.one("aws:eks/podIdentityAssociation:PodIdentityAssociation").inputs
    assert (association["clusterName"], association["namespace"], association["serviceAccount"]) == ("cloud-main", "shop", "shop")


def test_who_sends_to_a_queue_is_let_in_by_name() -> None:
    """The queue takes from its topic and its bucket, each by its ARN, which are known before either is there."""
    policy = json.loads(whole().one("aws:sqs/queuePolicy:QueuePolicy", "orders").inputs["policy"])
    senders = {one["Principal"]["Service"]: one["Condition"]["ArnEquals"]["aws:SourceArn"] for one in policy["Statement"][1:]}
    assert senders == {
        "sns.amazonaws.com": "arn:aws:sns:eu-central-1:123456789012:cloud-team-a-events",
        "s3.amazonaws.com": "arn:aws:s3:::cloud-team-a-uploads-123456789012",
    }
    redrive = json.loads(whole().one("aws:sqs/queue:Queue", "orders").inputs["redrivePolicy"])
    assert redrive["deadLetterTargetArn"] == "arn:failed"
    takes = json.loads(whole().one("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", "failed").inputs["redriveAllowPolicy"])
    assert takes["sourceQueueArns"] == ["arn:aws:sqs:eu-central-1:123456789012:cloud-team-a-orders"]


@pytest.mark.parametrize("deployed, kubeconfig", [(LINKED, '{"kind": "Config"}'), ({}, UNKNOWN)])
def test_a_tenants_stack_reaches_the_foundations_cluster(deployed: dict[str, object], kubeconfig: str) -> None:
    """By the kubeconfig that the foundation exported; before there is one, a preview goes on with an address that is not known."""
    catalog = opened("tenant")
    foundation, tenant = shards.cut(catalog)
    assert {one.type for one in built(catalog, foundation).registered} >= {"aws:eks/cluster:Cluster", "aws:ec2/vpc:Vpc"}
    recorder = built(catalog, tenant, Recorder(outputs={"cloud": deployed}), preview=True)
    assert recorder.one("pulumi:providers:kubernetes").inputs["kubeconfig"] == kubeconfig
    assert not recorder.of_type("aws:eks/cluster:Cluster")
    assert recorder.one("kubernetes:apps/v1:Deployment").name == "main/shop/web"


def test_an_application_on_a_cluster_of_somebody_elses(tmp_path: Path) -> None:
    """Where the cluster's document names its issuer the role trusts that, bounded by the tenant, and service accounts carry the role."""
    issuer = "context: somewhere, oidcIssuer: 'https://oidc.example.com/id/A'"
    boundary = "arn:aws:iam::123456789012:policy/team-a"
    files = {
        **BASIC,
        "infrastructure/clusters/main/cluster.yaml": CLUSTER.replace("context: somewhere", issuer),
        "tenants/team-a.yaml": TENANT.replace("[shop, site]}", f"[shop, site], permissionsBoundary: '{boundary}'}}"),
        "applications/shop/application.yaml": APPLICATION + "  bindings: [{queue: orders, access: write}]\n",
        "applications/shop/queue.yaml": "apiVersion: transom.dev/v1\nkind: Queue\nmetadata: {name: orders}\n",
    }
    catalog = repository.catalog(tmp_path, files)
    recorder = built(catalog, shards.cut(catalog)[0])
    role = recorder.one("aws:iam/role:Role").inputs
    assert role["permissionsBoundary"] == boundary
    [trust] = json.loads(role["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/A"}
    account = recorder.one("kubernetes:core/v1:ServiceAccount").inputs["metadata"]
    assert account["annotations"]["eks.amazonaws.com/role-arn"] == "arn:aws:iam::123456789012:role/dev-team-a-shop-pods"
    assert not recorder.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")


def test_a_long_role_is_cut_and_told_apart() -> None:
    """IAM has 64 characters for a role: what is longer keeps its beginning and its purpose, and is unlike every other."""
    long = names.role("production-" + "a" * 60, "pods")
    assert len(long) == 64
    assert long.endswith("-pods")
    assert long != names.role("production-" + "a" * 61, "pods")
    assert names.role("dev-main", "flow-logs") == "dev-main-flow-logs"
