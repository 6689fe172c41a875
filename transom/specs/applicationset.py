"""Kind ApplicationSet: many applications from one template, one for each element that its generators give.

Fields are those of Argo CD's ApplicationSet (argo-cd.readthedocs.io: operator-manual/applicationset), except that a Git generator names a
source of the environment instead of a repository, and that the template is of our Application. Texts may hold placeholders, so that names
and label values are held to their grammar only once they are filled in, by the catalog.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from transom.specs.base import Document, Spec
from transom.specs.scalars import Bool

GENERATOR_KINDS = ("list", "clusters", "git", "matrix", "merge")
"""Fields of a generator, of which each has exactly one."""

MissingKey = Literal["missingkey=error", "missingkey=default", "missingkey=zero", "missingkey=invalid"]
"""Options of Go's text/template (pkg.go.dev/text/template#Template.Option)."""

_CONTROL_PLANE = "asks a service while nobody looks; keep what it would find in a file, and write git: files"
_NOT_READ: Mapping[str, str] = {
    "scmProvider": _CONTROL_PLANE,
    "pullRequest": _CONTROL_PLANE,
    "clusterDecisionResource": _CONTROL_PLANE,
    "plugin": _CONTROL_PLANE,
}
_NEVER_READ_AGAIN = "is not needed: generators are read anew in every run; remove it"


def _refuse(data: object, refused: Mapping[str, str]) -> object:
    """`data` as it is; ValueError for fields that Argo CD has and that can have no effect here, with what to write instead."""
    for field, why in refused.items():
        if isinstance(data, dict) and field in data:
            raise ValueError(f"{field} {why}")
    return data


class LabelRequirement(Spec):
    """One condition on a label."""

    key: str = Field(min_length=1)
    """The label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """What must hold."""
    values: tuple[str, ...] = ()
    """For `In` and `NotIn`: the values in question."""

    @model_validator(mode="after")
    def _values_where_they_count(self) -> LabelRequirement:
        if self.operator in ("In", "NotIn") and not self.values:
            raise ValueError(f"operator {self.operator} needs values")
        if self.operator in ("Exists", "DoesNotExist") and self.values:
            raise ValueError(f"values have no meaning for operator {self.operator}: remove them, or write operator: In")
        return self

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` meet it. As in Kubernetes, `NotIn` holds where the label is missing."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels


class LabelSelector(Spec):
    """Chooses by labels: all of it must hold, and an empty one chooses everything (Kubernetes API: LabelSelector)."""

    match_labels: dict[str, str] = Field(default_factory=dict)
    """Labels that must all be there with these values."""
    match_expressions: tuple[LabelRequirement, ...] = ()
    """Conditions that must all hold."""

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` meet all that is asked."""
        equal = all(labels.get(key) == value for key, value in self.match_labels.items())
        return equal and all(one.holds(labels) for one in self.match_expressions)


class ListGenerator(Spec):
    """Elements that are written out."""

    elements: tuple[dict[str, Any], ...] = ()
    """One mapping of parameters for each application. Without `goTemplate` all values are text, beside a mapping `values` of texts."""
    elements_yaml: str | None = None
    """Further elements as YAML or JSON text; behind another generator of a matrix it may hold that one's parameters."""


class ClusterGenerator(Spec):
    """One element for each cluster of the environment."""

    selector: LabelSelector = LabelSelector()
    """Which of the environment's clusters; all when left out."""
    values: dict[str, str] = Field(default_factory=dict)
    """Further parameters, as `values.NAME`; they may hold the cluster's own."""
    flat_list: Bool = False
    """One element with the list `clusters` instead of one element for each."""


class GitPath(Spec):
    """A pattern of paths inside a source."""

    path: str = Field(min_length=1)
    """Path below the source's folder; `*`, `?` and `[ab]` stand for characters of one name, `**` for any number of folders."""
    exclude: Bool = False
    """Leave out what matches, whatever else takes it in."""


class GitGenerator(Spec):
    """One element for each folder, or for each object in YAML and JSON files, of a source."""

    source: str | None = Field(default=None, min_length=1)
    """Name of a source of the environment; the one that this document lies in when left out."""
    directories: tuple[GitPath, ...] = ()
    """Folders: one element for each."""
    files: tuple[GitPath, ...] = ()
    """YAML or JSON files: one element for each, or for each entry where a file holds a list."""
    values: dict[str, str] = Field(default_factory=dict)
    """Further parameters, as `values.NAME`; they may hold those of the path and the file."""
    path_param_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")] | None = None
    """Puts the path's parameters below this name: `PREFIX.path.basename`. Two Git generators of a matrix need it."""

    @model_validator(mode="before")
    @classmethod
    def _name_a_source(cls, data: object) -> object:
        instead = "is not read here: write source: with the name of one of the environment's sources, or leave it out for this one"
        return _refuse(data, {"repoURL": instead, "revision": instead, "requeueAfterSeconds": _NEVER_READ_AGAIN})

    @model_validator(mode="after")
    def _folders_or_files(self) -> GitGenerator:
        if bool(self.directories) == bool(self.files):
            raise ValueError("a git generator has either directories or files")
        if all(item.exclude for item in (*self.directories, *self.files)):
            raise ValueError("every path of this generator is excluded; write one without exclude: true")
        return self


