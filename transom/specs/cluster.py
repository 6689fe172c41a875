"""Kind Cluster: a Kubernetes cluster that applications are placed on, made by somebody else or by Transom."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from transom.specs.arn import KeyArn, PrincipalArn
from transom.specs.base import FORWARD, IMMUTABLE, Document, LabelKey, LabelValue, Spec, first_twice
from transom.specs.network import log_retention
from transom.specs.owned import Guarded
from transom.specs.scalars import Bool, Cidr, Duration, Int, Name, Storage

FORMS = ("existing", "eks")
"""Where a cluster comes from; a document says exactly one."""

InstanceType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")]
KubernetesVersion = Annotated[str, StringConstraints(pattern=r"^1\.[0-9]{2}$")]
AddonVersion = Annotated[str, StringConstraints(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+$")]

_GRAVITON = re.compile(r"^(a1|[a-z]+[0-9]+g[a-z]*)\.")
"""Families with Arm processors have a g behind the generation (EC2: instance type naming conventions)."""


class ExistingCluster(Spec):
    """A cluster that somebody else made."""

    context: str = Field(min_length=1)
    """Context in the kubeconfig of whoever runs Transom (KUBECONFIG, or ~/.kube/config)."""
    version: KubernetesVersion | None = None
    """Its version of Kubernetes in quotes, e.g. `"1.34"`: objects are checked by its API. Without it by the newest that is known."""
    oidc_issuer: Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._/-]*[A-Za-z0-9])?$")] | None = None
    """Address of its OpenID issuer, when IAM has an identity provider for it: applications get roles for what they are bound to (IRSA)."""


class NodeCount(Spec):
    """How many nodes a group has."""

    min: Int = Field(default=1, ge=0, le=450)
    """Fewest nodes; also how many there are at first."""
    max: Int = Field(ge=1, le=450)
    """Most nodes (EKS limit: 450 per group). What lies between is an autoscaler's business, and no drift."""

    @model_validator(mode="after")
    def _most_is_not_less(self) -> NodeCount:
        if self.max < self.min:
            raise ValueError(f"max {self.max} is less than min {self.min}")
        return self


class TaintSpec(Spec):
    """Keeps pods away that do not tolerate it."""

    key: LabelKey
    """Key of the taint."""
    value: LabelValue = ""
    """Value of the taint."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
    """What happens to pods that do not tolerate it."""


class NodeUpdateSpec(Spec):
    """How many nodes an upgrade takes away at once: a number or a percentage."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["maxUnavailable"]}, {"required": ["maxUnavailablePercentage"]}, {"maxProperties": 0}]}
    )

    max_unavailable: Int | None = Field(default=None, ge=1, le=100)
    """Number of nodes; one when neither is written."""
    max_unavailable_percentage: Int | None = Field(default=None, ge=1, le=100)
    """Percentage of the group's nodes."""

    @model_validator(mode="after")
    def _one_of_both(self) -> NodeUpdateSpec:
        if self.max_unavailable is not None and self.max_unavailable_percentage is not None:
            raise ValueError("maxUnavailable and maxUnavailablePercentage say the same; write one of them")
        return self


class NodeGroupSpec(Spec):
    """Machines of one sort."""

    instance_types: tuple[InstanceType, ...] = Field(min_length=1, max_length=20)
    """EC2 instance types of one processor architecture, the preferred first. A change makes another group before this one goes."""
    count: NodeCount
    """How many nodes."""
    capacity: Literal["on-demand", "spot"] = "on-demand"
    """Spot is cheaper and may be taken away at two minutes' notice."""
    image: Literal["al2023", "bottlerocket"] = "al2023"
    """Operating system: Amazon Linux 2023 or Bottlerocket."""
    disk: Storage = Storage("50Gi")
    """Encrypted root volume of each node."""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels of the nodes."""
    taints: tuple[TaintSpec, ...] = ()
    """Taints of the nodes."""
    update: NodeUpdateSpec = NodeUpdateSpec()
    """How many nodes an upgrade takes away at once."""

    @model_validator(mode="after")
    def _one_architecture(self) -> NodeGroupSpec:
        if len({bool(_GRAVITON.match(one)) for one in self.instance_types}) > 1:
            raise ValueError(f"instanceTypes {', '.join(self.instance_types)} mix Arm and x86; make two groups, or choose one of both")
        if twice := first_twice((taint.key, taint.effect) for taint in self.taints):
            raise ValueError(f"taints has {twice[0]} with {twice[1]} twice; remove one of the two")
        if wrong := next((key for key in self.labels if "kubernetes.io/" in key and not key.startswith("node.kubernetes.io/")), None):
            raise ValueError(f"labels.{wrong} is set by the cluster itself; choose a prefix of your own")
        return self

    @property
    def is_arm(self) -> bool:
        """Whether the machines have Arm processors."""
        return bool(_GRAVITON.match(self.instance_types[0]))


class EndpointSpec(Spec):
    """From where the API server can be reached."""

    private: Bool = True
    """From inside the network."""
    public_cidrs: tuple[Cidr, ...] = ()
    """Address ranges on the internet that may reach it; nobody when empty."""

    @model_validator(mode="after")
    def _reachable(self) -> EndpointSpec:
        if not self.private and not self.public_cidrs:
            raise ValueError("private: false without publicCidrs leaves no way to the API server; add ranges, or leave private out")
        if twice := first_twice(self.public_cidrs):
            raise ValueError(f"publicCidrs has {twice} twice; remove one of the two")
        return self


class AccessSpec(Spec):
    """Somebody with an IAM identity, and what they may do in the cluster."""

    principal: PrincipalArn
    """ARN of an IAM role or user, e.g. `arn:aws:iam::123456789012:role/platform`."""
    policy: Literal["cluster-admin", "admin", "edit", "view"] | None = None
    """One of EKS's access policies; without one only `groups` count."""
    namespaces: tuple[Name, ...] = ()
    """Where the policy holds; everywhere when left out."""
    groups: tuple[str, ...] = ()
    """Kubernetes groups that the identity belongs to, for RBAC of your own."""

    @model_validator(mode="after")
    def _means_something(self) -> AccessSpec:
        if self.policy is None and not self.groups:
            raise ValueError(f"principal {self.principal} may do nothing; write a policy or groups")
        if self.namespaces and self.policy in (None, "cluster-admin"):
            raise ValueError(f"namespaces bound the policies admin, edit and view; {self.policy or 'groups'} hold everywhere")
        if reserved := next((group for group in self.groups if group.startswith(("system:", "eks:"))), None):
            raise ValueError(f'groups has "{reserved}", which EKS refuses: names that begin with system: or eks: are its own')
        return self


