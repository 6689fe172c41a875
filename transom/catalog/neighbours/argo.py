"""The kinds of Argo CD, `argoproj.io/v1alpha1`, field by field (argo-cd v3, manifests/crds)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from transom.catalog.neighbours.marks import Theirs, done, noted, refused, warned
from transom.specs.scalars import Bool, Duration, Int
from transom.specs.schedule import Cron, TimeZone
from transom.specs.sync import JsonPointer

VERSION = "argoproj.io/v1alpha1"

Texts = tuple[str, ...]


def _pause(text: str) -> str:
    if text and not re.fullmatch(r"[0-9]+|([0-9]+[hms])+", text):
        raise ValueError(f'"{text}" is not a duration in whole seconds, e.g. 5, 5s or 1m30s')
    return text


Pause = Annotated[str, AfterValidator(_pause)]
"""A duration of Go, or bare seconds."""
Labels = dict[str, str]


class Metadata(Theirs):
    """What Kubernetes itself puts on every object."""

    name: Annotated[str, done("name of the application; with its namespace in front when that is not Argo CD's own")] = ""
    namespace: Annotated[str, done("where Argo CD keeps the document; `argocd` when left out")] = "argocd"
    labels: Annotated[Labels, done("kept on the application")] = Field(default_factory=dict)
    annotations: Annotated[Labels, done("`argocd.argoproj.io/sync-wave` orders applications of one parent; others are not read")] = Field(
        default_factory=dict
    )
    finalizers: Annotated[Texts, noted("deleting is the environment's business: objects that leave Git go with the guards")] = ()
    generate_name: Annotated[str | None, refused("a generated name cannot be followed from one run to the next")] = None
    creation_timestamp: Annotated[Any, noted("written by a cluster")] = None
    generation: Annotated[Any, noted("written by a cluster")] = None
    managed_fields: Annotated[Any, noted("written by a cluster")] = None
    owner_references: Annotated[Any, noted("written by a cluster")] = None
    resource_version: Annotated[Any, noted("written by a cluster")] = None
    self_link: Annotated[Any, noted("written by a cluster")] = None
    uid: Annotated[Any, noted("written by a cluster")] = None


class HelmParameter(Theirs):
    """One `--set`."""

    name: Annotated[str, done("path of the value")]
    value: Annotated[str, done("its text")] = ""
    force_string: Annotated[Bool, done("text stays text")] = False


class HelmFileParameter(Theirs):
    """One `--set-file`."""

    name: str = ""
    path: str = ""


class Helm(Theirs):
    """Options of a chart."""

    value_files: Annotated[Texts, done("files of values beside the chart, the last one wins")] = ()
    ignore_missing_value_files: Annotated[Bool, done("a missing file of values is passed over")] = False
    values: Annotated[str, done("values as a text of YAML, over those of the files")] = ""
    values_object: Annotated[dict[str, Any], done("values, instead of the text")] = Field(default_factory=dict)
    parameters: Annotated[tuple[HelmParameter, ...], done("single values, over all others")] = ()
    file_parameters: Annotated[tuple[HelmFileParameter, ...], refused("values read from other files are not done")] = ()
    release_name: Annotated[str, done("name of the release; the application's when left out")] = ""
    namespace: Annotated[str, done("namespace to render for; the destination's when left out")] = ""
    skip_crds: Annotated[Bool, done("without the chart's crds/")] = False
    skip_tests: Annotated[Bool, done("tests of a chart are never applied")] = False
    skip_schema_validation: Annotated[Bool, refused("values are always held to the chart's own schema")] = False
    pass_credentials: Annotated[Bool, refused("credentials are never given to another host")] = False
    version: Annotated[str, noted("Helm 3 is what there is")] = ""
    kube_version: Annotated[str, warned("charts are rendered for the Kubernetes version of the environment")] = ""
    api_versions: Annotated[Texts, warned("charts are rendered for the Kubernetes version of the environment")] = ()


class PatchTarget(Theirs):
    """What a patch is for, as Kustomize has it."""

    group: str = ""
    version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    label_selector: str = ""
    annotation_selector: str = ""


class Patch(Theirs):
    """A strategic merge patch or a JSON patch."""

    patch: Annotated[str, done("the patch, as text")] = ""
    path: Annotated[str, done("file that holds the patch")] = ""
    target: Annotated[PatchTarget | None, done("what it is for")] = None
    options: Annotated[dict[str, Bool], done("`allowNameChange`, `allowKindChange`")] = Field(default_factory=dict)


class Replicas(Theirs):
    """A number of replicas by name."""

    name: Annotated[str, done("name of the workload")]
    count: Annotated[int | str, done("how many")]


class Kustomize(Theirs):
    """What is put over a kustomization."""

    name_prefix: Annotated[str, done("put before all names")] = ""
    name_suffix: Annotated[str, done("put behind all names")] = ""
    namespace: Annotated[str, done("namespace of all objects")] = ""
    images: Annotated[Texts, done("`NAME:TAG`, `NAME@DIGEST` or `OLD=NEW:TAG`")] = ()
    replicas: Annotated[tuple[Replicas, ...], done("replicas of workloads")] = ()
    patches: Annotated[tuple[Patch, ...], done("over what is rendered")] = ()
    components: Annotated[Texts, done("components of Kustomize, relative to the path")] = ()
    ignore_missing_components: Annotated[Bool, done("a missing component is passed over")] = False
    common_labels: Annotated[Labels, done("put on all objects, and into selectors unless `labelWithoutSelector`")] = Field(
        default_factory=dict
    )
    label_without_selector: Annotated[Bool, done("common labels stay out of selectors")] = False
    label_include_templates: Annotated[Bool, done("and go into pod templates all the same")] = False
    force_common_labels: Annotated[Bool, noted("labels of the objects are overwritten: they always are")] = False
    common_annotations: Annotated[Labels, done("put on all objects")] = Field(default_factory=dict)
    common_annotations_envsubst: Annotated[Bool, refused("`$ARGOCD_APP_…` in annotations is not filled in")] = False
    force_common_annotations: Annotated[Bool, noted("annotations of the objects are overwritten: they always are")] = False
    version: Annotated[str, warned("there is one version of Kustomize")] = ""
    kube_version: Annotated[str, noted("for charts inside of kustomizations, which are refused")] = ""
    api_versions: Annotated[Texts, noted("for charts inside of kustomizations, which are refused")] = ()


class Directory(Theirs):
    """Which plain files are read."""

    recurse: Annotated[Bool, done("folders below too")] = False
    include: Annotated[str, done("only files that match: a glob, or `{one,other}`")] = ""
    exclude: Annotated[str, done("without files that match")] = ""
    jsonnet: Annotated[dict[str, Any], refused("Jsonnet is not run: commit what it makes")] = Field(default_factory=dict)


class Source(Theirs):
    """Where manifests come from."""

    repo_url: Annotated[str, done("a source of the environment, by its `repoURL` or `alsoKnownAs`")] = Field(alias="repoURL")
    target_revision: Annotated[str, done("that source's revision, or `HEAD`")] = "HEAD"
    path: Annotated[str, done("folder of the repository")] = ""
    chart: Annotated[str, refused("charts of a Helm repository are not fetched: keep the chart in Git")] = ""
    ref: Annotated[str, refused("values from another source are not done")] = ""
    name: Annotated[str, noted("shown by Argo CD only")] = ""
    helm: Annotated[Helm | None, refused("charts are not rendered")] = None
    kustomize: Kustomize | None = None
    directory: Directory | None = None
    plugin: Annotated[dict[str, Any] | None, refused("a plugin is a program that nobody reviewed: commit what it makes")] = None


class Destination(Theirs):
    """Where objects go."""

    name: Annotated[str, done("name of a Cluster; `in-cluster` is the environment's only one")] = ""
    server: Annotated[str, done("`spec.server` of a Cluster; `https://kubernetes.default.svc` is the environment's only one")] = ""
    namespace: Annotated[str, done("namespace of objects that name none")] = ""


class Automated(Theirs):
    """Syncing without being asked."""

    enabled: Annotated[Bool, done("`false`: as without automated")] = True
    prune: Annotated[Bool, done("`sync.prune`: without it, what leaves Git stays in the cluster")] = False
    self_heal: Annotated[Bool, warned("nothing is put back by itself: `transom drift --heal` does it when it is run")] = False
    allow_empty: Annotated[Bool, done("`sync.allowEmpty`: without it, a folder that holds nothing is a mistake")] = False


class Backoff(Theirs):
    """Waiting between attempts."""

    duration: Pause = ""
    factor: Int | None = None
    max_duration: Pause = ""


class Retry(Theirs):
    """Trying again."""

    limit: Int | None = None
    refresh: Bool = False
    backoff: Backoff | None = None


class NamespaceMetadata(Theirs):
    """What a namespace gets that is made for an application."""

    labels: Annotated[Labels, done("labels of the namespace")] = Field(default_factory=dict)
    annotations: Annotated[Labels, done("annotations of the namespace")] = Field(default_factory=dict)


class SyncPolicy(Theirs):
    """When and how objects are applied."""

    automated: Annotated[Automated | None, noted("each run applies what Git says, whoever runs it")] = None
    retry: Annotated[Retry | None, warned("a failed run is told, and run again by whoever runs it")] = None
    sync_options: Annotated[Texts, done("one by one, see below")] = ()
    managed_namespace_metadata: NamespaceMetadata | None = None


class IgnoreDifference(Theirs):
    """Fields that may differ."""

    group: Annotated[str, done("API group, or a glob")] = ""
    kind: Annotated[str, done("kind, or a glob")]
    name: Annotated[str, done("only this object")] = ""
    namespace: Annotated[str, done("only objects of this namespace")] = ""
    json_pointers: Annotated[tuple[JsonPointer, ...], done("fields that are neither put back nor told as drift")] = ()
    jq_path_expressions: Annotated[Texts, warned("jq is not run: name the fields by jsonPointers")] = ()
    managed_fields_managers: Annotated[Texts, warned("managers are not asked: name the fields by jsonPointers")] = ()


class Info(Theirs):
    """A line of text for people."""

    name: str
    value: str


class ArgoApplicationSpec(Theirs):
    """What an application of Argo CD is."""

    project: Annotated[str, done("the tenant: a Tenant of that name, the AppProject, or for `default` one that may do everything")] = (
        "default"
    )
    source: Source | None = None
    sources: tuple[Source, ...] = ()
    destination: Destination
    sync_policy: SyncPolicy | None = None
    ignore_differences: tuple[IgnoreDifference, ...] = ()
    info: Annotated[tuple[Info, ...], noted("shown by Argo CD only")] = ()
    revision_history_limit: Annotated[Int | None, noted("the history is kept with the state")] = None
    source_hydrator: Annotated[dict[str, Any] | None, refused("manifests are not written back to Git: point `source` at the dry ones")] = (
        None
    )


class ArgoApplication(Theirs):
    """Application."""

    api_version: Literal["argoproj.io/v1alpha1"]
    kind: Literal["Application"]
    metadata: Metadata
    spec: ArgoApplicationSpec
    operation: Annotated[dict[str, Any] | None, warned("a sync that was asked for by hand is not done")] = None
    status: Annotated[Any, noted("written by a cluster")] = None


class GroupKind(Theirs):
    """A kind, or many with `*`."""

    group: Annotated[str, done("API group, or a glob")] = ""
    kind: Annotated[str, done("kind, or a glob")]
    name: Annotated[str, done("only objects whose name matches")] = ""


class ProjectDestination(Theirs):
    """Where applications of a project may go."""

    name: Annotated[str, done("glob over names of clusters; with `!` in front: never")] = ""
    server: Annotated[str, done("glob over addresses of clusters; with `!` in front: never")] = ""
    namespace: Annotated[str, done("glob over namespaces; with `!` in front: never")] = ""


class SyncWindow(Theirs):
    """When a sync may run."""

    kind: Annotated[Literal["allow", "deny"], done("`sync.windows` of the applications it is for")]
    schedule: Annotated[Cron, done("five fields of cron")]
    duration: Annotated[Duration, done("how long it lasts")]
    applications: Annotated[Texts, done("globs over names of applications")] = ()
    namespaces: Annotated[Texts, done("globs over destinations")] = ()
    clusters: Annotated[Texts, done("globs over names and addresses of clusters")] = ()
    manual_sync: Annotated[Bool, warned("a run by hand keeps to the window too")] = False
    time_zone: Annotated[TimeZone | None, done("zone of the schedule; UTC when left out")] = None
    use_and_operator: Annotated[Bool, done("applications, namespaces and clusters must all match")] = Field(
        default=False, alias="andOperator"
    )
    description: Annotated[str, noted("for people")] = ""


class AppProjectSpec(Theirs):
    """What the applications of a project may do."""

    description: Annotated[str, noted("for people")] = ""
    source_repos: Annotated[Texts, done("globs over repositories; with `!` in front: never")] = ()
    source_namespaces: Annotated[Texts, noted("every document of the source is read, wherever Argo CD would keep it")] = ()
    destinations: Annotated[tuple[ProjectDestination, ...], done("where its applications may go: one that fits, and none with `!`")] = ()
    cluster_resource_whitelist: Annotated[tuple[GroupKind, ...], done("cluster-wide kinds that are allowed; none when left out")] = ()
    cluster_resource_blacklist: Annotated[tuple[GroupKind, ...], done("cluster-wide kinds that are not")] = ()
    namespace_resource_whitelist: Annotated[tuple[GroupKind, ...] | None, done("kinds that are allowed; all when left out")] = None
    namespace_resource_blacklist: Annotated[tuple[GroupKind, ...], done("kinds that are not")] = ()
    roles: Annotated[tuple[dict[str, Any], ...], warned("who may sync is a matter of who may merge and who may run the pipeline")] = ()
    sync_windows: tuple[SyncWindow, ...] = ()
    orphaned_resources: Annotated[dict[str, Any] | None, warned("objects that no document declares are not looked for")] = None
    signature_keys: Annotated[tuple[dict[str, Any], ...], refused("signatures of commits are not checked by project")] = ()
    permit_only_project_scoped_clusters: Annotated[Bool, noted("clusters are those that the environment selects")] = False
    destination_service_accounts: Annotated[
        tuple[dict[str, Any], ...], refused("objects would be applied with more rights than these accounts have")
    ] = ()


class ApplicationsPolicy(Theirs):
    """What may be done to applications that were made before."""

    applications_sync: Annotated[
        Literal["create-only", "create-update", "create-delete", "sync"], done("`sync.prune` and `sync.update` of each application")
    ] = "sync"
    preserve_resources_on_deletion: Annotated[Bool, done("`sync.prune: false` of each application")] = False


class ApplicationSetSpec(Theirs):
    """Generators and a template."""

    generators: Annotated[
        tuple[dict[str, Any], ...],
        done("list, clusters, git, matrix, merge, as in [ours](kinds/applicationset.md); pullRequest, scmProvider, plugin, "
             "clusterDecisionResource are errors"),
    ]  # fmt: skip
    template: Annotated[dict[str, Any], done("an Application, as below, with placeholders")]
    go_template: Annotated[Bool, done("placeholders are Go templates")] = False
    go_template_options: Annotated[Texts, done("what a parameter that is not there comes to; without it a mistake")] = ()
    sync_policy: ApplicationsPolicy | None = None
    apply_nested_selectors: Annotated[Bool, noted("the selectors of nested generators always count")] = False
    ignore_application_differences: Annotated[Any, noted("no Application lies in a cluster where somebody could change it")] = None
    preserved_fields: Annotated[Any, noted("no Application lies in a cluster where somebody could add to it")] = None
    strategy: Annotated[dict[str, Any] | None, warned("all applications of a set are applied in one run")] = None
    template_patch: Annotated[str, refused("a patch of the template is not done: write a parameter where it says it, or two sets")] = ""


class ArgoApplicationSet(Theirs):
    """ApplicationSet."""

    api_version: Literal["argoproj.io/v1alpha1"]
    kind: Literal["ApplicationSet"]
    metadata: Metadata
    spec: ApplicationSetSpec
    status: Annotated[Any, noted("written by a cluster")] = None


class AppProject(Theirs):
    """AppProject."""

    api_version: Literal["argoproj.io/v1alpha1"]
    kind: Literal["AppProject"]
    metadata: Metadata
    spec: AppProjectSpec
    status: Annotated[Any, noted("written by a cluster")] = None
