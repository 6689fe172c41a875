"""What a tenant may use: which sources, clusters and kinds."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from pydantic import Field, model_validator

from transom.specs.base import LabelKey, LabelValue, Spec
from transom.specs.scalars import Name, Text


class GroupKind(Text):
    """Kinds of objects: `apps/Deployment`, `Service` of the core group, `apps/*`, `*` for all."""

    __slots__ = ()
    pattern = r"\*|(\*|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)/(\*|[A-Z][A-Za-z0-9]*)|[A-Z][A-Za-z0-9]*"
    example = "apps/Deployment, Service or apps/*"
    meaning = "a kind"

    def covers(self, group: str, kind: str) -> bool:
        """Whether a kind is one of these; the core group is empty."""
        if self == "*":
            return True
        wanted_group, _, wanted_kind = self.rpartition("/")
        return fnmatchcase(group, wanted_group) and fnmatchcase(kind, wanted_kind)


class AllowedClusters(Spec):
    """Clusters by name or by label."""

    names: tuple[Name, ...] = ()
    """Names of clusters."""
    match_labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels that must all be there, for clusters that are not named."""

    @model_validator(mode="after")
    def _names_some(self) -> AllowedClusters:
        if not self.names and not self.match_labels:
            raise ValueError("clusters without names and matchLabels allow none; leave clusters out to allow all")
        return self

    def __contains__(self, cluster: tuple[str, Mapping[str, str]]) -> bool:
        name, labels = cluster
        return name in self.names or (bool(self.match_labels) and all(labels.get(key) == value for key, value in self.match_labels.items()))


class AllowedKinds(Spec):
    """Kinds of objects and of documents of ours; these have the group `transom.dev`."""

    allow: tuple[GroupKind, ...] = (GroupKind("*"),)
    """What may be declared in the tenant's namespaces."""
    deny: tuple[GroupKind, ...] = ()
    """What may not, whatever `allow` says."""
    cluster_scoped: tuple[GroupKind, ...] = ()
    """Kinds without a namespace that may be declared; none by default. A Namespace never: it stands in the tenant's document."""

    def admits(self, group: str, kind: str) -> bool:
        """Whether a namespaced object, or a document of ours, may be declared."""
        return any(one.covers(group, kind) for one in self.allow) and not any(one.covers(group, kind) for one in self.deny)

    def admits_unscoped(self, group: str, kind: str) -> bool:
        """Whether an object without a namespace may be declared."""
        if (group, kind) == ("", "Namespace") or any(one.covers(group, kind) for one in self.deny):
            return False
        return any(one.covers(group, kind) for one in self.cluster_scoped)

    def admits_to_roam(self, group: str, kind: str) -> bool:
        """Whether an object without a namespace may be declared by a tenant that is not confined: all, unless these kinds are bounded."""
        if any(one.covers(group, kind) for one in self.deny):
            return False
        return not self.cluster_scoped or any(one.covers(group, kind) for one in self.cluster_scoped)


class AllowedSpec(Spec):
    """What a tenant may use."""

    sources: tuple[Name, ...] | None = Field(default=None, min_length=1)
    """Sources of the environment that its documents and manifests may come from; all when left out."""
    clusters: AllowedClusters | None = None
    """Clusters that it has namespaces on, and may run on; all of the environment when left out."""
    kinds: AllowedKinds = AllowedKinds()
    """Kinds that it may declare."""

    def uses(self, cluster: str, labels: Mapping[str, str]) -> bool:
        """Whether a cluster is one of the tenant's."""
        return self.clusters is None or (cluster, labels) in self.clusters