class AddonSpec(Spec):
    """Software that EKS keeps in the cluster."""

    version: AddonVersion
    """Its exact version, e.g. `v1.20.4-eksbuild.2`; what is current is told by `aws eks describe-addon-versions`."""
    configuration: dict[str, Any] = Field(default_factory=dict)
    """Its settings, as the add-on's own schema has them."""


class EksCluster(Guarded):
    """A cluster on EKS that Transom makes: encrypted, logged, with access entries and an OIDC provider."""

    version: KubernetesVersion = Field(json_schema_extra=FORWARD)
    """Kubernetes version in quotes, e.g. `"1.33"`. Upgrades go one minor version at a time and never back."""
    network: Name | None = Field(default=None, json_schema_extra=IMMUTABLE)
    """Name of a Network; the environment's (`aws.network`) when left out. Cannot be changed later."""
    node_groups: dict[Name, NodeGroupSpec] = Field(min_length=1)
    """Machines by the name of their group."""
    endpoint: EndpointSpec = EndpointSpec()
    """From where the API server can be reached: only from inside the network by default."""
    access: tuple[AccessSpec, ...] = ()
    """Who may do what, beside whoever makes the cluster."""
    addons: dict[Name, AddonSpec] = Field(default_factory=dict)
    """Add-ons by name, e.g. `vpc-cni`, `coredns`, `kube-proxy`, `eks-pod-identity-agent`, `aws-ebs-csi-driver`."""
    logs: tuple[Literal["api", "audit", "authenticator", "controllerManager", "scheduler"], ...] = ("api", "audit", "authenticator")
    """Logs of the control plane that are kept in CloudWatch Logs."""
    log_retention: Duration = Duration("90d")
    """How long they are kept, in days that CloudWatch Logs knows: 30d, 90d, 365d …"""
    kms_key: KeyArn | None = Field(default=None, json_schema_extra=IMMUTABLE)
    """ARN of the KMS key that encrypts Secrets; one is made when left out. Cannot be changed later."""
    service_cidr: Cidr | None = Field(default=None, json_schema_extra=IMMUTABLE)
    """Address range of Services, outside the network's; chosen by EKS when left out. Cannot be changed later."""

    @model_validator(mode="after")
    def _nothing_is_said_twice(self) -> EksCluster:
        log_retention("logRetention", self.log_retention)
        if log := first_twice(self.logs):
            raise ValueError(f"logs has {log} twice; remove one of the two")
        if principal := first_twice(one.principal for one in self.access):
            raise ValueError(f"access has principal {principal} twice; EKS keeps one entry for each: join them")
        return self


class ClusterSpec(Spec):
    """Where the cluster comes from."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [form], "properties": {form: {"type": "object"}}} for form in FORMS]}
    )

    existing: ExistingCluster | None = None
    """A cluster that exists already."""
    eks: EksCluster | None = None
    """A cluster on EKS that Transom makes."""
    server: str | None = Field(default=None, min_length=1)
    """Address of its API server, where documents of Argo CD name it by that."""

    @model_validator(mode="after")
    def _exactly_one_form(self) -> ClusterSpec:
        if sum(getattr(self, form) is not None for form in FORMS) != 1:
            raise ValueError("a cluster is exactly one of existing and eks")
        return self


class Cluster(Document):
    """A Kubernetes cluster, chosen by an environment through its labels."""

    kind: Literal["Cluster"]
    """Always Cluster."""
    spec: ClusterSpec
    """Where the cluster comes from."""
