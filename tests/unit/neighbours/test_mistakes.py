"""Mistakes that people make in documents of Argo CD and Flux: each told at its line, with a reason, and words that let them mend it."""

# ruff: noqa: E501 - the table of mistakes has one per line

from __future__ import annotations

from pathlib import Path

import pytest

from tests import repository
from tests.repository import CLUSTER, ENVIRONMENT

_ENVIRONMENT = ENVIRONMENT.replace(
    "path: platform}", "path: platform, alsoKnownAs: ['https://git.example.com/acme/fleet'], entries: [{path: entry}]}"
)

ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: hello
  namespace: argocd
spec:
  project: default
  source:
    repoURL: https://git.example.com/acme/fleet
    targetRevision: HEAD
    path: hello
  destination:
    server: https://kubernetes.default.svc
    namespace: hello
"""
FLUX = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet, namespace: flux-system}
spec:
  interval: 1m
  url: https://git.example.com/acme/fleet
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: hello
  namespace: flux-system
spec:
  interval: 10m
  path: ./hello
  prune: true
  targetNamespace: hello
  sourceRef:
    kind: GitRepository
    name: fleet
"""
HELLO = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hello}\ndata: {greeting: good morning}\n"
KUSTOMIZED = ARGO.replace("    path: hello\n", "    path: kustomized\n    kustomize:\n")
PROJECT = """\
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: walled}
spec:
  sourceRepos: ["https://git.example.com/acme/*"]
  destinations:
    - {server: "https://kubernetes.default.svc", namespace: "hello*"}
"""
TWO = FLUX + FLUX.partition("---")[2].replace("name: hello", "name: other").replace("./hello", "./other").join(("---", ""))

BASE = {
    "entry/cluster.yaml": CLUSTER,
    "hello/hello.yaml": HELLO,
    "other/other.yaml": HELLO.replace("name: hello", "name: other"),
    "kustomized/kustomization.yaml": "resources: [hello.yaml]\n",
    "kustomized/hello.yaml": HELLO,
}
A, F = "entry/argo.yaml", "entry/flux.yaml"

Case = tuple[str, dict[str, str], str, str, str]

