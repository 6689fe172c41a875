"""Kind Application: the manifests of one unit, where they go and what they are bound to."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from transom.specs.base import Document, Spec, first_twice
from transom.specs.dependency import DependencySpec
from transom.specs.helm import HelmSpec
from transom.specs.manifests import FolderSpec, ImageSpec
from transom.specs.rollout import RolloutSpec
from transom.specs.scalars import EnvironmentPrefix, Int, Name
from transom.specs.secrets import SecretSpec
from transom.specs.sync import IgnoredSpec, SyncSpec
from transom.specs.workloads import AutoscalingSpec, DisruptionSpec, HealthSpec

BINDING_KINDS = ("database", "bucket", "queue", "topic", "cache", "table")
"""Fields of a binding, each named like the kind it points at."""

GRANTED_KINDS = ("bucket", "queue", "topic", "table")
"""Those whose use AWS itself permits or refuses, so that a binding says how much."""

Access = Literal["read", "write", "admin"]

BINDINGS = "/bindings"
"""Folder of the files of all bindings, in each container."""


class DestinationSpec(Spec):
    """Where an application's objects go."""

    cluster: Name | None = None
    """Name of a cluster of the environment; may be left out when there is only one."""
    namespace: Name
    """A namespace of the tenant."""


class ClaimReference(Spec):
    """A claim, by the kind that the platform defines."""

    kind: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]{0,62}$")]
    """E.g. `PostgreSQLInstance`."""
    name: Name
    """Name of the claim."""


class BindingSpec(Spec):
    """A resource whose address and credentials the application's containers get as environment variables, or as files."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [kind]} for kind in (*BINDING_KINDS, "claim")]})

    database: Name | None = None
    """Name of a Database: PREFIX_HOST, _PORT, _NAME, _USER, _PASSWORD, _URL, and where there are any _REPLICA_HOST, _CA."""
    bucket: Name | None = None
    """Name of a Bucket: gives PREFIX_NAME, _ARN, _REGION."""
    queue: Name | None = None
    """Name of a Queue: gives PREFIX_URL, _ARN, _REGION."""
    topic: Name | None = None
    """Name of a Topic: gives PREFIX_ARN, _REGION."""
    cache: Name | None = None
    """Name of a Cache: gives PREFIX_HOST, _PORT, _PASSWORD, _URL."""
    table: Name | None = None
    """Name of a Table: gives PREFIX_NAME, _ARN, _REGION."""
    access: Access | None = None
    """What AWS permits its pods with a bucket, queue, topic or table; read when left out, of a topic, which is only written to, write."""
    claim: ClaimReference | None = None
    """A claim of a kind that the platform defines: gives PREFIX_ and the names that its definition's connection has."""
    prefix: EnvironmentPrefix | None = None
    """Beginning of the variables' names; the kind in capitals when left out."""
    form: Literal["env", "files"] = Field(default="env", alias="as")
    """As environment variables, or as files `/bindings/KIND-NAME/host` and so on, one for each variable, named without its prefix."""

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> BindingSpec:
        if sum(getattr(self, kind) is not None for kind in (*BINDING_KINDS, "claim")) != 1:
            raise ValueError(f"a binding names exactly one of {', '.join(BINDING_KINDS)}, claim")
        kind, name = self.target
        if self.access and kind.lower() not in GRANTED_KINDS:
            raise ValueError(f"access is for {', '.join(GRANTED_KINDS)}; {kind} {name} is used with the password that the binding gives")
        if self.form == "files" and self.prefix:
            raise ValueError(f"prefix is for variables; {kind} {name} is bound as files, whose folder has its name")
        if self.access == "read" and self.topic:
            raise ValueError(f"access read means nothing for topic {name}: messages are read from a queue that it tells; write write")
        return self

    @property
    def granted(self) -> Access | None:
        """The access in force; None for kinds that are used with a password."""
        if self.target[0].lower() not in GRANTED_KINDS:
            return None
        return self.access or ("write" if self.topic else "read")

    @property
    def target(self) -> tuple[str, str]:
        """Kind and name of the bound document, e.g. `("Database", "shop")`."""
        if self.claim:
            return self.claim.kind, self.claim.name
        kind = next(kind for kind in BINDING_KINDS if getattr(self, kind) is not None)
        return kind.capitalize(), getattr(self, kind)

    @property
    def field(self) -> tuple[str, ...]:
        """The field that names it."""
        return ("claim", "name") if self.claim else (self.target[0].lower(),)

    @property
    def variable_prefix(self) -> str:
        """The prefix in force, e.g. `DATABASE`."""
        return self.prefix or self.target[0].upper()

    @property
    def folder(self) -> str:
        """Where its files are in the containers, e.g. `/bindings/database-shop` (servicebinding.io: a folder for each binding)."""
        return f"{BINDINGS}/{'-'.join(self.target).lower()}"


