"""Kind CompositeDefinition: a new kind made of others; and the claims of such kinds, as the catalog holds them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from transom.specs.base import Document, Metadata, Spec, first_twice
from transom.specs.scalars import Bool, EnvironmentPrefix, Int, Name

Group = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", max_length=253)]
Version = Annotated[str, StringConstraints(pattern=r"^v[1-9][0-9]*((alpha|beta)[1-9][0-9]*)?$")]
KindName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]{0,62}$")]
ResourceId = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]{0,31}$")]
StatusName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]{0,31}$")]
Expression = Annotated[str, StringConstraints(min_length=1, max_length=4096)]

RESERVED_FIELDS = ("tenant", "revision")
"""Fields that the spec of every claim has by itself."""


class ResourceTemplate(Spec):
    """One document that a claim is made of, or several when `forEach` repeats it."""

    id: ResourceId
    """How expressions call it, e.g. `db` in `resources.db.outputs.host`; part of the document's name."""
    include_when: tuple[Expression, ...] = ()
    """Conditions, e.g. `${claim.spec.backups}`; the document is there when all are true."""
    for_each: tuple[dict[ResourceId, Expression], ...] = ()
    """Lists to repeat it over, each under a name of its own, e.g. `queue: ${claim.spec.queues}`; several give every combination."""
    ready_when: tuple[Expression, ...] = ()
    """Conditions on outputs; until all are true, `transom get` shows the claim as Progressing."""
    template: dict[str, Any] = Field(min_length=1)
    """The document, with `${…}` wherever a value comes from the claim."""

    @model_validator(mode="after")
    def _one_list_each(self) -> ResourceTemplate:
        if any(len(each) != 1 for each in self.for_each):
            raise ValueError("forEach: each item has one name and one list, e.g. - queue: ${claim.spec.queues}")
        if twice := first_twice(name for each in self.for_each for name in each):
            raise ValueError(f"forEach names {twice} twice; give each list a name of its own")
        return self


class CompositeDefinitionSpec(Spec):
    """The new kind, what its claims may say and what they become."""

    group: Group
    """API group of the new kind, e.g. `database.example.com`."""
    version: Version
    """API version of its claims, e.g. `v1alpha1`."""
    kind: KindName
    """Its name, e.g. `PostgreSQLInstance`."""
    plural: Name | None = None
    """Its name in the plural, for `transom schema --crd`; the kind in lower case with an s behind it when left out."""
    revision: Int = Field(default=1, ge=1)
    """Number of this definition among those of the same kind and version; claims name it to stay with it."""
    default: Bool = False
    """Whether claims that name no revision get this one; needed on one of them when there are several."""
    tenants: tuple[Name, ...] = ()
    """Tenants that may claim it; everybody when left out."""
    openapi: dict[str, Any] = Field(alias="schema")
    """OpenAPI v3 schema of a claim's `spec`, as CustomResourceDefinitions have it."""
    resources: tuple[ResourceTemplate, ...] = Field(min_length=1)
    """What a claim becomes."""
    connection: dict[EnvironmentPrefix, Expression] = Field(default_factory=dict)
    """What applications get that bind a claim: variables by their names behind the prefix, e.g. `HOST: ${resources.db.outputs.host}`."""
    status: dict[StatusName, Expression] = Field(default_factory=dict)
    """What `transom get` shows of a claim, e.g. `host: ${resources.db.outputs.host}`."""

    @model_validator(mode="after")
    def _nothing_is_said_twice(self) -> CompositeDefinitionSpec:
        if twice := first_twice(resource.id for resource in self.resources):
            raise ValueError(f"resources has id {twice} twice; give each an id of its own")
        if twice := first_twice(self.tenants):
            raise ValueError(f"tenants has {twice} twice; remove one of the two")
        return self


class CompositeDefinition(Document):
    """A new kind that platform engineers make of others, and that developers claim like any other."""

    kind: Literal["CompositeDefinition"]
    """Always CompositeDefinition."""
    spec: CompositeDefinitionSpec
    """The new kind, what its claims may say and what they become."""


class ClaimSpec(Spec):
    """What every claim says, whatever its kind; the rest is held to the definition's own schema."""

    model_config = ConfigDict(extra="allow")

    tenant: Name
    """The tenant that owns it; that of the application beside it when left out."""
    revision: Int | None = None
    """The revision of the definition that it stays with."""


class Composition(Spec):
    """What a claim has become.

    Attributes:
        definition: name of the definition's document.
        revision: its number.
        documents: identities of the documents that it is made of.
        manifests: how many Kubernetes objects it is made of beside them.
        application: the application that these objects belong to.
        connection: variables for those who bind it; values may refer to outputs.
        status: what it shows: expressions over `facts`.
        ready: for each resource's document its conditions.
        facts: what status and conditions may read beside the claim and outputs: the environment, and names of the resources.
    """

    definition: Name
    revision: int
    documents: tuple[str, ...] = ()
    manifests: int = 0
    application: Name | None = None
    connection: dict[str, str] = Field(default_factory=dict)
    status: dict[str, str] = Field(default_factory=dict)
    ready: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    facts: dict[str, Any] = Field(default_factory=dict)


class Claim(Document):
    """A document of a defined kind, beside the documents that it has become."""

    api_version: str  # type: ignore[assignment]  # of the definition's group, where Transom's own have one word
    """Group and version of the definition."""
    kind: str
    """The definition's kind."""
    metadata: Metadata
    """Name and labels."""
    spec: ClaimSpec
    """What the definition's schema allows."""
    composed: Composition
    """What it has become; nobody writes this."""