CASES: list[Case] = [
    # -- Argo CD: the document
    ("a version of Argo that never was", {A: ARGO.replace("v1alpha1", "v1beta1")}, f"{A}:1:13", "UnknownVersion", "write argoproj.io/v1alpha1"),
    ("a misspelt field", {A: ARGO.replace("targetRevision", "targetRevison")}, f"{A}:10:5", "UnknownField", "did you mean targetRevision?"),
    ("a misspelt field far down", {A: ARGO + "  syncPolicy: {automated: {selfheal: true}}\n"}, f"{A}:15:28", "UnknownField", "did you mean selfHeal?"),
    ("true as text", {A: ARGO + '  syncPolicy:\n    automated:\n      prune: "true"\n'}, f"{A}:17:14", "WrongType", 'must be true or false, not "true"'),
    ("no destination", {A: ARGO.partition("  destination")[0]}, f"{A}:6:1", "MissingField", "spec.destination is missing"),
    ("no repository", {A: ARGO.replace("    repoURL: https://git.example.com/acme/fleet\n", "")}, f"{A}:8:3", "MissingField", "repoURL is missing"),
    ("no source", {A: ARGO.partition("  source")[0] + "  destination" + ARGO.partition("  destination")[2]}, f"{A}:7:3", "MissingField", "spec.source is missing"),
    ("no path", {A: ARGO.replace("    path: hello\n", "")}, f"{A}:9:5", "MissingField", "path is missing"),
    ("no name", {A: ARGO.replace("  name: hello\n", "")}, f"{A}:4:3", "MissingField", "metadata.name is missing"),
    ("a name that ours cannot have", {A: ARGO.replace("name: hello", "name: hello.world")}, f"{A}:4:9", "InvalidValue", "lower case"),
    ("source and sources", {A: ARGO.replace("  destination:", "  sources:\n    - {repoURL: https://git.example.com/acme/fleet, path: hello}\n  destination:")}, f"{A}:8:3", "InvalidValue", "remove it"),
    ("declared twice", {A: ARGO, "entry/b.yaml": ARGO.replace("hello\n", "other\n", 0) + "\n"}, "entry/b.yaml:4:9", "DuplicateDocument", f"first at {A}:4:9"),
    # -- Argo CD: what it points at
    ("a repository that is no source", {A: ARGO.replace("acme/fleet", "acme/fleat")}, f"{A}:9:14", "UnknownRepository", "it has https://git.example.com/acme/fleet"),
    ("a path that is not there", {A: ARGO.replace("path: hello", "path: helo")}, f"{A}:11:11", "MissingFile", "did you mean hello?"),
    ("a path that leads out", {A: ARGO.replace("path: hello", "path: ../hello")}, f"{A}:11:11", "PathOutsideSource", "lies outside"),
    ("a path that is a file", {A: ARGO.replace("path: hello", "path: hello/hello.yaml")}, f"{A}:11:11", "MissingFile", "is a file"),
    ("a folder without manifests", {A: ARGO.replace("path: hello", "path: bare"), "bare/README.md": "# bare\n"}, f"{A}:11:11", "NothingToApply", "remove this document"),
    ("a manifest that is wrong", {A: ARGO, "hello/hello.yaml": HELLO.replace("name: hello", "name: [")}, "hello/hello.yaml:3:19", "InvalidYaml", "not valid YAML"),
    ("a kustomization that is wrong", {A: ARGO.replace("path: hello", "path: kustomized"), "kustomized/kustomization.yaml": "resources: [helo.yaml]\n"}, "kustomized/kustomization.yaml:1:13", "MissingFile", "did you mean hello.yaml?"),
    ("kustomize over plain files", {A: ARGO.replace("    path: hello\n", "    path: hello\n    kustomize: {namePrefix: a-}\n")}, f"{A}:12:5", "MissingFile", "has no kustomization"),
    ("a patch for nothing", {A: KUSTOMIZED.replace("kustomize:\n", "kustomize:\n      patches:\n        - {target: {kind: Deployment, name: web}, patch: '[]'}\n")}, f"{A}:13:7", "PatchWithoutTarget", "there is no Deployment web"),
    ("a patch that is none", {A: KUSTOMIZED.replace("kustomize:\n", "kustomize:\n      patches: [{patch: 'a: ['}]\n")}, f"{A}:12:5", "KustomizeFailed", "kustomize:"),
    ("replicas of nothing", {A: KUSTOMIZED.replace("kustomize:\n", "kustomize:\n      replicas: [{name: web, count: 2}]\n")}, f"{A}:13:7", "PatchWithoutTarget", "nothing named web"),
    ("a component that is not there", {A: KUSTOMIZED.replace("kustomize:\n", "kustomize:\n      components: [../gone]\n")}, f"{A}:13:20", "MissingFile", "relative to spec.path"),
    ("a sync option that is none", {A: ARGO + "  syncPolicy:\n    syncOptions: [CreateNamespaces=true]\n"}, f"{A}:16:19", "InvalidValue", "did you mean CreateNamespace=true"),
    ("metadata for a namespace nobody makes", {A: ARGO + "  syncPolicy:\n    managedNamespaceMetadata: {labels: {a: b}}\n"}, f"{A}:16:5", "InvalidValue", "add it to syncOptions"),
    ("a pointer that is none", {A: ARGO + "  ignoreDifferences:\n    - {kind: ConfigMap, jsonPointers: [data.greeting]}\n"}, f"{A}:16:40", "InvalidValue", "ignoreDifferences[0].jsonPointers[0]"),
    ("a pause that is none", {A: ARGO + "  syncPolicy: {retry: {limit: 2, backoff: {duration: soon}}}\n"}, f"{A}:15:54", "InvalidValue", "a duration"),
    ("a plugin", {A: ARGO.replace("    path: hello\n", "    path: hello\n    plugin: {name: make}\n")}, f"{A}:12:5", "NotSupported", "commit what it makes"),
    ("a hook that is none", {A: ARGO, "hello/hello.yaml": HELLO.replace("name: hello", "name: hello, annotations: {argocd.argoproj.io/hook: BeforeSync}")}, "hello/hello.yaml:3:64", "InvalidValue", "did you mean PreSync?"),
    ("a wave that is none", {A: ARGO, "hello/hello.yaml": HELLO.replace("name: hello", "name: hello, annotations: {argocd.argoproj.io/sync-wave: first}")}, "hello/hello.yaml:3:69", "InvalidValue", "whole number"),
    # -- Argo CD: where it goes
    ("a cluster that nobody knows", {A: ARGO.replace("server: https://kubernetes.default.svc", "name: mian")}, f"{A}:13:11", "UnknownReference", "did you mean main?"),
    ("an address that nobody knows", {A: ARGO.replace("https://kubernetes.default.svc", "https://10.1.2.3")}, f"{A}:13:13", "UnknownServer", "spec.server"),
    ("name and server", {A: ARGO.replace("    server:", "    name: main\n    server:")}, f"{A}:13:5", "InvalidValue", "write one of the two"),
    ("neither name nor server", {A: ARGO.replace("    server: https://kubernetes.default.svc\n", "")}, f"{A}:13:5", "MissingField", "names no cluster"),
    ("one of several clusters", {A: ARGO, "entry/more.yaml": BASE["entry/cluster.yaml"].replace("name: main", "name: more")}, f"{A}:13:5", "MissingCluster", "name one of main, more"),
    ("no namespace anywhere", {A: ARGO.replace("    namespace: hello\n", "")}, "hello/hello.yaml:3:11", "MissingNamespace", "spec.destination.namespace at"),
    ("a tenant's namespace", {A: ARGO, "entry/t.yaml": "apiVersion: transom.dev/v1\nkind: Tenant\nmetadata: {name: team}\nspec: {namespaces: [hello]}\n"}, f"{A}:14:16", "ForbiddenDestination", "does not belong to tenant default"),
    # -- Argo CD: projects
    ("a project that nobody declares", {A: ARGO.replace("project: default", "project: walld"), "entry/p.yaml": PROJECT}, f"{A}:7:12", "UnknownReference", "did you mean walled?"),
    ("a repository that the project forbids", {A: ARGO.replace("project: default", "project: walled"), "entry/p.yaml": PROJECT.replace("acme/*", "other/*")}, f"{A}:9:14", "ForbiddenSource", "spec.sourceRepos"),
    ("a namespace that the project forbids", {A: ARGO.replace("project: default", "project: walled"), "entry/p.yaml": PROJECT.replace("hello*", "other*")}, f"{A}:13:5", "ForbiddenDestination", "spec.destinations"),
    ("a kind that the project forbids", {A: ARGO.replace("project: default", "project: walled"), "entry/p.yaml": PROJECT + "  namespaceResourceBlacklist: [{group: '', kind: ConfigMap}]\n"}, "hello/hello.yaml:2:7", "ForbiddenKind", "does not allow ConfigMap"),
    ("a window that never opens", {A: ARGO.replace("project: default", "project: walled"), "entry/p.yaml": PROJECT + "  syncWindows: [{kind: deny, schedule: '0 25 * * *', duration: 1h, applications: ['*']}]\n"}, "entry/p.yaml:8:40", "InvalidValue", "hour"),
    # -- Flux: the document
    ("an old version of a Kustomization", {F: FLUX.replace("kustomize.toolkit.fluxcd.io/v1", "kustomize.toolkit.fluxcd.io/v1beta2")}, f"{F}:8:13", "UnknownVersion", "write kustomize.toolkit.fluxcd.io/v1"),
    ("an old version of a GitRepository", {F: FLUX.replace("source.toolkit.fluxcd.io/v1", "source.toolkit.fluxcd.io/v1beta1")}, f"{F}:1:13", "UnknownVersion", "write source.toolkit.fluxcd.io/v1"),
    ("no sourceRef", {F: FLUX.partition("  sourceRef")[0]}, f"{F}:13:1", "MissingField", "spec.sourceRef is missing"),
    ("no prune", {F: FLUX.replace("  prune: true\n", "")}, f"{F}:13:1", "MissingField", "spec.prune is missing"),
    ("prune as text", {F: FLUX.replace("prune: true", 'prune: "true"')}, f"{F}:16:10", "WrongType", "true or false"),
    ("an interval without a unit", {F: FLUX.replace("interval: 10m", 'interval: "10"')}, f"{F}:14:13", "InvalidValue", "spec.interval"),
    ("a misspelt field of Flux", {F: FLUX.replace("targetNamespace", "targetNamespaces")}, f"{F}:17:3", "UnknownField", "did you mean targetNamespace?"),
    # -- Flux: what it points at
    ("a source that nobody declares", {F: FLUX.replace("    name: fleet\n", "    name: fleat\n")}, f"{F}:20:11", "UnknownReference", "did you mean fleet?"),
    ("a source in another namespace", {F: FLUX.replace("name: fleet, namespace: flux-system", "name: fleet, namespace: default")}, f"{F}:20:11", "UnknownReference", "in namespace flux-system"),
    ("a bucket", {F: FLUX.replace("    kind: GitRepository\n", "    kind: Bucket\n")}, f"{F}:19:11", "NotSupported", "Git repository"),
    ("an address that is no source", {F: FLUX.replace("acme/fleet", "acme/other")}, f"{F}:6:8", "UnknownRepository", "alsoKnownAs"),
    ("a path of Flux that is not there", {F: FLUX.replace("./hello", "./helo")}, f"{F}:15:9", "MissingFile", "did you mean hello?"),
    ("a dependency that nobody declares", {F: FLUX + "  dependsOn: [{name: helo}]\n"}, f"{F}:21:15", "UnknownReference", "did you mean hello?"),
    ("a dependency on itself", {F: FLUX + "  dependsOn: [{name: hello}]\n"}, f"{F}:21:15", "DependencyCycle", "Application/hello → Application/hello"),
    ("a circle of two", {F: TWO.replace("  prune: true\n  targetNamespace: hello\n  sourceRef:\n    kind: GitRepository\n    name: fleet\n---", "  prune: true\n  targetNamespace: hello\n  dependsOn: [{name: other}]\n  sourceRef:\n    kind: GitRepository\n    name: fleet\n---") + "  dependsOn: [{name: hello}]\n"}, f"{F}:18:15", "DependencyCycle", "Application/hello → Application/other → Application/hello"),
    ("an account that nobody knows", {F: FLUX + "  serviceAccountName: team-a\n"}, f"{F}:21:23", "MissingTenant", "declare a Tenant that owns flux-system"),
    ("secrets that SOPS encrypts", {F: FLUX + "  decryption: {provider: sops}\n"}, f"{F}:21:3", "NotSupported", "ExternalSecret"),
    ("another cluster", {F: FLUX + "  kubeConfig: {secretRef: {name: remote}}\n"}, f"{F}:21:3", "NotSupported", "another cluster"),
    ("suspended", {F: FLUX + "  suspend: true\n"}, f"{F}:21:3", "NotSupported", "neither be left alone"),
    ("a health check that means nothing here", {F: FLUX + "  deletionPolicy: Orphan\n"}, f"{F}:21:19", "NotSupported", "let both say the same"),
    # -- Flux: variables
    ("a variable's name", {F: FLUX + "  postBuild: {substitute: {my-name: x}}\n"}, f"{F}:21:28", "InvalidValue", "letters, digits and underscores"),
    ("a map that nobody declares", {F: FLUX + "  postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}\n"}, f"{F}:21:56", "UnknownReference", "optional: true"),
    ("values of a Secret", {F: FLUX + "  postBuild: {substituteFrom: [{kind: Secret, name: settings}]}\n"}, f"{F}:21:53", "NotSupported", "known to the cluster only"),
    ("a variable that is none", {F: FLUX + "  postBuild: {substitute: {a: b}}\n", "hello/hello.yaml": HELLO.replace("good morning", '"${a!}"')}, "hello/hello.yaml:4:18", "InvalidVariable", "write $${"),
    ("a brace that is never closed", {F: FLUX + "  postBuild: {substitute: {a: b}}\n", "hello/hello.yaml": HELLO.replace("good morning", '"${a"')}, "hello/hello.yaml:4:18", "InvalidVariable", "never closed"),
    ("a value that breaks the object", {F: FLUX + "  postBuild: {substitute: {a: 'x: y: z'}}\n", "hello/hello.yaml": HELLO.replace("good morning", '"${a}"')}, "hello/hello.yaml:1:1", "InvalidVariable", "not valid YAML"),
    # -- entries
    ("an entry that is not there", {"environment": _ENVIRONMENT.replace("path: entry", "path: entri"), A: ARGO}, "dev.yaml:5:116", "MissingFile", "did you mean entry?"),
    ("an entry that holds nothing", {"environment": _ENVIRONMENT.replace("path: entry", "path: bare"), "bare/README.md": "# bare\n"}, "dev.yaml:5:116", "NothingToApply", "holds no manifest"),
]  # fmt: skip


@pytest.mark.parametrize("document", [ARGO, FLUX], ids=["Argo CD", "Flux"])
def test_the_documents_are_valid(document: str, tmp_path: Path) -> None:
    """What every case below begins with has no mistake: each finds only its own."""
    assert repository.problems(tmp_path, {**BASE, A: document}, _ENVIRONMENT) == ()


@pytest.mark.parametrize("files, place, reason, words", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_mistake(tmp_path: Path, files: dict[str, str], place: str, reason: str, words: str) -> None:
    """One mistake is one problem, at the value to change, and causes no second one."""
    tree = {**BASE, **files}
    environment = tree.pop("environment", _ENVIRONMENT)
    problems = repository.problems(tmp_path, tree, environment)
    found = [(str(one.where).rpartition(str(tmp_path))[2].removeprefix("/environments/"), one.reason) for one in problems]
    assert found == [(place, reason)], "\n".join(map(str, problems))
    assert words in str(problems[0])
