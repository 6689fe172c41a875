"""Cluster connections, objects, tenants and applications."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pulumi
import pytest

from components.application import Application, ApplicationArgs, Binding, Owned
from components.cluster import Cluster, ClusterArgs, ClusterConnection, ClusterConnectionArgs
from components.objects import ObjectArgs
from components.tenant import DeployerArgs, Opening, Peers, Tenant, TenantArgs
from tests.recording import Recorder, Registered, run
from transom.catalog import names
from transom.specs.kinds import KINDS

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web", "transom.dev/tenant": "mine"}},
    "spec": {
        "template": {
            "spec": {
                "initContainers": [{"name": "first"}],
                "containers": [{"name": "web", "envFrom": [{"configMapRef": {"name": "own"}}]}],
            }
        }
    },
}


def connected(program: Callable[[ClusterConnection], object]) -> Recorder:
    """Runs a program that has a connection to the cluster `main`."""
    return run(lambda: program(ClusterConnection("main", ClusterConnectionArgs("somewhere"))))


def obj(kind: str, name: str = "x", version: str = "v1") -> dict[str, Any]:
    """A bare object."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}


def application(*objects: dict[str, Any], bindings: Sequence[Binding] = ()) -> Callable[[ClusterConnection], object]:
    """An application of these objects, each in namespace `shop`."""

    def program(connection: ClusterConnection) -> None:
        args = ApplicationArgs("dev", "team-a", "main", connection, "shop", [Owned(one, "shop") for one in objects], bindings=bindings)
        Application("shop", args)

    return program


def objects(recorder: Recorder) -> list[Registered]:
    """Kubernetes objects in the order of their registration."""
    return [one for one in recorder.registered if one.type.startswith("kubernetes:")]


