"""Kind Environment: where an environment's documents come from and where they go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from transom.specs.base import Document, Selector, Spec, first_twice
from transom.specs.certificates import Certificates
from transom.specs.drift import DriftSpec
from transom.specs.guards import GuardsSpec
from transom.specs.health import HealthRuleSpec, told_once
from transom.specs.notifications import PlaceSpec
from transom.specs.promotion import PromotionSpec
from transom.specs.scalars import Int, LooseQuantity, Name, Quantity, Region, Storage, TagText
from transom.specs.secrets import SecretsSpec
from transom.specs.source import SourceSpec
from transom.specs.sync import SyncSpec


class AwsNetworkSpec(Spec):
    """The network that databases, caches and clusters are placed in: a Network of ours, or one that somebody else made."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["name"]}, {"required": ["vpcId", "subnetIds"]}]})

    name: Name | None = None
    """Name of a Network document."""
    vpc_id: Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]+$")] | None = None
    """Id of a VPC that exists already."""
    subnet_ids: tuple[Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]+$")], ...] = Field(default=(), min_length=2)
    """Its private subnets in at least two availability zones (RDS asks for two)."""

    @model_validator(mode="after")
    def _ours_or_theirs(self) -> AwsNetworkSpec:
        if self.name and (self.vpc_id or self.subnet_ids):
            raise ValueError("name and vpcId say two networks; write name alone, or vpcId and subnetIds")
        if not self.name and not (self.vpc_id and self.subnet_ids):
            raise ValueError("a network is the name of a Network document, or vpcId and subnetIds together")
        return self


class AwsSpec(Spec):
    """The AWS account and region of an environment."""

    region: Region
    """Region of everything the environment owns."""
    account_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")] | None = None
    """The only account that may be touched; a run with credentials of another one is refused."""
    network: AwsNetworkSpec | None = None
    """Where databases, caches and clusters are placed; the account's default VPC when left out."""
    adoptable: tuple[Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9*?][A-Za-z0-9_.*?-]*$")], ...] = (
        Field(default=(), examples=[["pictures-of-2019"]])
    )
    """Names in AWS that documents may take over by `import`; `*` stands for anything, `?` for one character. None when left out."""
    database_ca: Certificates | None = None
    """Certificates of the region's RDS authorities (`REGION-bundle.pem`), which bindings then hand on; none are handed on when left out."""


class InClusterSize(Spec):
    """What a size class means for a database that runs in the cluster."""

    cpu: LooseQuantity = Quantity("250m")
    """CPU that its pod asks for."""
    memory: LooseQuantity = Quantity("512Mi")
    """Memory that its pod asks for, and may use at most."""
    storage_class: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")] | None = None
    """StorageClass of its volumes; the cluster's default when left out."""
    image: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._:/-]*$")] = "docker.io/library/postgres"
    """Image without a tag, which is the version: the official one, or a copy of it in a registry of your own."""


class DatabaseSize(Spec):
    """What a size class means for a database."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["instanceClass"]}, {"required": ["inCluster"]}]})

    instance_class: Annotated[str, StringConstraints(pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$")] | None = None
    """RDS instance class, e.g. `db.t4g.micro`."""
    in_cluster: InClusterSize | None = Field(default=None, examples=[{"cpu": "250m", "memory": "512Mi"}])
    """A pod in the cluster instead of an instance of RDS; beside `instanceClass` for documents that say `class: in-cluster`."""
    storage: Storage
    """Storage when the document says none."""
    max_storage: Storage | None = None
    """Up to where storage grows by itself; no growth when left out."""

    @model_validator(mode="after")
    def _most_is_not_less(self) -> DatabaseSize:
        if self.max_storage is not None and self.max_storage.gibibytes < self.storage.gibibytes:
            raise ValueError(f"maxStorage {self.max_storage} is less than storage {self.storage}")
        if self.instance_class is None and self.in_cluster is None:
            raise ValueError("a size of databases has an instanceClass, or inCluster, or both")
        return self


class CacheSize(Spec):
    """What a size class means for a cache."""

    node_type: Annotated[str, StringConstraints(pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$")]
    """ElastiCache node type, e.g. `cache.t4g.small`."""


class SizeClass(Spec):
    """One word for a size, per kind of resource that may have it."""

    database: DatabaseSize | None = None
    """For databases."""
    cache: CacheSize | None = None
    """For caches."""


Allowed = Literal["remoteBases", "plugins"]
"""What an environment may allow a kustomization, beyond reading files of its source."""


class ValidationSpec(Spec):
    """How strictly an environment's documents are checked."""

    manifests: Literal["strict", "warn", "off"] = "strict"
    """Manifests against the API of their cluster: `strict` refuses mistakes, `warn` tells them as warnings, `off` does not look."""

    @field_validator("manifests", mode="before")
    @classmethod
    def _off_is_a_word(cls, value: object) -> object:
        return "off" if value is False else value  # an unquoted off is false in YAML 1.1, and text for editors


