"""What each team of `teams.json` gets, and the services it runs, with the typed classes of pulumi_kubernetes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs
from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    ConfigMapEnvSourceArgs,
    ConfigMapVolumeSourceArgs,
    ContainerArgs,
    ContainerPortArgs,
    EnvFromSourceArgs,
    HTTPGetActionArgs,
    LimitRange,
    LimitRangeItemArgs,
    LimitRangeSpecArgs,
    Namespace,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    ResourceQuota,
    ResourceQuotaSpecArgs,
    ResourceRequirementsArgs,
    Service,
    ServiceAccount,
    ServicePortArgs,
    ServiceSpecArgs,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import (
    IPBlockArgs,
    NetworkPolicy,
    NetworkPolicyEgressRuleArgs,
    NetworkPolicyIngressRuleArgs,
    NetworkPolicyPeerArgs,
    NetworkPolicyPortArgs,
    NetworkPolicySpecArgs,
)
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget, PodDisruptionBudgetSpecArgs
from pulumi_kubernetes.rbac.v1 import RoleBinding, RoleRefArgs, SubjectArgs

OWNED = {"pulumi.com/patchForce": "true"}
NOT_AWAITED = {"pulumi.com/skipAwait": "true"}


def declare() -> None:
    """All teams, their namespaces and services."""
    config = json.loads(Path(__file__).with_name("teams.json").read_text(encoding="utf-8"))
    provider = Provider(
        "cluster",
        context=config["context"],
        enable_server_side_apply=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
    )
    for team in config["teams"]:
        labels = {
            "app.kubernetes.io/managed-by": "transom",
            "transom.dev/tenant": team["name"],
            "transom.dev/environment": "bench",
        }
        for space in team["namespaces"]:
            namespace, foundation = declare_namespace(space["name"], team["name"], config["release"], labels, provider)
            options = pulumi.ResourceOptions(provider=provider, depends_on=foundation)
            for service in space["services"]:
                declare_service(service, namespace, config["release"], labels, options)


def declare_namespace(
    name: str, team: str, release: int, labels: dict[str, str], provider: Provider
) -> tuple[Namespace, list[pulumi.Resource]]:
    """A namespace with quota, defaults, roles and network policies; the namespace and what must be there before services."""
    namespace = Namespace(
        name,
        metadata=ObjectMetaArgs(
            name=name,
            labels=labels | {f"pod-security.kubernetes.io/{mode}": "baseline" for mode in ("enforce", "warn", "audit")},
            annotations=OWNED,
        ),
        opts=pulumi.ResourceOptions(provider=provider),
    )
    options = pulumi.ResourceOptions(provider=provider)

    def metadata(own: str) -> ObjectMetaArgs:
        return ObjectMetaArgs(name=own, namespace=namespace.metadata.name, labels=labels, annotations=OWNED)

    quota = ResourceQuota(
        f"{name}-quota",
        metadata=metadata("tenant"),
        spec=ResourceQuotaSpecArgs(hard={"requests.cpu": str(8 + release), "requests.memory": "16Gi", "pods": "40"}),
        opts=options,
    )
    limits = LimitRange(
        f"{name}-limits",
        metadata=metadata("tenant"),
        spec=LimitRangeSpecArgs(
            limits=[
                LimitRangeItemArgs(
                    type="Container",
                    default_request={"cpu": "100m", "memory": "128Mi"},
                    default={"memory": f"{512 + release}Mi"},
                )
            ]
        ),
        opts=options,
    )
    role = RoleBinding(
        f"{name}-edit",
        metadata=metadata(f"{team}-edit"),
        role_ref=RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="ClusterRole", name="edit"),
        subjects=[SubjectArgs(api_group="rbac.authorization.k8s.io", kind="Group", name=team)],
        opts=options,
    )
    own = NetworkPolicyPeerArgs(namespace_selector=LabelSelectorArgs(match_labels={"transom.dev/tenant": team}))
    dns = NetworkPolicyPeerArgs(namespace_selector=LabelSelectorArgs(match_labels={"kubernetes.io/metadata.name": "kube-system"}))
    outside = NetworkPolicyPeerArgs(ip_block=IPBlockArgs(cidr="0.0.0.0/0", except_=["169.254.169.254/32"]))
    specs = {
        "default-deny": NetworkPolicySpecArgs(pod_selector=LabelSelectorArgs(), policy_types=["Ingress", "Egress"]),
        "allow-own-tenant": NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(),
            policy_types=["Ingress", "Egress"],
            ingress=[NetworkPolicyIngressRuleArgs(from_=[own])],
            egress=[NetworkPolicyEgressRuleArgs(to=[own])],
        ),
        "allow-dns": NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(),
            policy_types=["Egress"],
            egress=[
                NetworkPolicyEgressRuleArgs(
                    to=[dns], ports=[NetworkPolicyPortArgs(protocol="UDP", port=53), NetworkPolicyPortArgs(protocol="TCP", port=53)]
                )
            ],
        ),
        "allow-egress": NetworkPolicySpecArgs(
            pod_selector=LabelSelectorArgs(), policy_types=["Egress"], egress=[NetworkPolicyEgressRuleArgs(to=[outside])]
        ),
    }
    policies = [
        NetworkPolicy(f"{name}-{own_name}", metadata=metadata(own_name), spec=spec, opts=options) for own_name, spec in specs.items()
    ]
    return namespace, [quota, limits, role, *policies]


def declare_service(
    service: dict[str, Any], namespace: Namespace, release: int, team_labels: dict[str, str], options: pulumi.ResourceOptions
) -> None:
    """One service: account, configuration, workload, its address and its disruption budget."""
    name = service["name"]
    labels = team_labels | {"transom.dev/application": name, "app.kubernetes.io/version": f"v{release}"}
    selector = {"app": name}

    def metadata(own: str, more: dict[str, str] | None = None, annotations: dict[str, str] | None = None) -> ObjectMetaArgs:
        return ObjectMetaArgs(
            name=own, namespace=namespace.metadata.name, labels=labels | (more or {}), annotations=OWNED | (annotations or {})
        )

    account = ServiceAccount(name, metadata=metadata(name), automount_service_account_token=False, opts=options)
    routes = "\n".join(f"location /{part} {{ proxy_pass http://{name}-{part}:8080; }}" for part in ("api", "assets", "events", "health"))
    variables = {
        "LOG_LEVEL": "info",
        "PORT": "8080",
        "REGION": "eu-central-1",
        "RELEASE": str(release),
        "TIMEOUT": "30s",
        "WORKERS": "4",
    }
    settings = ConfigMap(f"{name}-settings", metadata=metadata(f"{name}-settings"), data=variables, opts=options)
    files = ConfigMap(f"{name}-files", metadata=metadata(f"{name}-files"), data={"routes.conf": routes}, opts=options)
    read = json.dumps([variables, routes], sort_keys=True)  # pods roll when what they read changes
    digest = hashlib.sha256(read.encode()).hexdigest()[:16]
    for number in range(1, service["extra"] + 1):
        ConfigMap(f"{name}-extra-{number}", metadata=metadata(f"{name}-extra-{number}"), data={"value": str(number)}, opts=options)
    container = ContainerArgs(
        name="service",
        image=f"registry.example.com/service:1.{release}.0",
        ports=[ContainerPortArgs(name="http", container_port=8080)],
        env_from=[EnvFromSourceArgs(config_map_ref=ConfigMapEnvSourceArgs(name=settings.metadata.name))],
        resources=ResourceRequirementsArgs(requests={"cpu": "100m", "memory": "128Mi"}, limits={"memory": "256Mi"}),
        readiness_probe=ProbeArgs(http_get=HTTPGetActionArgs(path="/health", port="http"), period_seconds=5),
        volume_mounts=[VolumeMountArgs(name="files", mount_path="/etc/service")],
    )
    deployment = Deployment(
        name,
        metadata=metadata(name, more=selector),
        spec=DeploymentSpecArgs(
            replicas=0,
            selector=LabelSelectorArgs(match_labels=selector),
            template=PodTemplateSpecArgs(
                metadata=ObjectMetaArgs(labels=selector, annotations={"transom.dev/configuration": digest}),
                spec=PodSpecArgs(
                    service_account_name=account.metadata.name,
                    containers=[container],
                    volumes=[VolumeArgs(name="files", config_map=ConfigMapVolumeSourceArgs(name=files.metadata.name))],
                ),
            ),
        ),
        opts=options,
    )
    Service(
        name,
        metadata=metadata(name, annotations=NOT_AWAITED),
        spec=ServiceSpecArgs(selector=selector, ports=[ServicePortArgs(name="http", port=80, target_port=8080)]),
        opts=options,
    )
    PodDisruptionBudget(
        name,
        metadata=metadata(name),
        spec=PodDisruptionBudgetSpecArgs(max_unavailable=1, selector=LabelSelectorArgs(match_labels=selector)),
        opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[deployment])),
    )
