"""What is wrong with a kustomization is told at its line: before Kustomize runs where that can be, else in place of its words."""

# ruff: noqa: E501 - the table of mistakes has one per line

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.rendering.test_kustomize import OVERLAY, WAYS, render

MISTAKES: list[tuple[str, dict[str, str], list[tuple[str, str]]]] = [
    ("secret literal", {OVERLAY: "resources: [../../base]\nsecretGenerator:\n  - name: x\n    literals: [A=hunter2]\n"}, [(f"{OVERLAY}:4:16", "PlaintextSecret")]),
    ("secret file", {OVERLAY: "resources: [../../base]\nsecretGenerator:\n  - name: x\n    files: [a.txt]\n", "overlays/dev/a.txt": "x"}, [(f"{OVERLAY}:4:13", "PlaintextSecret")]),
    ("secret env", {OVERLAY: "resources: [../../base]\nsecretGenerator:\n  - name: x\n    envs: [a.env]\n", "overlays/dev/a.env": "A=1\n"}, [(f"{OVERLAY}:4:12", "PlaintextSecret")]),
    ("secret empty literal", {OVERLAY: "resources: [../../base]\nsecretGenerator:\n  - name: x\n    literals: [A=]\n"}, [(f"{OVERLAY}:4:16", "PlaintextSecret")]),
    ("image nothing", {OVERLAY: "resources: [../../base]\nimages:\n  - name: nginx\n    newTag: '1'\n"}, [(f"{OVERLAY}:3:11", "NothingMatched")]),
    ("image no name", {OVERLAY: "resources: [../../base]\nimages:\n  - newTag: '1'\n"}, [(f"{OVERLAY}:3:5", "MissingField")]),
    ("image tag number", {OVERLAY: "resources: [../../base]\nimages:\n  - name: nginx\n    newTag: 1.2\n"}, [(f"{OVERLAY}:4:13", "WrongType")]),
    ("patch kind only nothing", {OVERLAY: 'resources: [../../base]\npatches:\n  - target: {kind: StatefulSet}\n    patch: \'[{"op": "remove", "path": "/spec"}]\'\n'}, [(f"{OVERLAY}:3:13", "PatchWithoutTarget")]),
    ("patch label nothing", {OVERLAY: 'resources: [../../base]\npatches:\n  - target: {labelSelector: a=b}\n    patch: \'[{"op": "remove", "path": "/spec"}]\'\n'}, [(f"{OVERLAY}:3:13", "PatchWithoutTarget")]),
    ("patch delete nothing", {OVERLAY: "resources: [../../base]\npatches:\n  - patch: |-\n      $patch: delete\n      apiVersion: apps/v1\n      kind: Deployment\n      metadata: {name: wep}\n"}, [(f"{OVERLAY}:7:24", "PatchWithoutTarget")]),
    ("patch target delete nothing", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {kind: Deployment, name: wep}\n    patch: |-\n      $patch: delete\n      kind: x\n      metadata: {name: x}\n"}, [(f"{OVERLAY}:3:13", "PatchWithoutTarget")]),
    ("json patch no target", {OVERLAY: 'resources: [../../base]\npatches:\n  - patch: \'[{"op": "remove", "path": "/spec"}]\'\n'}, [(f"{OVERLAY}:3:13", "MissingField")]),
    ("patch broken yaml", {OVERLAY: "resources: [../../base]\npatches:\n  - patch: |-\n      a: b: c\n"}, [(f"{OVERLAY}:4:11", "InvalidYaml")]),
    ("patch both", {OVERLAY: "resources: [../../base]\npatches:\n  - path: p.yaml\n    patch: |-\n      a: b\n", "overlays/dev/p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n"}, [(f"{OVERLAY}:3:5", "InvalidKustomization")]),
    ("patch neither", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {kind: Deployment}\n"}, [(f"{OVERLAY}:3:5", "InvalidKustomization")]),
    ("patch empty file", {OVERLAY: "resources: [../../base]\npatches:\n  - path: p.yaml\n", "overlays/dev/p.yaml": "\n"}, [(f"{OVERLAY}:3:11", "InvalidKustomization")]),
    ("patch without kind", {OVERLAY: "resources: [../../base]\npatches:\n  - path: p.yaml\n", "overlays/dev/p.yaml": "metadata: {name: web}\nspec: {replicas: 2}\n"}, [("overlays/dev/p.yaml:1:1", "MissingField")]),
    ("patch string entry", {OVERLAY: "resources: [../../base]\npatches:\n  - p.yaml\n", "overlays/dev/p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n"}, [(f"{OVERLAY}:3:5", "WrongType")]),
    ("json test fails", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: test\n        path: /spec/replicas\n        value: 9\n"}, [(f"{OVERLAY}:6:15", "PatchWithoutTarget")]),
    ("json patch index", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: add\n        path: /spec/template/spec/containers/4\n        value: {}\n"}, [(f"{OVERLAY}:6:15", "PatchWithoutTarget")]),
    ("json patch no value", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: replace\n        path: /spec/replicas\n"}, [(f"{OVERLAY}:5:9", "MissingField")]),
    ("json patch no slash", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: replace\n        path: spec/replicas\n        value: 3\n"}, [(f"{OVERLAY}:6:15", "InvalidValue")]),
    ("replacement source nothing", {OVERLAY: "resources: [../../base]\nreplacements:\n  - source: {kind: ConfigMap, name: nothing, fieldPath: data.a}\n    targets:\n      - select: {kind: Deployment}\n        fieldPaths: [spec.replicas]\n"}, [(f"{OVERLAY}:3:13", "NothingMatched")]),
    ("replacement target nothing", {OVERLAY: "resources: [../../base]\nreplacements:\n  - source: {kind: ConfigMap, name: settings, fieldPath: data.a}\n    targets:\n      - select: {kind: StatefulSet}\n        fieldPaths: [spec.replicas]\n"}, [(f"{OVERLAY}:5:17", "NothingMatched")]),
    ("replacement source path nothing", {OVERLAY: "resources: [../../base]\nreplacements:\n  - source: {kind: ConfigMap, name: settings, fieldPath: data.zzz}\n    targets:\n      - select: {kind: Deployment}\n        fieldPaths: [spec.replicas]\n"}, [(f"{OVERLAY}:3:58", "NothingMatched")]),
    ("replacement target path nothing", {OVERLAY: "resources: [../../base]\nreplacements:\n  - source: {kind: ConfigMap, name: settings, fieldPath: data.a}\n    targets:\n      - select: {kind: Deployment}\n        fieldPaths: [spec.nope.deep]\n"}, [(f"{OVERLAY}:6:22", "NothingMatched")]),
    ("replacement no targets", {OVERLAY: "resources: [../../base]\nreplacements:\n  - source: {kind: ConfigMap, name: settings, fieldPath: data.a}\n"}, [(f"{OVERLAY}:3:5", "MissingField")]),
    ("replacement multiple sources", {OVERLAY: "resources: [../../base]\nreplacements:\n  - source: {version: v1}\n    targets:\n      - select: {kind: Deployment}\n        fieldPaths: [spec.replicas]\n", "base/settings.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: "1"}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {a: "1"}\n'}, [(f"{OVERLAY}:3:13", "InvalidValue")]),
    ("replacement file bad", {OVERLAY: "resources: [../../base]\nreplacements:\n  - path: r.yaml\n", "overlays/dev/r.yaml": "source: {kind: ConfigMap, name: nothing}\ntargets: [{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]\n"}, [("overlays/dev/r.yaml:1:9", "NothingMatched")]),
    ("component as resource", {OVERLAY: "resources: [../../base, ../../comp]\n", "comp/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"}, [("comp/kustomization.yaml:1:1", "InvalidKustomization"), (f"{OVERLAY}:1:25", "InvalidKustomization")]),
    ("resource as component", {OVERLAY: "resources: [../../base]\ncomponents: [../../comp]\n", "comp/kustomization.yaml": "resources: []\n"}, [("comp/kustomization.yaml:1:1", "InvalidKustomization"), (f"{OVERLAY}:2:14", "InvalidKustomization")]),
    ("component file", {OVERLAY: "resources: [../../base]\ncomponents: [web.yaml]\n", "overlays/dev/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n"}, [(f"{OVERLAY}:2:14", "InvalidKustomization")]),
    ("wrong apiVersion", {OVERLAY: "apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization\nresources: [../../base]\n"}, [(f"{OVERLAY}:1:13", "InvalidKustomization")]),
    ("wrong kind", {OVERLAY: "kind: Kustomisation\nresources: [../../base]\n"}, [(f"{OVERLAY}:1:7", "InvalidKustomization")]),
    ("base twice", {OVERLAY: "resources: [../../base, ../../base]\n"}, [(f"{OVERLAY}:1:25", "DuplicateObject")]),
    ("empty kustomization", {OVERLAY: "{}\n"}, [(f"{OVERLAY}:1:1", "InvalidKustomization")]),
    ("empty file", {OVERLAY: "\n"}, [(f"{OVERLAY}:1:1", "InvalidKustomization")]),
    ("comment only", {OVERLAY: "# nothing\n"}, [(f"{OVERLAY}:1:1", "InvalidKustomization")]),
    ("two kustomizations", {OVERLAY: "resources: [../../base]\n", "overlays/dev/kustomization.yml": "resources: [../../base]\n"}, [(f"{OVERLAY}:1:1", "InvalidKustomization")]),
    ("generator without name", {OVERLAY: "resources: [../../base]\nconfigMapGenerator:\n  - literals: [A=1]\n"}, [(f"{OVERLAY}:3:5", "MissingField")]),
    ("generator bad behavior", {OVERLAY: "resources: [../../base]\nconfigMapGenerator:\n  - {name: x, behavior: mrge, literals: [A=1]}\n"}, [(f"{OVERLAY}:3:25", "InvalidValue")]),
    ("env malformed", {OVERLAY: "resources: [../../base]\nconfigMapGenerator:\n  - {name: x, envs: [a.env]}\n", "overlays/dev/a.env": "A=1\nB C=2\n"}, [("overlays/dev/a.env:2:1", "InvalidKey")]),
    ("dup literal", {OVERLAY: "resources: [../../base]\nconfigMapGenerator:\n  - {name: x, literals: [A=1, A=2]}\n"}, [(f"{OVERLAY}:3:31", "DuplicateKey")]),
    ("generator bad key", {OVERLAY: "resources: [../../base]\nconfigMapGenerator:\n  - {name: x, literals: ['a/b=1']}\n"}, [(f"{OVERLAY}:3:26", "InvalidKey")]),
    ("generator mapping not list", {OVERLAY: "resources: [../../base]\nconfigMapGenerator:\n  name: x\n"}, [(f"{OVERLAY}:2:1", "WrongType")]),
    ("labels wrong", {OVERLAY: "resources: [../../base]\nlabels:\n  - includeSelectors: true\n"}, [(f"{OVERLAY}:3:5", "MissingField")]),
    ("labels mapping", {OVERLAY: "resources: [../../base]\nlabels: {a: b}\n"}, [(f"{OVERLAY}:2:1", "WrongType")]),
    ("labels number", {OVERLAY: "resources: [../../base]\nlabels:\n  - pairs: {a: 1}\n"}, [(f"{OVERLAY}:3:16", "WrongType")]),
    ("commonLabels number", {OVERLAY: "resources: [../../base]\ncommonLabels: {a: 1}\n"}, [(f"{OVERLAY}:2:19", "WrongType")]),
    ("namespace number", {OVERLAY: "resources: [../../base]\nnamespace: 5\n"}, [(f"{OVERLAY}:2:12", "WrongType")]),
    ("namePrefix number", {OVERLAY: "resources: [../../base]\nnamePrefix: 5\n"}, [(f"{OVERLAY}:2:13", "WrongType")]),
    ("helmCharts", {OVERLAY: "resources: [../../base]\nhelmCharts:\n  - name: x\n    repo: https://example.com\n"}, [(f"{OVERLAY}:2:1", "NotSupported")]),
    ("helmChartInflation", {OVERLAY: "resources: [../../base]\nhelmChartInflationGenerator:\n  - chartName: x\n"}, [(f"{OVERLAY}:2:1", "NotSupported")]),
    ("generators helm", {OVERLAY: "resources: [../../base]\ngenerators:\n  - |-\n    apiVersion: builtin\n    kind: HelmChartInflationGenerator\n    metadata: {name: x}\n    name: x\n"}, [(f"{OVERLAY}:3:5", "NotSupported")]),
    ("exec plugin", {OVERLAY: "resources: [../../base]\ntransformers:\n  - t.yaml\n", "overlays/dev/t.yaml": "apiVersion: x.example.com/v1\nkind: T\nmetadata:\n  name: t\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./x.sh}\n"}, [("overlays/dev/t.yaml:6:5", "ForbiddenPlugin")]),
    ("vars", {OVERLAY: "resources: [../../base]\nvars:\n  - name: A\n    objref: {kind: ConfigMap, name: settings, apiVersion: v1}\n    fieldref: {fieldpath: data.a}\n"}, [(f"{OVERLAY}:2:1", "DeprecatedField")]),
    ("vars missing", {OVERLAY: "resources: [../../base]\nvars:\n  - name: A\n    objref: {kind: ConfigMap, name: nope, apiVersion: v1}\n"}, [(f"{OVERLAY}:2:1", "DeprecatedField"), (f"{OVERLAY}:4:13", "NothingMatched")]),
    ("configurations bad", {OVERLAY: "resources: [../../base]\nconfigurations: [c.yaml]\n", "overlays/dev/c.yaml": "namePrefix: {a: b}\n"}, [(f"{OVERLAY}:2:18", "InvalidValue")]),
    ("openapi version", {OVERLAY: "resources: [../../base]\nopenapi: {version: v1.99.0}\n"}, [(f"{OVERLAY}:2:20", "InvalidValue")]),
    ("crds bad", {OVERLAY: "resources: [../../base]\ncrds: [c.json]\n", "overlays/dev/c.json": "[]"}, [(f"{OVERLAY}:2:8", "InvalidValue")]),
    ("sortOptions bad", {OVERLAY: "resources: [../../base]\nsortOptions: {order: foo}\n"}, [(f"{OVERLAY}:2:22", "InvalidValue")]),
    ("buildMetadata bad", {OVERLAY: "resources: [../../base]\nbuildMetadata: [foo]\n"}, [(f"{OVERLAY}:2:17", "InvalidValue")]),
    ("replicas number", {OVERLAY: "resources: [../../base]\nreplicas:\n  - {name: web, count: -1}\n"}, [(f"{OVERLAY}:3:24", "InvalidValue")]),
    ("patch target regexp", {OVERLAY: 'resources: [../../base]\npatches:\n  - target: {kind: Deployment, name: \'(\'}\n    patch: \'[{"op": "remove", "path": "/spec"}]\'\n'}, [(f"{OVERLAY}:3:38", "InvalidValue")]),
    ("patch target namespace", {OVERLAY: 'resources: [../../base]\npatches:\n  - target: {kind: Deployment, name: web, namespace: foo}\n    patch: \'[{"op": "remove", "path": "/spec"}]\'\n'}, [(f"{OVERLAY}:3:13", "PatchWithoutTarget")]),
    ("patch target apiVersion field", {OVERLAY: 'resources: [../../base]\npatches:\n  - target: {apiVersion: apps/v1, kind: Deployment, name: web}\n    patch: \'[{"op": "remove", "path": "/spec"}]\'\n'}, [(f"{OVERLAY}:3:14", "UnknownField")]),
    ("smp dup keys in patch", {OVERLAY: "resources: [../../base]\npatches:\n  - patch: |-\n      apiVersion: apps/v1\n      kind: Deployment\n      metadata: {name: web}\n      spec:\n        replicas: 2\n        replicas: 3\n"}, [(f"{OVERLAY}:9:9", "DuplicateKey")]),
    ("patch wrong group", {OVERLAY: "resources: [../../base]\npatches:\n  - patch: |-\n      apiVersion: extensions/v1\n      kind: Deployment\n      metadata: {name: web}\n      spec: {replicas: 2}\n"}, [(f"{OVERLAY}:6:24", "PatchWithoutTarget")]),
    ("capitals", {OVERLAY: "Resources: [../../base]\n"}, [(f"{OVERLAY}:1:1", "UnknownField")]),
    ("capitals of a remote base", {OVERLAY: "resources: [../../base]\nBases: [https://example.com/x]\n"}, [(f"{OVERLAY}:2:1", "UnknownField")]),
    ("unknown field of an image", {OVERLAY: "resources: [../../base]\nimages:\n  - name: nginx\n    newtag: '1'\n"}, [(f"{OVERLAY}:4:5", "UnknownField")]),
    ("unknown field of a target", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {knd: Deployment}\n    patch: '[]'\n"}, [(f"{OVERLAY}:3:14", "UnknownField")]),
    ("cycle of three", {OVERLAY: "resources: [../../base]\n", "base/kustomization.yaml": "resources: [settings.yaml, web.yaml, ../more]\n", "more/kustomization.yaml": "resources: [../overlays/dev]\n"}, [("more/kustomization.yaml:1:13", "InvalidKustomization")]),
    ("user at host", {OVERLAY: "resources: ['alice@example.com:org/repo']\n"}, [(f"{OVERLAY}:1:13", "RemoteBase")]),
    ("two documents", {OVERLAY: "resources: [../../base]\n---\nresources: [../../base]\n"}, [(f"{OVERLAY}:3:1", "InvalidKustomization")]),
    ("inline duplicate in a block", {OVERLAY: "resources: [../../base]\npatches:\n  - patch: |\n      apiVersion: apps/v1\n      kind: Deployment\n      metadata: {name: web, name: web}\n"}, [(f"{OVERLAY}:6:29", "DuplicateKey")]),
    ("namespaced patch", {OVERLAY: 'resources: [../../base]\nnamespace: shop\npatches:\n  - target: {kind: Deployment, name: web, namespace: other}\n    patch: \'[{"op": "remove", "path": "/spec"}]\'\n'}, [(f"{OVERLAY}:4:13", "PatchWithoutTarget")]),
    ("image of a digest", {OVERLAY: "resources: [../../base]\nimages:\n  - name: example/wep\n    digest: sha256:x\n", "base/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: a, image: example/web@sha256:1}]}}}\n"}, [(f"{OVERLAY}:3:11", "NothingMatched")]),
    ("types hide nothing", {OVERLAY: "resources: 5\nimages: 5\npatches: 5\nconfigMapGenerator: [{name: 5, literals: 5}]\n"}, [(f"{OVERLAY}:1:1", "WrongType"), (f"{OVERLAY}:2:1", "WrongType"), (f"{OVERLAY}:3:1", "WrongType"), (f"{OVERLAY}:4:29", "WrongType"), (f"{OVERLAY}:4:32", "WrongType")]),
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("files, expected", [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
def test_mistakes(tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str]], way: str) -> None:
    """Each mistake has its place and reason, whichever way Kustomize is run, and says what to do without naming the machine."""
    problems = render(tmp_path, files, WAYS[way]()).problems
    assert [(str(one.where).removeprefix("applications/shop/"), one.reason) for one in problems] == expected, problems
    for problem in problems:
        assert problem.hint
        assert str(tmp_path) not in str(problem)


FINE: list[tuple[str, dict[str, str]]] = [
    ("an empty secret", {OVERLAY: "resources: [../../base]\nsecretGenerator: [{name: x, type: Opaque}]\n"}),
    ("a patch that deletes", {OVERLAY: "resources: [../../base]\npatches:\n  - patch: |-\n      $patch: delete\n      apiVersion: apps/v1\n      kind: Deployment\n      metadata: {name: web}\n"}),
    ("a patch for what another deletes", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {kind: Deployment, name: web}\n    patch: '[{\"op\": \"add\", \"path\": \"/spec/paused\", \"value\": true}]'\n  - target: {kind: Deployment, name: web}\n    patch: '{\"$patch\": \"delete\", \"kind\": \"x\", \"metadata\": {\"name\": \"x\"}}'\n"}),
    ("a component that aims at what may be there", {OVERLAY: "resources: [../../base]\ncomponents: [../../more]\n", "more/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages: [{name: nginx, newTag: '2'}]\npatches:\n  - target: {kind: StatefulSet}\n    patch: '[{\"op\": \"remove\", \"path\": \"/spec\"}]'\n"}),
    ("a base twice, under two prefixes", {OVERLAY: "resources: [../../a, ../../b]\n", "a/kustomization.yaml": "resources: [../base]\nnamePrefix: a-\n", "b/kustomization.yaml": "resources: [../base]\nnamePrefix: b-\n"}),
    ("a JSON file", {OVERLAY: "resources: [../../base, x.json]\n", "overlays/dev/x.json": '{\n\t"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "j"}}'}),
    ("an image that is renamed twice", {"base/kustomization.yaml": "resources: [settings.yaml, web.yaml]\nimages: [{name: a, newName: b}]\n", "base/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: a, image: 'a:1'}]}}}\n", OVERLAY: "resources: [../../base]\nimages: [{name: b, newTag: '2'}]\n"}),
    ("a patch target by expression", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {kind: Deploy.*, name: we.}\n    patch: '[{\"op\": \"add\", \"path\": \"/spec/paused\", \"value\": true}]'\n"}),
    ("a replacement with a fixed value", {OVERLAY: "resources: [../../base]\nreplacements:\n  - sourceValue: x\n    targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]\n"}),
]  # fmt: skip


@pytest.mark.parametrize("files", [case[1] for case in FINE], ids=[case[0] for case in FINE])
def test_what_kustomize_allows_is_allowed(tmp_path: Path, files: dict[str, str]) -> None:
    """None of these is a mistake."""
    assert render(tmp_path, files).problems == ()