class ApplicationSpec(Spec):
    """Owner, place, bindings and order of an application."""

    tenant: Name
    """The tenant that owns it."""
    destination: DestinationSpec
    """Where its objects go."""
    bindings: tuple[BindingSpec, ...] = Field(default=(), examples=[[{"database": "shop"}]])
    """Resources that its containers get the address and credentials of."""
    depends_on: tuple[DependencySpec, ...] = Field(default=(), examples=[["ledger", "Database/shop"]])
    """What must be up before this one: names of applications, or `Database/shop`, or `{kind: Database, name: shop}`."""
    source: FolderSpec | None = Field(default=None, examples=[{"path": "applications/shop"}])
    """Where its manifests lie; the folder of this document when left out."""
    helm: HelmSpec | None = Field(default=None, examples=[{"chart": "charts/shop", "values": {"replicas": 2}}])
    """A Helm chart whose objects belong to it, beside its manifests."""
    images: tuple[ImageSpec, ...] = Field(default=(), examples=[[{"name": "registry.example.com/shop", "newTag": "v1.4.2"}]])
    """Images that its manifests get instead, as a kustomization's `images`."""
    replicas: dict[str, Annotated[Int, Field(ge=0)]] = Field(default_factory=dict, examples=[{"web": 3}])
    """Number of pods by the name of a Deployment, StatefulSet or ReplicaSet of its manifests."""
    autoscaling: dict[str, AutoscalingSpec] = Field(default_factory=dict, examples=[{"web": {"min": 2, "max": 6}}])
    """A HorizontalPodAutoscaler by the name of a Deployment or StatefulSet of its manifests; the number of pods is its business then."""
    disruption: dict[str, DisruptionSpec] = Field(default_factory=dict, examples=[{"web": {"minAvailable": 1}}])
    """A PodDisruptionBudget by the name of a Deployment or StatefulSet of its manifests."""
    health: HealthSpec = Field(default=HealthSpec(), examples=[{"timeout": "5m"}])
    """When it counts as up."""
    sync: SyncSpec = Field(default=SyncSpec(), examples=[{"prune": False}])
    """How it follows Git."""
    ignore_differences: tuple[IgnoredSpec, ...] = Field(
        default=(), examples=[[{"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]}]]
    )
    """Fields of its objects that others may set."""
    rollout: RolloutSpec | None = Field(
        default=None, examples=[{"strategy": "canary", "steps": [{"setWeight": 20}, {"pause": {"duration": "10m"}}]}]
    )
    """How a new version of its Deployment takes the old one's place; as the Deployment does it when left out."""
    secrets: tuple[SecretSpec, ...] = Field(
        default=(), examples=[[{"name": "payments", "data": [{"secretKey": "API_KEY", "remoteRef": {"key": "shop/payments"}}]}]]
    )
    """Secrets whose values another store keeps, each an ExternalSecret."""

    @model_validator(mode="after")
    def _nothing_is_said_twice(self) -> ApplicationSpec:
        if bound := first_twice(binding.target for binding in self.bindings):
            raise ValueError(f"bindings names {bound[0].lower()} {bound[1]} twice; remove one of the two")
        if prefix := first_twice(binding.variable_prefix for binding in self.bindings if binding.form == "env"):
            raise ValueError(f"two bindings would both set {prefix}_… variables; give one of them a prefix")
        if twice := first_twice(one.identity for one in self.depends_on):
            raise ValueError(f"dependsOn names {twice.removeprefix('Application/')} twice; remove one of the two")
        if image := first_twice(one.name for one in self.images):
            raise ValueError(f"images names {image} twice; join the two")
        if secret := first_twice(one.name for one in self.secrets):
            raise ValueError(f"secrets has {secret} twice; join the two")
        if both := sorted(self.replicas.keys() & self.autoscaling.keys()):
            raise ValueError(f"replicas and autoscaling both set the number of {both[0]}'s pods; remove one of the two")
        return self


class Application(Document):
    """What a team runs: the Kubernetes manifests beside this document, bound to the resources they need."""

    kind: Literal["Application"]
    """Always Application."""
    spec: ApplicationSpec
    """Owner, place, bindings and order."""
