"""Each field of the neighbours' kinds does what its mark, and so the page, says: done fields have an effect, others are told or change nothing."""

# ruff: noqa: E501 - the table of cases has one per line

from __future__ import annotations

import copy
import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel

from tests import repository
from tests.repository import CLUSTER, ENVIRONMENT
from transom.catalog.neighbours import marks, objects
from transom.catalog.neighbours.marks import Level, Mark
from transom.catalog.neighbours.reading import KINDS
from transom.errors import InvalidDocuments, mistakes

_ENVIRONMENT = ENVIRONMENT.replace(
    "path: platform}",
    "path: platform, alsoKnownAs: ['https://git.example.com/acme/fleet', 'https://git.example.com/acme/old'], entries: [{path: entry}]}",
)
FLEET = "https://git.example.com/acme/fleet"
_WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {a: b}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.28", env: [{name: A, value: "$${x}"}]}]}
"""
_COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n  - {patch: '[{op: add, path: /metadata/labels/c, value: d}]', target: {kind: Deployment}}\n"
_FILES = {
    "entry/cluster.yaml": CLUSTER.replace(
        "{existing: {context: somewhere}}", "{server: 'https://10.0.0.1', existing: {context: somewhere, version: '1.36'}}"
    ),
    "folder/kustomization.yaml": "resources: [web.yaml]\n",
    "folder/web.yaml": _WORKLOAD,
    "folder/patch.txt": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {minReadySeconds: 7}\n",
    "component/kustomization.yaml": _COMPONENT,
    "other/kustomization.yaml": "resources: [web.yaml]\n",
    "other/web.yaml": _WORKLOAD.replace("name: web, labels", "name: other, labels"),
    "plain/web.yaml": _WORKLOAD,
    "plain/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n",
    "plain/below/below.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: below}\n",
    "entry/more.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata: {name: variables, namespace: flux-system}
data: {from: the map}
---
apiVersion: transom.dev/v1
kind: Tenant
metadata: {name: team}
spec: {namespaces: [team, hello]}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet, namespace: team}
spec: {interval: 1m, url: 'https://git.example.com/acme/fleet'}
""",
}

BASES: dict[str, dict[str, Any]] = {
    "Application": {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "hello", "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {"repoURL": FLEET, "path": "folder"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "hello-there"},
        },
    },
    "ApplicationSet": {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "many", "namespace": "argocd"},
        "spec": {
            "generators": [{"list": {"elements": [{"name": "one"}, {"name": "two"}]}}],
            "template": {
                "metadata": {"name": "{{name}}"},
                "spec": {
                    "project": "default",
                    "source": {"repoURL": FLEET, "path": "folder"},
                    "destination": {"server": "https://kubernetes.default.svc", "namespace": "hello-{{name}}"},
                },
            },
        },
    },
    "AppProject": {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "walled", "namespace": "argocd"},
        "spec": {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]},
    },
    "Kustomization": {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "hello", "namespace": "flux-system"},
        "spec": {
            "interval": "10m",
            "prune": True,
            "path": "./folder",
            "sourceRef": {"kind": "GitRepository", "name": "fleet"},
            "targetNamespace": "hello-there",
        },
    },
    "GitRepository": {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "fleet", "namespace": "flux-system"},
        "spec": {"interval": "1m", "url": FLEET},
    },
}
"""One valid document of each kind; those that need another one find it among these."""

_PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {minReadySeconds: 7}\n"
_STEP = "[{op: add, path: /spec/minReadySeconds, value: 7}]"
_PLAIN = {"spec": {"source": {"path": "plain", "directory": {}}}}
_WINDOW = {"kind": "deny", "schedule": "0 22 * * *", "duration": "8h"}


def _argo(**spec: Any) -> dict[str, Any]:
    return {"spec": spec}


def _source(**fields: Any) -> dict[str, Any]:
    return {"spec": {"source": fields}}


def _kustomize(**fields: Any) -> dict[str, Any]:
    return _source(kustomize=fields)


def _target(**fields: Any) -> dict[str, Any]:
    return _kustomize(patches=[{"patch": _STEP, "target": fields}])