class EnvironmentSpec(Spec):
    """Sources, clusters, region, size classes and tags of one environment."""

    sources: tuple[SourceSpec, ...] = Field(min_length=1)
    """Where the documents come from; several repositories are read as one."""
    clusters: Selector
    """Which of the declared clusters belong to this environment."""
    aws: AwsSpec
    """Account, region and network."""
    sizes: dict[Name, SizeClass] = Field(
        default_factory=dict, examples=[{"small": {"database": {"instanceClass": "db.t4g.micro", "storage": "20Gi"}}}]
    )
    """The size classes that documents may name."""
    sync: SyncSpec = Field(default=SyncSpec(), examples=[{"prune": False}])
    """How applications follow Git that do not say it themselves."""
    secrets: SecretsSpec | None = Field(default=None, examples=[{"delivery": "externalSecret", "store": {"name": "aws"}}])
    """How secrets reach the namespaces: what Transom generates by a Secret that it writes, unless said otherwise here."""
    guards: GuardsSpec = GuardsSpec()
    """What may not happen without somebody saying so here: deletions, replacements, changes at the wrong time."""
    drift: DriftSpec = DriftSpec()
    """What `drift` leaves out."""
    health: Annotated[tuple[HealthRuleSpec, ...], AfterValidator(told_once)] = Field(
        default=(), examples=[[{"group": "example.com", "kind": "Widget", "healthy": "object.status.phase == 'Ready'"}]]
    )
    """How healthy objects of kinds are that Transom has no rule for; a rule here goes before one of Transom's."""
    promotion: PromotionSpec = PromotionSpec()
    """What comes here from the environment before, and when."""
    notifications: tuple[PlaceSpec, ...] = Field(
        default=(), examples=[[{"name": "chat", "events": ["sync.failed", "drift.opened"], "slack": {"url": {"env": "SLACK_WEBHOOK"}}}]]
    )
    """Who is told of what happens here; the controller tells it."""
    tags: dict[Annotated[str, StringConstraints(min_length=1, max_length=128)], TagText] = Field(
        default_factory=dict, examples=[{"cost-center": "platform"}]
    )
    """AWS tags of everything the environment owns."""
    deploy_as: Literal["tenant", "transom"] = "transom"
    """As whom objects of tenants' applications are applied that do not say it themselves: see the tenants' own `deployAs`."""
    shards: Literal["none", "tenant", "auto"] = "none"
    """How the environment is cut into stacks: not at all, one per tenant, or per tenant once one stack would pass 150 resources."""
    validation: ValidationSpec = ValidationSpec()
    """How strictly manifests are checked."""
    parallel: Int = Field(default=32, ge=1, le=256)
    """How many resources the engine works on at once."""
    allow: tuple[Allowed, ...] = ()
    """What kustomizations may do beyond reading the source's own files. Each item is a danger of its own: see docs/sources.md."""

    def database_size(self, size: str) -> DatabaseSize:
        """What a size class means for a database; the catalog has made sure that it means something."""
        found = self.sizes[size].database
        if found is None:
            raise LookupError(f"size {size} says nothing of a database")
        return found

    def cache_size(self, size: str) -> CacheSize:
        """What a size class means for a cache; the catalog has made sure that it means something."""
        found = self.sizes[size].cache
        if found is None:
            raise LookupError(f"size {size} says nothing of a cache")
        return found

    @model_validator(mode="after")
    def _sources_differ(self) -> EnvironmentSpec:
        if twice := first_twice(source.name for source in self.sources):
            raise ValueError(f'two sources are named "{twice}"; messages and the history tell them apart by name')
        return self

    @model_validator(mode="after")
    def _notifications_fit(self) -> EnvironmentSpec:
        if twice := first_twice(one.name for one in self.notifications):
            raise ValueError(f'two notifications are named "{twice}"; deliveries are told apart by name')
        names = {source.name for source in self.sources}
        for one in self.notifications:
            commits = one.github or one.gitlab
            if commits and (unknown := next((name for name in commits.sources if name not in names), None)):
                raise ValueError(f'notification {one.name} names source "{unknown}"; there are {", ".join(sorted(names))}')
        return self


class Environment(Document):
    """dev, staging, production: one Pulumi stack, or several when sharded."""

    kind: Literal["Environment"]
    """Always Environment."""
    spec: EnvironmentSpec
    """What the environment is made of."""