def test_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Server-side apply with in-place updates; no path and no credential is in the state, not even the one that KUBECONFIG has."""
    monkeypatch.setenv("KUBECONFIG", "/elsewhere/kubeconfig")
    inputs = connected(lambda _: None).one("pulumi:providers:kubernetes").inputs
    assert inputs == {
        "context": "somewhere",
        "kubeconfig": "",
        "enableServerSideApply": "true",
        "enableConfigMapMutable": "true",
        "enableSecretMutable": "true",
    }


def test_an_object_is_owned() -> None:
    """Objects carry whose they are, take over fields that others set by hand, and keep their own words."""
    recorder = connected(application(DEPLOYMENT))
    (one,) = objects(recorder)
    assert one.name == "main/shop/web"
    assert one.inputs["metadata"]["labels"] == {
        "app": "web", "app.kubernetes.io/managed-by": "transom", "transom.dev/application": "shop",
        "transom.dev/environment": "dev", "transom.dev/tenant": "mine",
    }  # fmt: skip
    assert one.inputs["metadata"]["annotations"] == {"pulumi.com/patchForce": "true"}
    assert one.inputs["metadata"]["namespace"] == "shop"
    assert one.provider == recorder.one("pulumi:providers:kubernetes").urn
    assert one.parent == recorder.one("transom:kubernetes:Application").urn


@pytest.mark.parametrize(
    "version, kind, token",
    [
        ("v1", "ConfigMap", "kubernetes:core/v1:ConfigMap"),
        ("apps/v1", "Deployment", "kubernetes:apps/v1:Deployment"),
        ("example.com/v1alpha1", "Thing", "kubernetes:example.com/v1alpha1:Thing"),
    ],
)
def test_any_kind_can_be_registered(version: str, kind: str, token: str) -> None:
    """Type tokens are those of the real provider, for any kind, without asking a cluster."""
    assert [one.type for one in objects(connected(application(obj(kind, version=version))))] == [token]


def test_only_what_never_gets_ready_is_not_awaited() -> None:
    """An Ingress without a controller never reports an address; everything else is waited for."""
    recorder = connected(application(obj("Ingress", version="networking.k8s.io/v1"), obj("Service")))
    skipped = {one.type for one in objects(recorder) if "pulumi.com/skipAwait" in one.inputs["metadata"]["annotations"]}
    assert skipped == {"kubernetes:networking.k8s.io/v1:Ingress"}


def test_order_of_objects() -> None:
    """Settings come before workloads, workloads before what needs them; each step waits for the one before."""
    recorder = connected(
        application(
            obj("Ingress", "c", "networking.k8s.io/v1"), obj("Deployment", "b", "apps/v1"), obj("ConfigMap", "a"), obj("Service", "b")
        )
    )
    urns = {one.type.rpartition(":")[2]: one for one in objects(recorder)}
    assert urns["ConfigMap"].depends_on == set()
    assert urns["Deployment"].depends_on == urns["Service"].depends_on == {urns["ConfigMap"].urn}
    assert urns["Ingress"].depends_on == {urns["Deployment"].urn, urns["Service"].urn}


def test_bindings_reach_every_container() -> None:
    """Each container gets the bound variables behind its own; a secret binding is a Secret whose values are secret."""

    def program(connection: ClusterConnection) -> None:
        bindings = [
            Binding("shop-database-shop", {"DATABASE_URL": pulumi.Output.secret("postgresql://x")}, secret=True),
            Binding("shop-queue-orders", {"QUEUE_URL": "https://q"}, secret=False),
        ]
        application(DEPLOYMENT, obj("Service"), bindings=bindings)(connection)

    recorder = connected(program)
    pod = recorder.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]["spec"]
    added = [{"secretRef": {"name": "shop-database-shop"}}, {"configMapRef": {"name": "shop-queue-orders"}}]
    assert pod["initContainers"][0]["envFrom"] == added
    assert pod["containers"][0]["envFrom"] == [{"configMapRef": {"name": "own"}}, *added]
    secret = recorder.one("kubernetes:core/v1:Secret")
    assert secret.inputs["stringData"] == {"DATABASE_URL": "postgresql://x"}
    assert any(path.startswith("stringData") for path in secret.secrets)
    assert recorder.one("kubernetes:core/v1:ConfigMap").inputs["data"] == {"QUEUE_URL": "https://q"}
    assert {secret.urn, recorder.one("kubernetes:core/v1:ConfigMap").urn} <= recorder.one("kubernetes:apps/v1:Deployment").depends_on
    assert "envFrom" not in DEPLOYMENT["spec"]["template"]["spec"]["initContainers"][0], "the document itself is left as it was"


@pytest.mark.parametrize(
    "kind, version", [("StatefulSet", "apps/v1"), ("DaemonSet", "apps/v1"), ("Job", "batch/v1"), ("CronJob", "batch/v1")]
)
def test_every_workload_is_bound(kind: str, version: str) -> None:
    """Whatever runs containers gets the variables."""
    template: dict[str, Any] = {"template": {"spec": {"containers": [{"name": "a"}]}}}
    spec = {"jobTemplate": {"spec": template}} if kind == "CronJob" else template
    recorder = connected(application({**obj(kind, version=version), "spec": spec}, bindings=[Binding("b", {"A": "1"}, secret=False)]))
    assert "configMapRef" in str(recorder.one(f"kubernetes:{version}:{kind}").inputs)


OWNERS = {"team-a": "edit", "/org/auditors": "view"}
TENANT = TenantArgs(
    environment="dev",
    connections={},
    namespaces=("shop", "site"),
    roles={names.role_binding(group, role): (group, role) for group, role in OWNERS.items()},
    quota={"pods": "40"},
    container_requests={"cpu": "100m"},
    container_limits={"memory": "512Mi"},
    pod_security="baseline",
    allow_from_tenants=("team-b",),
    allow_from_namespaces=("ingress",),
    allow_egress=("0.0.0.0/0", "10.0.0.0/8"),
)


def tenant(**changed: Any) -> Recorder:
    """A tenant on the cluster `main`."""
    from dataclasses import replace

    return connected(lambda connection: Tenant("team-a", replace(TENANT, connections={"main": connection}, **changed)))


def policies(recorder: Recorder, namespace: str = "shop") -> dict[str, Any]:
    """Network policies of a namespace by name."""
    found = [one.inputs for one in recorder.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")]
    return {one["metadata"]["name"]: one["spec"] for one in found if one["metadata"]["namespace"] == namespace}


def test_a_tenant_is_closed_and_opened() -> None:
    """Nothing gets in or out but the tenant's own traffic, DNS, named neighbours, and named ranges without the node's credentials."""
    found = policies(tenant())
    assert found["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert [rule["ports"] for rule in found["allow-dns"]["egress"]] == [[{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]]
    neighbours = [peer["namespaceSelector"]["matchLabels"] for peer in found["allow-from-others"]["ingress"][0]["from"]]
    assert neighbours == [{"transom.dev/tenant": "team-b"}, {"kubernetes.io/metadata.name": "ingress"}]
    blocks = [peer["ipBlock"] for peer in found["allow-egress"]["egress"][0]["to"]]
    assert blocks == [{"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}, {"cidr": "10.0.0.0/8"}]


def test_no_opening_without_being_asked() -> None:
    """Without neighbours and ranges there is no policy that lets anything in or out of the tenant."""
    found = policies(tenant(allow_from_tenants=(), allow_from_namespaces=(), allow_egress=()))
    assert sorted(found) == ["allow-dns", "allow-own-tenant", "default-deny"]


@pytest.mark.parametrize("cidr", ["169.254.0.0/16", "128.0.0.0/1", "0.0.0.0/0"])
def test_no_range_reaches_the_credentials_of_the_node(cidr: str) -> None:
    """Any range that holds the metadata service leaves it out."""
    (block,) = [peer["ipBlock"] for peer in policies(tenant(allow_egress=(cidr,)))["allow-egress"]["egress"][0]["to"]]
    assert block["except"] == ["169.254.169.254/32"]


def test_a_namespace_is_bounded() -> None:
    """Every namespace has the security standard, the quota, the limits and the roles; the namespace itself comes first."""
    recorder = tenant()
    spaces = {one.inputs["metadata"]["name"]: one for one in recorder.of_type("kubernetes:core/v1:Namespace")}
    assert set(spaces) == {"shop", "site"}
    labels = spaces["shop"].inputs["metadata"]["labels"]
    assert [labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "warn", "audit")] == ["baseline"] * 3
    assert labels["transom.dev/tenant"] == "team-a"
    quota = [one.inputs["spec"] for one in recorder.of_type("kubernetes:core/v1:ResourceQuota")]
    assert quota == [{"hard": {"pods": "40"}}] * 2
    for one in objects(recorder):
        namespace = one.inputs["metadata"].get("namespace")
        assert namespace is None or spaces[namespace].urn in one.depends_on, one.name


def test_roles_may_be_of_any_group() -> None:
    """A group's name may hold slashes, as some identity providers write them; the binding's own name may not."""
    bindings = [one.inputs for one in tenant().of_type("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding")]
    assert {one["subjects"][0]["name"] for one in bindings} == {"team-a", "/org/auditors"}
    assert not [one for one in bindings if "/" in one["metadata"]["name"]]
    assert "team-a-edit" in {one["metadata"]["name"] for one in bindings}


def test_an_opening_has_a_name() -> None:
    """It is a policy of its own, for the pods and ports that it names."""
    opening = Opening({"app": "web"}, Peers(cidrs=["0.0.0.0/0"]), Peers(tenants=["team-b"], namespaces=["monitoring"]), [(443, "TCP")])
    ports = [{"protocol": "TCP", "port": 443}]
    assert policies(tenant(openings={"opening-metrics": opening}))["opening-metrics"] == {
        "podSelector": {"matchLabels": {"app": "web"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [
                    {"namespaceSelector": {"matchLabels": {"transom.dev/tenant": "team-b"}}},
                    {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}},
                ],
                "ports": ports,
            }
        ],
        "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}], "ports": ports}],
    }


def test_reserved_names_are_those_that_are_made() -> None:
    """The catalog refuses in documents what a tenant's component makes by itself: the two lists agree."""
    spec = {"namespaces": ["shop"], "owners": [{"group": group, "role": role} for group, role in OWNERS.items()]}
    account = DeployerArgs(names.DEPLOYER, "shop", [])
    document = KINDS["Tenant"].model_validate(
        {"apiVersion": "transom.dev/v1", "kind": "Tenant", "metadata": {"name": "team-a"}, "spec": spec}
    )
    found = {
        (one.inputs["apiVersion"].rpartition("/")[0], one.inputs["kind"], one.inputs["metadata"]["name"])
        for one in objects(tenant(deployer=account))
        if one.inputs["metadata"].get("namespace") == "shop"
    }
    assert found == names.made_by_tenant(document)  # type: ignore[arg-type]