def _flux_target(**fields: Any) -> dict[str, Any]:
    return _argo(patches=[{"patch": _STEP, "target": fields}])


def _automated(**fields: Any) -> dict[str, Any]:
    return _argo(syncPolicy={"automated": fields})


def _retry(**fields: Any) -> dict[str, Any]:
    return _argo(syncPolicy={"retry": fields})


def _ignored(**fields: Any) -> dict[str, Any]:
    return _argo(ignoreDifferences=[{"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"], **fields}])


def _window(**fields: Any) -> dict[str, Any]:
    return _argo(syncWindows=[{**_WINDOW, "applications": ["walled"], **fields}])


Change = dict[str, Any]
Case = tuple[str, str, Change, Change]
"""Kind, path of the field, what is written without it and with it, over the kind's base."""

DONE: list[Case] = [
    ("Application", "metadata.name", {}, {"metadata": {"name": "other"}}),
    ("Application", "metadata.namespace", {}, {"metadata": {"namespace": "team-a"}}),
    ("Application", "metadata.labels", {}, {"metadata": {"labels": {"a": "b"}}}),
    ("Application", "metadata.annotations", {}, {"metadata": {"annotations": {"argocd.argoproj.io/skip-reconcile": "true"}}}),
    ("Application", "spec.project", {}, _argo(project="walled")),
    ("Application", "spec.source.repoURL", {}, _source(repoURL="https://git.example.com/acme/gone")),
    ("Application", "spec.source.targetRevision", {}, {}),  # a folder on disk has every revision: tests/unit/neighbours/test_repositories.py
    ("Application", "spec.source.path", {}, _source(path="other")),
    ("Application", "spec.source.kustomize.namePrefix", {}, _kustomize(namePrefix="a-")),
    ("Application", "spec.source.kustomize.nameSuffix", {}, _kustomize(nameSuffix="-a")),
    ("Application", "spec.source.kustomize.namespace", {}, _kustomize(namespace="elsewhere")),
    ("Application", "spec.source.kustomize.images", {}, _kustomize(images=["nginx:1.29"])),
    ("Application", "spec.source.kustomize.replicas", {}, _kustomize(replicas=[{"name": "web", "count": 4}])),
    ("Application", "spec.source.kustomize.replicas[].name", _kustomize(replicas=[{"name": "web", "count": 4}]), _kustomize(replicas=[{"name": "wob", "count": 4}])),
    ("Application", "spec.source.kustomize.replicas[].count", _kustomize(replicas=[{"name": "web", "count": 4}]), _kustomize(replicas=[{"name": "web", "count": 5}])),
    ("Application", "spec.source.kustomize.patches", {}, _kustomize(patches=[{"patch": _PATCH}])),
    ("Application", "spec.source.kustomize.patches[].patch", _kustomize(patches=[]), _kustomize(patches=[{"patch": _PATCH}])),
    ("Application", "spec.source.kustomize.patches[].path", {}, _kustomize(patches=[{"path": "patch.txt"}])),
    ("Application", "spec.source.kustomize.patches[].target", {}, _target(kind="Deployment")),
    ("Application", "spec.source.kustomize.patches[].options", _kustomize(patches=[{"patch": _PATCH.replace("kind: Deployment", "kind: Deployment"), "target": {"kind": "Deployment"}}]), _kustomize(patches=[{"patch": _PATCH.replace("name: web", "name: renamed"), "target": {"kind": "Deployment"}, "options": {"allowNameChange": True}}])),
    ("Application", "spec.source.kustomize.components", {}, _kustomize(components=["../component"])),
    ("Application", "spec.source.kustomize.ignoreMissingComponents", _kustomize(components=["../gone"]), _kustomize(components=["../gone"], ignoreMissingComponents=True)),
    ("Application", "spec.source.kustomize.commonLabels", {}, _kustomize(commonLabels={"c": "d"})),
    ("Application", "spec.source.kustomize.labelWithoutSelector", _kustomize(commonLabels={"c": "d"}), _kustomize(commonLabels={"c": "d"}, labelWithoutSelector=True)),
    ("Application", "spec.source.kustomize.labelIncludeTemplates", _kustomize(commonLabels={"c": "d"}, labelWithoutSelector=True), _kustomize(commonLabels={"c": "d"}, labelWithoutSelector=True, labelIncludeTemplates=True)),
    ("Application", "spec.source.kustomize.commonAnnotations", {}, _kustomize(commonAnnotations={"c": "d"})),
    ("Application", "spec.source.directory.recurse", _PLAIN, _source(path="plain", directory={"recurse": True})),
    ("Application", "spec.source.directory.include", _PLAIN, _source(path="plain", directory={"include": "more.*"})),
    ("Application", "spec.source.directory.exclude", _PLAIN, _source(path="plain", directory={"exclude": "{more,less}.yaml"})),
    ("Application", "spec.destination.name", {}, {"spec": {"destination": {"name": "gone", "server": None}}}),
    ("Application", "spec.destination.server", {}, {"spec": {"destination": {"server": "https://10.0.0.1"}}}),
    ("Application", "spec.destination.namespace", {}, {"spec": {"destination": {"namespace": "other"}}}),
    ("Application", "spec.syncPolicy.automated.enabled", _automated(prune=True), _automated(prune=True, enabled=False)),
    ("Application", "spec.syncPolicy.automated.prune", _automated(), _automated(prune=True)),
    ("Application", "spec.syncPolicy.automated.allowEmpty", _automated(), _automated(allowEmpty=True)),
    ("Application", "spec.syncPolicy.syncOptions", {}, _argo(syncPolicy={"syncOptions": ["CreateNamespace=true"]})),
    ("Application", "spec.syncPolicy.managedNamespaceMetadata.labels", _argo(syncPolicy={"syncOptions": ["CreateNamespace=true"]}), _argo(syncPolicy={"syncOptions": ["CreateNamespace=true"], "managedNamespaceMetadata": {"labels": {"a": "b"}}})),
    ("Application", "spec.syncPolicy.managedNamespaceMetadata.annotations", _argo(syncPolicy={"syncOptions": ["CreateNamespace=true"]}), _argo(syncPolicy={"syncOptions": ["CreateNamespace=true"], "managedNamespaceMetadata": {"annotations": {"a": "b"}}})),
    ("Application", "spec.ignoreDifferences[].group", _ignored(), _ignored(group="batch")),
    ("Application", "spec.ignoreDifferences[].kind", _ignored(), _ignored(kind="StatefulSet")),
    ("Application", "spec.ignoreDifferences[].name", _ignored(), _ignored(name="web")),
    ("Application", "spec.ignoreDifferences[].namespace", _ignored(), _ignored(namespace="hello-there")),
    ("Application", "spec.ignoreDifferences[].jsonPointers", {}, _ignored()),
    ("ApplicationSet", "metadata.name", {}, {}),  # stands in messages only
    ("ApplicationSet", "metadata.namespace", {}, {"metadata": {"namespace": "team-a"}}),
    ("ApplicationSet", "metadata.labels", {}, {}),
    ("ApplicationSet", "metadata.annotations", {}, {}),
    ("ApplicationSet", "spec.generators", {}, _argo(generators=[{"list": {"elements": [{"name": "one"}]}}])),
    ("ApplicationSet", "spec.template", {}, _argo(template={"metadata": {"name": "my-{{name}}"}})),
    ("ApplicationSet", "spec.goTemplate", {}, _argo(goTemplate=True)),
    ("ApplicationSet", "spec.goTemplateOptions", {}, _argo(goTemplateOptions=["missingkey=error"])),
    ("ApplicationSet", "spec.syncPolicy.applicationsSync", {}, _argo(syncPolicy={"applicationsSync": "create-only"})),
    ("ApplicationSet", "spec.syncPolicy.preserveResourcesOnDeletion", _argo(template={"spec": {"syncPolicy": {"automated": {"prune": True}}}}), _argo(template={"spec": {"syncPolicy": {"automated": {"prune": True}}}}, syncPolicy={"preserveResourcesOnDeletion": True})),
    ("AppProject", "metadata.name", {}, {"metadata": {"name": "other"}}),
    ("AppProject", "metadata.namespace", {}, {}),  # where Argo CD keeps a project changes nothing
    ("AppProject", "metadata.labels", {}, {}),
    ("AppProject", "metadata.annotations", {}, {}),
    ("AppProject", "spec.sourceRepos", {}, _argo(sourceRepos=["*", "!https://git.example.com/acme/fleet"])),
    ("AppProject", "spec.destinations", {}, _argo(destinations=[])),
    ("AppProject", "spec.namespaceResourceWhitelist", {}, _argo(namespaceResourceWhitelist=[{"group": "batch", "kind": "*"}])),
    ("AppProject", "spec.namespaceResourceBlacklist", {}, _argo(namespaceResourceBlacklist=[{"group": "*", "kind": "*"}])),
    ("AppProject", "spec.destinations[].name", _argo(destinations=[{"name": "in-cluster", "namespace": "*"}]), _argo(destinations=[{"name": "!*", "namespace": "*"}])),
    ("AppProject", "spec.destinations[].server", {}, _argo(destinations=[{"server": "https://10.*", "namespace": "*"}])),
    ("AppProject", "spec.destinations[].namespace", {}, _argo(destinations=[{"server": "*", "namespace": "!hello-*"}])),
    ("AppProject", "spec.namespaceResourceWhitelist[].group", _argo(namespaceResourceWhitelist=[{"group": "*", "kind": "*"}]), _argo(namespaceResourceWhitelist=[{"group": "batch", "kind": "*"}])),
    ("AppProject", "spec.namespaceResourceWhitelist[].kind", _argo(namespaceResourceWhitelist=[{"group": "*", "kind": "*"}]), _argo(namespaceResourceWhitelist=[{"group": "*", "kind": "Job"}])),
    ("AppProject", "spec.namespaceResourceWhitelist[].name", _argo(namespaceResourceWhitelist=[{"group": "*", "kind": "*"}]), _argo(namespaceResourceWhitelist=[{"group": "*", "kind": "*", "name": "x"}])),
    ("AppProject", "spec.namespaceResourceBlacklist[].group", _argo(namespaceResourceBlacklist=[{"group": "", "kind": "*"}]), _argo(namespaceResourceBlacklist=[{"group": "apps", "kind": "*"}])),
    ("AppProject", "spec.namespaceResourceBlacklist[].kind", {}, _argo(namespaceResourceBlacklist=[{"group": "*", "kind": "Deploy*"}])),
    ("AppProject", "spec.namespaceResourceBlacklist[].name", _argo(namespaceResourceBlacklist=[{"group": "*", "kind": "*", "name": "x"}]), _argo(namespaceResourceBlacklist=[{"group": "*", "kind": "*", "name": "web"}])),
    ("AppProject", "spec.syncWindows[].kind", _window(), _window(kind="allow")),
    ("AppProject", "spec.syncWindows[].schedule", _window(), _window(schedule="0 23 * * *")),
    ("AppProject", "spec.syncWindows[].duration", _window(), _window(duration="9h")),
    ("AppProject", "spec.syncWindows[].applications", _window(), _window(applications=["other"])),
    ("AppProject", "spec.syncWindows[].namespaces", {}, _argo(syncWindows=[{**_WINDOW, "namespaces": ["hello-*"]}])),
    ("AppProject", "spec.syncWindows[].clusters", {}, _argo(syncWindows=[{**_WINDOW, "clusters": ["in-cluster"]}])),
    ("AppProject", "spec.syncWindows[].timeZone", _window(), _window(timeZone="Europe/Berlin")),
    ("AppProject", "spec.syncWindows[].andOperator", _window(namespaces=["other"]), _window(namespaces=["other"], andOperator=True)),
    ("Kustomization", "metadata.name", {}, {"metadata": {"name": "other"}}),
    ("Kustomization", "metadata.namespace", {}, {"metadata": {"namespace": "team"}}),
    ("Kustomization", "metadata.labels", {}, {"metadata": {"labels": {"transom.dev/tenant": "team"}}}),
    ("Kustomization", "spec.sourceRef.kind", {}, _argo(sourceRef={"kind": "Bucket"})),
    ("Kustomization", "spec.sourceRef.name", {}, _argo(sourceRef={"name": "gone"})),
    ("Kustomization", "spec.sourceRef.namespace", {}, _argo(sourceRef={"namespace": "gone"})),
    ("Kustomization", "spec.path", {}, _argo(path="other")),
    ("Kustomization", "spec.prune", {}, _argo(prune=False)),
    ("Kustomization", "spec.deletionPolicy", {}, _argo(deletionPolicy="Orphan")),
    ("Kustomization", "spec.dependsOn[].name", {}, _argo(dependsOn=[{"name": "gone"}])),
    ("Kustomization", "spec.dependsOn[].namespace", {}, _argo(dependsOn=[{"name": "hello", "namespace": "team"}])),
    ("Kustomization", "spec.targetNamespace", {}, _argo(targetNamespace="other")),
    ("Kustomization", "spec.namePrefix", {}, _argo(namePrefix="a-")),
    ("Kustomization", "spec.nameSuffix", {}, _argo(nameSuffix="-a")),
    ("Kustomization", "spec.commonMetadata.labels", {}, _argo(commonMetadata={"labels": {"c": "d"}})),
    ("Kustomization", "spec.commonMetadata.annotations", {}, _argo(commonMetadata={"annotations": {"c": "d"}})),
    ("Kustomization", "spec.patches[].patch", {}, _argo(patches=[{"patch": _PATCH}])),
    ("Kustomization", "spec.patches[].target", {}, _flux_target(kind="Deployment")),
    ("Kustomization", "spec.images[].name", _argo(images=[{"name": "nginx", "newTag": "1"}]), _argo(images=[{"name": "other", "newTag": "1"}])),
    ("Kustomization", "spec.images[].newName", {}, _argo(images=[{"name": "nginx", "newName": "other"}])),
    ("Kustomization", "spec.images[].newTag", {}, _argo(images=[{"name": "nginx", "newTag": "1"}])),
    ("Kustomization", "spec.images[].digest", {}, _argo(images=[{"name": "nginx", "digest": "sha256:" + "0" * 64}])),
    ("Kustomization", "spec.components", {}, _argo(components=["../component"])),
    ("Kustomization", "spec.ignoreMissingComponents", _argo(components=["../gone"]), _argo(components=["../gone"], ignoreMissingComponents=True)),
    ("Kustomization", "spec.postBuild.substitute", {}, _argo(postBuild={"substitute": {"x": "y"}})),
    ("Kustomization", "spec.postBuild.substituteFrom[].kind", _argo(postBuild={"substituteFrom": [{"kind": "ConfigMap", "name": "variables"}]}), _argo(postBuild={"substituteFrom": [{"kind": "Secret", "name": "variables"}]})),
    ("Kustomization", "spec.postBuild.substituteFrom[].name", {}, _argo(postBuild={"substituteFrom": [{"kind": "ConfigMap", "name": "gone"}]})),
    ("Kustomization", "spec.postBuild.substituteFrom[].optional", _argo(postBuild={"substituteFrom": [{"kind": "ConfigMap", "name": "gone"}]}), _argo(postBuild={"substituteFrom": [{"kind": "ConfigMap", "name": "gone", "optional": True}]})),
    ("Kustomization", "spec.serviceAccountName", {}, _argo(serviceAccountName="somebody")),
    ("Kustomization", "spec.driftIgnoreRules[].paths", {}, _argo(driftIgnoreRules=[{"paths": ["/spec/replicas"]}])),
    ("Kustomization", "spec.driftIgnoreRules[].target", _argo(driftIgnoreRules=[{"paths": ["/spec/replicas"]}]), _argo(driftIgnoreRules=[{"paths": ["/spec/replicas"], "target": {"kind": "Job"}}])),
    ("GitRepository", "metadata.name", {}, {"metadata": {"name": "other"}}),
    ("GitRepository", "metadata.namespace", {}, {"metadata": {"namespace": "other"}}),
    ("GitRepository", "metadata.labels", {}, {}),
    ("GitRepository", "spec.url", {}, _argo(url="https://git.example.com/acme/gone")),
    *(("GitRepository", f"spec.ref.{name}", {}, {}) for name in ("branch", "tag", "semver", "name", "commit")),  # as spec.source.targetRevision
]  # fmt: skip


