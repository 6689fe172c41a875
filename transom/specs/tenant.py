"""Kind Tenant: a team, its namespaces and what it may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from transom.specs.allowed import AllowedSpec
from transom.specs.arn import PolicyArn
from transom.specs.base import Document, LabelKey, LabelValue, Spec, first_twice
from transom.specs.scalars import Bool, Cidr, Int, LooseQuantity, Name, TagText


class OwnerSpec(Spec):
    """A group of people and what they may do in the tenant's namespaces."""

    group: str = Field(min_length=1)
    """Group name as the cluster's authentication gives it."""
    role: Literal["view", "edit", "admin"] = "edit"
    """One of the user-facing ClusterRoles of Kubernetes."""


class QuotaSpec(Spec):
    """Upper bounds per namespace, as a ResourceQuota has them."""

    cpu: LooseQuantity | None = None
    """Sum of CPU requests."""
    memory: LooseQuantity | None = None
    """Sum of memory requests."""
    pods: Int | None = Field(default=None, ge=0)
    """Number of pods."""
    storage: LooseQuantity | None = None
    """Sum of persistent volume claims."""


class ContainerDefaults(Spec):
    """What a container gets that asks for nothing (LimitRange)."""

    cpu: LooseQuantity = LooseQuantity("100m")
    """CPU request."""
    memory: LooseQuantity = LooseQuantity("128Mi")
    """Memory request."""
    memory_limit: LooseQuantity = LooseQuantity("512Mi")
    """Memory limit."""


class PeersSpec(Spec):
    """Who is at the other end."""

    tenants: tuple[Name, ...] = ()
    """All pods of these tenants."""
    namespaces: tuple[Name, ...] = ()
    """All pods of these namespaces."""
    cidrs: tuple[Cidr, ...] = ()
    """Address ranges; the node's metadata service is never among them."""

    @model_validator(mode="after")
    def _somebody(self) -> PeersSpec:
        if not (self.tenants or self.namespaces or self.cidrs):
            raise ValueError("name tenants, namespaces or cidrs: an opening to nobody opens nothing")
        return self


Port = Annotated[Int, Field(ge=1, le=65535)] | Annotated[str, StringConstraints(pattern=r"^[0-9]{1,5}/(TCP|UDP|SCTP)$")]
"""A TCP port, or one with its protocol: `53/UDP`."""


class OpeningSpec(Spec):
    """One opening: which pods, to whom or for whom, at which ports."""

    pods: dict[LabelKey, LabelValue] = Field(default_factory=dict, examples=[{"app": "web"}])
    """Labels of the pods that it is for; all of the tenant when left out."""
    egress: PeersSpec | None = Field(default=None, examples=[{"cidrs": ["10.20.0.0/16"]}])
    """Whom they may connect to."""
    ingress: PeersSpec | None = Field(default=None, examples=[{"tenants": ["team-b"]}])
    """Who may connect to them."""
    ports: tuple[Port, ...] = Field(default=(), examples=[[443, "53/UDP"]])
    """Ports that it is limited to; all when left out."""

    @model_validator(mode="after")
    def _opens_something(self) -> OpeningSpec:
        if self.egress is None and self.ingress is None:
            raise ValueError("write egress or ingress: it opens nothing")
        return self


class OpeningsSpec(Spec):
    """Openings in the default-deny network policy of the tenant's namespaces."""

    allow_from_tenants: tuple[Name, ...] = ()
    """Tenants whose pods may connect."""
    allow_from_namespaces: tuple[Name, ...] = ()
    """Namespaces outside any tenant whose pods may connect, e.g. that of an ingress controller."""
    allow_egress: tuple[Cidr, ...] = ("0.0.0.0/0",)
    """Address ranges that pods may connect to, beside DNS and the tenant's own namespaces."""
    openings: dict[Name, OpeningSpec] = Field(default_factory=dict, examples=[{"metrics": {"ingress": {"namespaces": ["monitoring"]}}}])
    """Openings for some pods and ports, by a name that says what they are for."""


def neighbours(spec: OpeningsSpec) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every tenant that openings name, with the path at which it stands in the document."""
    for index, name in enumerate(spec.allow_from_tenants):
        yield ("spec", "network", "allowFromTenants", index), name
    for called, opening in spec.openings.items():
        for side, peers in (("egress", opening.egress), ("ingress", opening.ingress)):
            for index, name in enumerate(peers.tenants if peers else ()):
                yield ("spec", "network", "openings", called, side, "tenants", index), name


class TenantSpec(Spec):
    """Namespaces, people, quota and network of a tenant."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"required": ["confined"], "properties": {"confined": {"const": False}}},
            "else": {"required": ["namespaces"], "properties": {"namespaces": {"minItems": 1}}},
        }
    )

    namespaces: tuple[Name, ...] = ()
    """Namespaces that the tenant owns on every cluster of the environment; one at least, unless it is not confined."""
    confined: Bool = True
    """Whether its applications stay in its own namespaces. If not, they may be cluster-wide and go wherever no other tenant is."""
    owners: tuple[OwnerSpec, ...] = Field(default=(), examples=[[{"group": "team-a", "role": "edit"}]])
    """Who works there."""
    quota: QuotaSpec = Field(default=QuotaSpec(), examples=[{"cpu": 4, "memory": "8Gi", "pods": 20}])
    """Upper bounds per namespace."""
    defaults: ContainerDefaults = ContainerDefaults()
    """What a container gets that asks for nothing."""
    network: OpeningsSpec = Field(default=OpeningsSpec(), examples=[{"allowFromTenants": [], "allowEgress": ["10.0.0.0/8"]}])
    """Openings in the default-deny policy."""
    pod_security: Literal["privileged", "baseline", "restricted"] = "baseline"
    """Pod Security Standard that the namespaces enforce."""
    allowed: AllowedSpec = Field(default=AllowedSpec(), examples=[{"kinds": {"deny": ["networking.k8s.io/NetworkPolicy"]}}])
    """What its documents may use: sources, clusters, kinds."""
    deploy_as: Literal["tenant", "transom"] | None = None
    """As whom its applications' objects are applied: a service account of its own, which the API server keeps within these bounds, or
    whoever runs Transom. As the environment's `deployAs` says when left out."""
    tags: dict[Annotated[str, StringConstraints(min_length=1, max_length=128)], TagText] = Field(
        default_factory=dict, examples=[{"cost-center": "4711"}]
    )
    """AWS tags of all its resources, beside those of the environment: for cost reports."""
    permissions_boundary: PolicyArn | None = None
    """ARN of an IAM policy that bounds the roles of its applications, whatever they are bound to."""

    @model_validator(mode="after")
    def _has_a_place(self) -> TenantSpec:
        if self.confined and not self.namespaces:
            raise ValueError("namespaces is missing: a tenant owns at least one, unless it has confined: false")
        if self.deploy_as == "tenant" and not self.confined:
            raise ValueError(
                "deployAs: tenant is for tenants that stay in their namespaces; one with confined: false is applied as transom"
            )
        return self

    @model_validator(mode="after")
    def _nothing_is_said_twice(self) -> TenantSpec:
        if twice := first_twice(self.namespaces):
            raise ValueError(f'namespaces has "{twice}" twice; remove one of the two')
        if group := first_twice(owner.group for owner in self.owners):
            raise ValueError(f'owners has group "{group}" twice; give it one role, the wider one: admin includes edit, edit includes view')
        return self


class Tenant(Document):
    """A team that shares the platform with others."""

    kind: Literal["Tenant"]
    """Always Tenant."""
    spec: TenantSpec
    """What the tenant owns and may use."""