def test_a_cluster_gets_its_objects() -> None:
    """What belongs to a cluster is below it, through its provider."""

    def program(connection: ClusterConnection) -> None:
        Cluster(
            "main", ClusterArgs(connection, [ObjectArgs(obj("Namespace", "ingress"), "", {}), ObjectArgs(obj("ConfigMap"), "default", {})])
        )

    recorder = connected(program)
    assert sorted(one.name for one in recorder.below(recorder.one("transom:kubernetes:Cluster").urn)) == ["main/default/x", "main/ingress"]


def test_what_others_may_set_and_what_stays() -> None:
    """Ignored fields are passed over by the engine; a kept object outlives its declaration; an object is neither by itself."""

    def program(connection: ClusterConnection) -> None:
        Application("plain", ApplicationArgs("dev", "team-a", "main", connection, "shop", [Owned(obj("Service"), "shop")]))
        owned = [Owned(DEPLOYMENT, "shop", ["spec.replicas"])]
        Application("kept", ApplicationArgs("dev", "team-a", "main", connection, "shop", owned, kept=True))

        hook = obj("Job", "migrate", "batch/v1")
        hook["metadata"]["annotations"] = {"argocd.argoproj.io/hook": "PreSync"}
        Application("hooked", ApplicationArgs("dev", "team-a", "main", connection, "shop", [Owned(hook, "shop")], kept=True))

    recorder = connected(program)
    assert not recorder.one("kubernetes:batch/v1:Job").kept  # kept, it would be in the way of the next run
    service, deployment = recorder.one("kubernetes:core/v1:Service"), recorder.one("kubernetes:apps/v1:Deployment")
    assert (service.ignored, service.kept) == ((), False)
    assert (deployment.ignored, deployment.kept) == (("spec.replicas",), True)