def _rows() -> list[tuple[str, str, Mark]]:
    """Kind, path and mark of every field; `sources` are as `source`, lists of kinds of a project as one another."""
    found = []
    for (_, kind), model in KINDS.items():
        found += [(kind, row.path, row.mark) for row in marks.rows(model)]
    alike = ("spec.sources[]", "spec.clusterResource")
    return [row for row in found if not row[1].startswith(alike)]


def _merged(base: Any, change: Any) -> Any:
    """`change` over `base`; None removes."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    out = dict(base)
    for key, value in change.items():
        out[key] = _merged(base.get(key), value) if isinstance(value, dict) else value
    return {key: value for key, value in out.items() if value is not None}


def _outcome(folder: Path, kind: str, change: Change) -> tuple[str, list[tuple[str, str]]]:
    """The catalog's digest, empty when there are mistakes, and what is told: severity and reason."""
    documents = [copy.deepcopy(BASES["GitRepository"]), copy.deepcopy(BASES["AppProject"])]
    wanted = _merged(BASES[kind], change)
    documents = [one for one in documents if one["kind"] != kind] + [wanted]
    if kind == "AppProject":
        documents.append(_merged(BASES["Application"], {"metadata": {"name": "walled"}, "spec": {"project": "walled"}}))
    if kind == "GitRepository":
        documents.append(BASES["Kustomization"])
    files = {**_FILES, "entry/theirs.yaml": yaml.safe_dump_all(documents, sort_keys=False)}
    try:
        catalog = repository.catalog(folder, files, _ENVIRONMENT)
    except InvalidDocuments as error:
        return "", [("error" if one in mistakes([one]) else "warning", one.reason) for one in error.problems]
    return catalog.digest, [("warning", one.reason) for one in catalog.warnings]


