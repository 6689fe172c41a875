"""The kinds of Flux that are read: Kustomization (`kustomize.toolkit.fluxcd.io/v1`) and GitRepository (`source.toolkit.fluxcd.io/v1`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from transom.catalog.neighbours.argo import Labels, PatchTarget, Texts
from transom.catalog.neighbours.marks import Theirs, done, noted, refused, warned
from transom.specs.scalars import Bool
from transom.specs.sync import JsonPointer

KUSTOMIZATION = "kustomize.toolkit.fluxcd.io/v1"
GIT_REPOSITORY = "source.toolkit.fluxcd.io/v1"

Span = Annotated[str, StringConstraints(pattern=r"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$")]
"""A duration as the definitions of Flux have it."""


class FluxMetadata(Theirs):
    """What Kubernetes itself puts on every object."""

    name: Annotated[str, done("name of the application; with its namespace in front when that is not `flux-system`")] = ""
    namespace: Annotated[str, done("the tenant that owns it; `flux-system` when left out")] = "flux-system"
    labels: Annotated[Labels, done("kept on the application; `transom.dev/tenant` names its tenant")] = Field(default_factory=dict)
    annotations: Annotated[Labels, noted("free text")] = Field(default_factory=dict)
    finalizers: Annotated[Texts, noted("written by a cluster")] = ()
    creation_timestamp: Annotated[Any, noted("written by a cluster")] = None
    generation: Annotated[Any, noted("written by a cluster")] = None
    managed_fields: Annotated[Any, noted("written by a cluster")] = None
    owner_references: Annotated[Any, noted("written by a cluster")] = None
    resource_version: Annotated[Any, noted("written by a cluster")] = None
    uid: Annotated[Any, noted("written by a cluster")] = None


class SourceReference(Theirs):
    """Where the files come from."""

    api_version: Annotated[str, noted("there is one version of a GitRepository")] = ""
    kind: Annotated[Literal["GitRepository", "OCIRepository", "Bucket", "ExternalArtifact"], done("GitRepository; others are refused")]
    name: Annotated[str, done("name of a GitRepository")]
    namespace: Annotated[str, done("its namespace; the Kustomization's own when left out")] = ""


class Dependency(Theirs):
    """What must be ready before."""

    name: Annotated[str, done("name of a Kustomization")]
    namespace: Annotated[str, done("its namespace; the Kustomization's own when left out")] = ""
    ready_expr: Annotated[str, refused("an expression over live objects is not evaluated")] = ""


class SubstituteReference(Theirs):
    """Where variables come from."""

    kind: Annotated[Literal["ConfigMap", "Secret"], done("ConfigMap; the values of a Secret are not known here")]
    name: Annotated[str, done("a ConfigMap of the repository in the Kustomization's namespace")]
    optional: Annotated[Bool, done("may be missing")] = False


class PostBuild(Theirs):
    """Variables that are filled in."""

    substitute: Annotated[dict[str, str], done("values of `${NAME}` in what is rendered")] = Field(default_factory=dict)
    substitute_from: tuple[SubstituteReference, ...] = ()


class FluxPatch(Theirs):
    """A strategic merge patch or a JSON patch."""

    patch: Annotated[str, done("the patch, as text")]
    target: Annotated[PatchTarget | None, done("what it is for")] = None


class FluxImage(Theirs):
    """Another image."""

    name: Annotated[str, done("image as it is written")]
    new_name: Annotated[str, done("image instead")] = ""
    new_tag: Annotated[str, done("tag instead")] = ""
    digest: Annotated[str, done("digest instead")] = ""


class CommonMetadata(Theirs):
    """Labels and annotations of everything."""

    labels: Annotated[Labels, done("put on all objects")] = Field(default_factory=dict)
    annotations: Annotated[Labels, done("put on all objects")] = Field(default_factory=dict)


class HealthCheck(Theirs):
    """An object that must be ready."""

    api_version: str = ""
    kind: str
    name: str
    namespace: str = ""


class DriftIgnoreRule(Theirs):
    """Fields that may differ."""

    paths: Annotated[tuple[JsonPointer, ...], done("fields that are neither put back nor told as drift")]
    target: Annotated[PatchTarget | None, done("objects it is for; all when left out")] = None


class FluxKustomizationSpec(Theirs):
    """What a Kustomization of Flux is."""

    interval: Annotated[Span, noted("documents are read whenever a run reads them")]
    retry_interval: Annotated[Span | None, noted("a failed run is told, and run again by whoever runs it")] = None
    timeout: Annotated[Span | None, noted("the engine's own times hold")] = None
    source_ref: SourceReference
    path: Annotated[str, done("folder of the repository; its root when left out")] = "./"
    prune: Annotated[Bool, done("`sync.prune`: without it, what leaves Git stays in the cluster")]
    deletion_policy: Annotated[
        Literal["MirrorPrune", "Delete", "WaitForTermination", "Orphan"], done("must agree with prune: one policy is for both")
    ] = "MirrorPrune"
    depends_on: tuple[Dependency, ...] = ()
    target_namespace: Annotated[str, done("namespace of all objects")] = ""
    name_prefix: Annotated[str, done("put before all names")] = ""
    name_suffix: Annotated[str, done("put behind all names")] = ""
    common_metadata: CommonMetadata | None = None
    patches: tuple[FluxPatch, ...] = ()
    images: tuple[FluxImage, ...] = ()
    components: Annotated[Texts, done("components of Kustomize, relative to the path")] = ()
    ignore_missing_components: Annotated[Bool, done("a missing component is passed over")] = False
    post_build: PostBuild | None = None
    wait: Annotated[Bool, noted("every object is waited for anyway")] = False
    health_checks: Annotated[tuple[HealthCheck, ...], noted("every object is waited for anyway")] = ()
    health_check_exprs: Annotated[tuple[dict[str, Any], ...], warned("health of custom resources is not read from here")] = ()
    force: Annotated[Bool, noted("what cannot be changed in place is replaced, and the plan says so")] = False
    service_account_name: Annotated[str, done("asks for a Tenant that owns the Kustomization's namespace")] = ""
    suspend: Annotated[Bool, refused("its objects can neither be left alone nor be applied")] = False
    decryption: Annotated[dict[str, Any] | None, refused("SOPS is not decrypted: use an ExternalSecret or a SealedSecret")] = None
    kube_config: Annotated[dict[str, Any] | None, refused("another cluster is named by a Secret, whose address is not known here")] = None
    drift_ignore_rules: tuple[DriftIgnoreRule, ...] = ()


class FluxKustomization(Theirs):
    """Kustomization."""

    api_version: Literal["kustomize.toolkit.fluxcd.io/v1"]
    kind: Literal["Kustomization"]
    metadata: FluxMetadata
    spec: FluxKustomizationSpec
    status: Annotated[Any, noted("written by a cluster")] = None


class Reference(Theirs):
    """A revision; the first of commit, name, semver, tag, branch counts."""

    branch: Annotated[str, done("that of the source")] = ""
    tag: Annotated[str, done("that of the source")] = ""
    semver: Annotated[str, done("that of the source")] = ""
    name: Annotated[str, done("full name of a reference: that of the source")] = ""
    commit: Annotated[str, done("that of the source")] = ""


class GitRepositorySpec(Theirs):
    """A repository."""

    url: Annotated[str, done("a source of the environment, by its `repoURL` or `alsoKnownAs`")]
    interval: Annotated[Span, noted("a source is read whenever a run reads it")]
    timeout: Annotated[Span | None, noted("Git's own times hold")] = None
    ref: Reference | None = None
    secret_ref: Annotated[dict[str, Any] | None, noted("credentials are those of whoever runs this")] = None
    provider: Annotated[str, noted("credentials are those of whoever runs this")] = ""
    service_account_name: Annotated[str, noted("credentials are those of whoever runs this")] = ""
    proxy_secret_ref: Annotated[dict[str, Any] | None, noted("the proxy is that of whoever runs this")] = None
    verify: Annotated[dict[str, Any] | None, refused("signatures are checked where the environment's source says so, not here")] = None
    ignore: Annotated[str | None, warned("files are not left out")] = None
    include: Annotated[tuple[dict[str, Any], ...], refused("files of other repositories are not copied in")] = ()
    recurse_submodules: Annotated[Bool, refused("submodules are not fetched")] = False
    sparse_checkout: Annotated[Texts, noted("the whole repository is read")] = ()
    suspend: Annotated[Bool, refused("the repository would be read all the same: pin the source to a commit")] = False


class GitRepository(Theirs):
    """GitRepository."""

    api_version: Literal["source.toolkit.fluxcd.io/v1"]
    kind: Literal["GitRepository"]
    metadata: FluxMetadata
    spec: GitRepositorySpec
    status: Annotated[Any, noted("written by a cluster")] = None