class TemplateSpec(Spec):
    """An Application with placeholders in its texts."""

    metadata: dict[str, Any] = Field(default_factory=dict)
    """Metadata of the Application: name, labels, annotations."""
    spec: dict[str, Any] = Field(default_factory=dict)
    """Spec of the Application."""


class MatrixGenerator(Spec):
    """Every combination of two generators' elements."""

    generators: tuple[GeneratorSpec, ...] = Field(min_length=2, max_length=2)
    """Two generators; texts of the second may hold parameters of the first."""


class MergeGenerator(Spec):
    """The elements of the first generator, with what later ones say of the same."""

    generators: tuple[GeneratorSpec, ...] = Field(min_length=2)
    """The first gives the elements; the others add to and override those with the same keys, the last one having the last word."""
    merge_keys: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = Field(min_length=1)
    """Parameters that must be equal for two elements to be the same."""


class GeneratorSpec(Spec):
    """One way to get elements; exactly one of list, clusters, git, matrix and merge."""

    list_: ListGenerator | None = Field(default=None, alias="list")
    """Elements that are written out."""
    clusters: ClusterGenerator | None = None
    """One element for each cluster of the environment."""
    git: GitGenerator | None = None
    """One element for each folder or file of a source."""
    matrix: MatrixGenerator | None = None
    """Every combination of two generators' elements."""
    merge: MergeGenerator | None = None
    """The elements of the first generator, overridden by those of the others."""
    selector: LabelSelector | None = None
    """Keeps the elements whose parameters meet it."""
    template: TemplateSpec | None = None
    """Fields of the template that are other for this generator's elements; only for generators directly below `spec`."""
    allow_empty: Bool = False
    """Accept that there is no element; otherwise that is a mistake, since it would delete what was generated before."""

    @model_validator(mode="before")
    @classmethod
    def _known_kinds(cls, data: object) -> object:
        return _refuse(data, _NOT_READ)

    @model_validator(mode="after")
    def _exactly_one_kind(self) -> GeneratorSpec:
        if len(given := list(self.given())) != 1:
            has = f", and this one has {' and '.join(given)}: give each an entry of its own" if given else ""
            raise ValueError(f"a generator is exactly one of {', '.join(GENERATOR_KINDS)}{has}")
        return self

    def given(self) -> Iterator[str]:
        """The kinds that are written, one in a valid document."""
        for kind in GENERATOR_KINDS:
            if getattr(self, "list_" if kind == "list" else kind) is not None:
                yield kind

    @property
    def kind(self) -> str:
        """The kind that it is, e.g. `clusters`."""
        return next(self.given())

    @property
    def inner(self) -> tuple[GeneratorSpec, ...]:
        """The generators inside a matrix or merge; none for others."""
        combined = self.matrix or self.merge
        return combined.generators if combined else ()


class ApplicationsSyncPolicy(Spec):
    """What may be done to applications that were generated before."""

    applications_sync: Literal["create-only", "create-update", "create-delete", "sync"] = "sync"
    """What follows the set: changes (`create-update`), removals (`create-delete`), both (`sync`) or neither (`create-only`)."""
    preserve_resources_on_deletion: Bool = False
    """Leave the Kubernetes objects of an application that is no longer generated in the cluster."""


class ApplicationSetSpec(Spec):
    """Generators, template and policy."""

    generators: tuple[GeneratorSpec, ...] = Field(min_length=1)
    """Where the elements come from; their elements are put together."""
    template: TemplateSpec
    """What becomes an Application for each element."""
    go_template: Bool = False
    """Placeholders are Go templates with Sprig's functions: `{{ .path.basename }}`. Otherwise they are names: `{{path.basename}}`."""
    go_template_options: tuple[MissingKey, ...] = Field(default=(), max_length=1)
    """What a parameter that is not there comes to; a mistake (`missingkey=error`) when left out."""
    sync_policy: ApplicationsSyncPolicy = ApplicationsSyncPolicy()
    """What follows the set when it changes."""

    @model_validator(mode="before")
    @classmethod
    def _only_what_has_an_effect(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("goTemplateOptions") and not data.get("goTemplate"):
            raise ValueError("goTemplateOptions has an effect only with goTemplate: true")
        return _refuse(
            data,
            {
                "ignoreApplicationDifferences": "has no meaning here: no Application lies in a cluster where somebody could change it; "
                "give one application other values in its generator's element instead",
                "templatePatch": "is not supported: write a template beside the generator whose elements differ, or an overlay",
                "strategy": "is not supported: all applications of a set are applied in one run; remove it",
                "preservedFields": "has no meaning here: no Application lies in a cluster where somebody could add to it; remove it",
                "applyNestedSelectors": "is not needed: the selectors of nested generators always count; remove it",
            },
        )


class ApplicationSet(Document):
    """Many applications from one template: for each cluster, folder, file or listed element."""

    kind: Literal["ApplicationSet"]
    """Always ApplicationSet."""
    spec: ApplicationSetSpec
    """Generators, template and policy."""


MatrixGenerator.model_rebuild()
MergeGenerator.model_rebuild()