_CLUSTER_WIDE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: reader}\n"


@pytest.mark.parametrize(
    "lists, allowed",
    [
        ({}, False),
        ({"clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}, True),
        ({"clusterResourceWhitelist": [{"group": "rbac.*", "kind": "ClusterRole", "name": "reader"}]}, True),
        ({"clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}]}, False),
        (
            {
                "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
                "clusterResourceBlacklist": [{"group": "*", "kind": "ClusterRole"}],
            },
            False,
        ),
    ],
)
def test_cluster_wide_kinds_are_listed(lists: dict[str, Any], allowed: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a table's column
    """A project allows no cluster-wide kind that it does not list, and none that it forbids."""
    project = _merged(BASES["AppProject"], {"spec": lists})
    application = _merged(BASES["Application"], {"spec": {"project": "walled", "source": {"path": "wide"}}})
    files = {
        **_FILES,
        "wide/role.yaml": _CLUSTER_WIDE,
        "entry/theirs.yaml": yaml.safe_dump_all([project, application, BASES["GitRepository"]]),
    }
    problems = [one.reason for one in repository.problems(tmp_path, files, _ENVIRONMENT)]
    assert problems == ([] if allowed else ["ForbiddenKind"])


def test_every_done_field_has_a_case() -> None:
    """A field that is said to be done is shown to have an effect."""
    done = {(kind, path) for kind, path, mark in _rows() if mark.level is Level.DONE}
    shown = {case[:2] for case in DONE}
    metadata_of_others = {row for row in done if row[0] == "GitRepository" and row[1] == "metadata.annotations"}
    helm = {row for row in done if ".helm." in row[1]}
    assert done - metadata_of_others - helm == shown


@pytest.mark.parametrize("case", [case for case in DONE if case[2] != case[3]], ids=lambda case: f"{case[0]}.{case[1]}")
def test_a_done_field_has_an_effect(case: Case, tmp_path: Path) -> None:
    """With the field the environment is another one than without it, or is refused for what the field says."""
    kind, _, without, with_it = case
    assert _outcome(tmp_path / "a", kind, without) != _outcome(tmp_path / "b", kind, with_it)


def _value(annotation: Any) -> Any:
    """A value that fits an annotation, and that is no default."""
    while get_origin(annotation) in (Annotated, Union, types.UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    if get_origin(annotation) is tuple:
        return [_value(get_args(annotation)[0])]
    if get_origin(annotation) is dict or annotation is dict:
        return {"a": "b"}
    if get_origin(annotation) is Literal:
        return get_args(annotation)[-1]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        wanted = [one for one in annotation.model_fields.values() if one.is_required()] or [next(iter(annotation.model_fields.values()))]
        return {field.alias: _value(field.annotation) for field in wanted}
    return {bool: True, int: 3}.get(annotation, "5m")


def _written(kind: str, path: str) -> Change:
    """The least change that writes something at a path."""
    model = next(model for (_, name), model in KINDS.items() if name == kind)
    bases = {"kustomize": {}, "directory": {}, "syncPolicy": {}, "retry": {}, "patches": {"patch": _PATCH}, "postBuild": {}}
    bases |= {
        "ignoreDifferences": {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]},
        "syncWindows": {**_WINDOW, "applications": ["walled"]},
    }
    bases |= {"dependsOn": {"name": "other"}}
    return _below(model, path.split("."), bases)


def _below(model: type[BaseModel], parts: list[str], bases: dict[str, Any]) -> Any:
    name = parts[0].removesuffix("[]")
    field = next(field for key, field in model.model_fields.items() if name in (field.alias, key))
    if len(parts) == 1:
        return {name: _value(field.annotation)}
    inner, _ = marks._model(field.annotation)
    assert inner is not None
    below = {**bases.get(name, {}), **_below(inner, parts[1:], bases)}
    return {name: [below] if parts[0].endswith("[]") else below}


@pytest.mark.parametrize("row", [row for row in _rows() if row[2].level is not Level.DONE], ids=lambda row: f"{row[0]}.{row[1]}")
def test_other_fields_are_told_or_change_nothing(row: tuple[str, str, Mark], tmp_path: Path) -> None:
    """What is refused is a mistake, what is passed over a warning, what is not needed neither: and none of it changes anything."""
    kind, path, mark = row
    digest, told = _outcome(tmp_path / "with", kind, _written(kind, path))
    reasons = {("error", "NotSupported"), ("warning", "PassedOver")} & set(told)
    match mark.level:
        case Level.ERROR:
            assert ("error", "NotSupported") in reasons, told
        case Level.WARNING:
            assert reasons == {("warning", "PassedOver")}, told
        case _:
            assert not reasons, told
            assert digest, told
            assert digest == _outcome(tmp_path / "without", kind, _removed(_written(kind, path), path.split(".")))[0]


def _removed(change: Any, parts: list[str]) -> Any:
    name = parts[0].removesuffix("[]")
    if len(parts) == 1:
        return {key: value for key, value in change.items() if key != name}
    inner = change[name]
    return {**change, name: [_removed(inner[0], parts[1:])] if isinstance(inner, list) else _removed(inner, parts[1:])}


@pytest.mark.parametrize("option", [f"{name}={value}" for name, values in objects.SYNC_OPTIONS.items() for value in values])
def test_sync_options_are_told_as_marked(option: str, tmp_path: Path) -> None:
    """Each sync option of Argo CD is done, passed over with a warning, or refused, as its mark says."""
    name, _, value = option.partition("=")
    mark = objects.SYNC_OPTIONS[name][value]
    _, told = _outcome(tmp_path, "Application", _argo(syncPolicy={"syncOptions": [option]}))
    wanted = {Level.WARNING: {("warning", "PassedOver")}, Level.ERROR: {("error", "NotSupported")}}.get(mark.level, set())
    assert {one for one in told if one[1] in ("PassedOver", "NotSupported")} == wanted
