"""Traces: through the real Kustomize, back to the file, line and column a person wrote."""

# ruff: noqa: E501 - the table of places has its files in one line

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests import repository
from transom.errors import mistakes
from transom.rendering.render import Rendered
from transom.rendering.units import find
from transom.source.memory import MemorySource

BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: sidecar
          image: registry.example.com/sidecar:1
        - name: web
          image: registry.example.com:5000/web:1
          args: [a, b]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-worker
spec:
  replicas: 1
  strategy: {type: Recreate}
"""

Render = Callable[[dict[str, str]], dict[str, Rendered]]


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """Renders the application `shop` in `dev` from a base and what an overlay adds; documents by kind and name."""

    def rendered(files: dict[str, str]) -> dict[str, Rendered]:
        below = "applications/shop"
        whole = {f"{below}/base/kustomization.yaml": "resources: [web.yaml]\n", f"{below}/base/web.yaml": BASE}
        whole |= {f"{below}/{name}": dedent(text) for name, text in files.items()}
        snapshot = MemorySource("platform", whole, tmp_path / "platform").snapshot()
        done = repository.renderer().render(find(snapshot, "dev"))
        assert not mistakes(done.problems), done.problems
        return {f"{one.data['kind']}/{one.data['metadata']['name']}": one for one in done.documents}

    return rendered


def place(document: Rendered, *path: str | int) -> str:
    """Where a value was written, without the part of the path that all share."""
    return str(document.trace.locate(document.data, path)).removeprefix("applications/shop/")


CONTAINERS = ("spec", "template", "spec", "containers")
PLAIN_NAMES = "generatorOptions: {disableNameSuffixHash: true}\n"
OVERLAY = "overlays/dev/kustomization.yaml"

CASES: list[tuple[str, dict[str, str], str, tuple[Any, ...], str]] = [
    ("the base", {OVERLAY: "resources: [../../base]\n"}, "Deployment/web", ("spec", "replicas"), "base/web.yaml:6:13"),
    ("a list item", {OVERLAY: "resources: [../../base]\n"}, "Deployment/web", (*CONTAINERS, 1, "image"), "base/web.yaml:13:18"),
    (
        "a strategic merge patch in a file",
        {
            OVERLAY: "resources: [../../base]\npatches:\n  - path: web.yaml\n",
            "overlays/dev/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 5\n",
        },
        "Deployment/web", ("spec", "replicas"), "overlays/dev/web.yaml:5:13",
    ),
    (
        "a patch for another document whose name begins alike",
        {
            OVERLAY: "resources: [../../base]\npatches:\n  - path: web.yaml\n",
            "overlays/dev/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 5\n",
        },
        "Deployment/web-worker", ("spec", "replicas"), "base/web.yaml:21:13",
    ),
    (
        "the second document of a patch file",
        {
            OVERLAY: "resources: [../../base]\npatches:\n  - path: both.yaml\n",
            "overlays/dev/both.yaml": (
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 5}\n---\n"
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web-worker}\nspec:\n  replicas: 7\n"
            ),
        },
        "Deployment/web-worker", ("spec", "replicas"), "overlays/dev/both.yaml:10:13",
    ),
    (
        "a patch written inline",
        {
            OVERLAY: """\
                resources: [../../base]
                patches:
                  - patch: |-
                      apiVersion: apps/v1
                      kind: Deployment
                      metadata: {name: web}
                      spec:
                        replicas: 5
                """
        },
        "Deployment/web", ("spec", "replicas"), "overlays/dev/kustomization.yaml:8:19",
    ),
    (
        "a list item of a patch, told by its name",
        {
            OVERLAY: "resources: [../../base]\npatches:\n  - path: web.yaml\n",
            "overlays/dev/web.yaml": (
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n"
                "        - name: web\n          image: registry.example.com/web:2\n"
            ),
        },
        "Deployment/web", (*CONTAINERS, 0, "image"), "overlays/dev/web.yaml:9:18",
    ),
    (
        "a JSON patch written inline",
        {
            OVERLAY: """\
                resources: [../../base]
                patches:
                  - target: {kind: Deployment, name: web}
                    patch: |-
                      - op: replace
                        path: /spec/replicas
                        value: 9
                """
        },
        "Deployment/web", ("spec", "replicas"), "overlays/dev/kustomization.yaml:7:16",
    ),
    (
        "a JSON patch in a file that appends to a list",
        {
            OVERLAY: "resources: [../../base]\npatches:\n  - {path: more.yaml, target: {kind: Deployment, name: web}}\n",
            "overlays/dev/more.yaml": "- op: add\n  path: /spec/template/spec/containers/1/args/-\n  value: c\n",
        },
        "Deployment/web", (*CONTAINERS, 1, "args", 2), "overlays/dev/more.yaml:3:10",
    ),
    (
        "a JSON patch for another document",
        {
            OVERLAY: "resources: [../../base]\npatches:\n  - {path: more.yaml, target: {kind: Deployment, name: web}}\n",
            "overlays/dev/more.yaml": "- op: replace\n  path: /spec/replicas\n  value: 9\n",
        },
        "Deployment/web-worker", ("spec", "replicas"), "base/web.yaml:21:13",
    ),
    (
        "the last of two patches",
        {
            OVERLAY: """\
                resources: [../../base]
                patches:
                  - target: {kind: Deployment, name: web}
                    patch: '[{"op": "replace", "path": "/spec/replicas", "value": 3}]'
                  - target: {kind: Deployment, name: web}
                    patch: '[{"op": "replace", "path": "/spec/replicas", "value": 4}]'
                """
        },
        "Deployment/web", ("spec", "replicas"), "overlays/dev/kustomization.yaml:6:67",
    ),
    (
        "a component's patch, over the base",
        {
            OVERLAY: "resources: [../../base]\ncomponents: [../../more]\n",
            "more/kustomization.yaml": (
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n  - path: web.yaml\n"
            ),
            "more/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 6}\n",
        },
        "Deployment/web", ("spec", "replicas"), "more/web.yaml:4:18",
    ),
    (
        "through a name prefix and a suffix",
        {OVERLAY: "resources: [../../base]\nnamePrefix: dev-\nnameSuffix: -x\n"},
        "Deployment/dev-web-worker-x", ("spec", "replicas"), "base/web.yaml:21:13",
    ),
    (
        "a patch below a name prefix",
        {
            OVERLAY: "resources: [../../base]\nnamePrefix: dev-\npatches:\n  - path: web.yaml\n",
            "overlays/dev/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 5\n",
        },
        "Deployment/dev-web", ("spec", "replicas"), "overlays/dev/web.yaml:5:13",
    ),
    (
        "the namespace field",
        {OVERLAY: "resources: [../../base]\nnamespace: other\n"},
        "Deployment/web", ("metadata", "namespace"), "overlays/dev/kustomization.yaml:2:12",
    ),
    (
        "the replicas field",
        {OVERLAY: "resources: [../../base]\nreplicas:\n  - {name: web-worker, count: 1}\n  - {name: web, count: 4}\n"},
        "Deployment/web", ("spec", "replicas"), "overlays/dev/kustomization.yaml:4:24",
    ),
    (
        "the images field",
        {OVERLAY: "resources: [../../base]\nimages:\n  - name: registry.example.com:5000/web\n    newTag: '2'\n"},
        "Deployment/web", (*CONTAINERS, 1, "image"), "overlays/dev/kustomization.yaml:4:13",
    ),
    (
        "an image that the images field leaves alone",
        {OVERLAY: "resources: [../../base]\nimages:\n  - name: registry.example.com:5000/web\n    newTag: '2'\n"},
        "Deployment/web", (*CONTAINERS, 0, "image"), "base/web.yaml:11:18",
    ),
    (
        "the labels field",
        {OVERLAY: "resources: [../../base]\nlabels:\n  - pairs:\n      team: a\n"},
        "Deployment/web", ("metadata", "labels", "team"), "overlays/dev/kustomization.yaml:4:13",
    ),
    (
        "a value that a patch removed",
        {
            OVERLAY: "resources: [../../base]\npatches:\n  - path: web.yaml\n",
            "overlays/dev/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: null\n",
        },
        "Deployment/web", ("spec", "replicas"), "overlays/dev/web.yaml:5:13",
    ),
    (
        "a mapping that a patch only adds to",
        {
            OVERLAY: "resources: [../../base]\npatches:\n  - path: web.yaml\n",
            "overlays/dev/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 5}\n",
        },
        "Deployment/web", ("spec",), "base/web.yaml:6:3",
    ),
    (
        "a generated key",
        {OVERLAY: "configMapGenerator:\n  - name: settings\n    literals:\n      - A=1\n      - B=2\n" + PLAIN_NAMES},
        "ConfigMap/settings", ("data", "B"), "overlays/dev/kustomization.yaml:5:9",
    ),
    (
        "a generated object",
        {OVERLAY: "resources: [../../base]\nconfigMapGenerator:\n  - name: settings\n    literals: [A=1]\n" + PLAIN_NAMES},
        "ConfigMap/settings", ("metadata", "name"), "overlays/dev/kustomization.yaml:3:11",
    ),
    (
        "a generated key from a file",
        {
            OVERLAY: "resources: [../../base]\nconfigMapGenerator:\n  - name: settings\n    files: [a.txt, other=b.txt]\n" + PLAIN_NAMES,
            "overlays/dev/a.txt": "x", "overlays/dev/b.txt": "y",
        },
        "ConfigMap/settings", ("data", "other"), "overlays/dev/kustomization.yaml:4:20",
    ),
    (
        "a replacement, at the value that it takes",
        {
            OVERLAY: """\
                resources: [../../base]
                configMapGenerator:
                  - name: settings
                    literals: [REPLICAS=7]
                replacements:
                  - source: {kind: Deployment, name: web-worker, fieldPath: spec.strategy.type}
                    targets:
                      - select: {kind: Deployment, name: web}
                        fieldPaths: [spec.strategy.type]
                        options: {create: true}
                """
        },
        "Deployment/web", ("spec", "strategy", "type"), "base/web.yaml:22:20",
    ),
    (
        "a replacement with a fixed value",
        {
            OVERLAY: """\
                resources: [../../base]
                replacements:
                  - path: r.yaml
                """,
            "overlays/dev/r.yaml": "sourceValue: Recreate\ntargets:\n  - select: {kind: Deployment, name: web}\n    fieldPaths: [spec.strategy.type]\n    options: {create: true}\n",
        },
        "Deployment/web", ("spec", "strategy", "type"), "overlays/dev/r.yaml:1:14",
    ),
    (
        "a replacement in a list's item",
        {
            OVERLAY: """\
                resources: [../../base]
                replacements:
                  - sourceValue: c
                    targets:
                      - select: {kind: Deployment, name: web}
                        fieldPaths: ["spec.template.spec.containers.[name=web].args.0"]
                """
        },
        "Deployment/web", (*CONTAINERS, 1, "args", 0), "overlays/dev/kustomization.yaml:3:18",
    ),
    (
        "labels in a template",
        {OVERLAY: "resources: [../../base]\nlabels:\n  - pairs: {team: a}\n    includeTemplates: true\n"},
        "Deployment/web", ("spec", "template", "metadata", "labels", "team"), "overlays/dev/kustomization.yaml:3:19",
    ),
    (
        "labels in a selector",
        {OVERLAY: "resources: [../../base]\ncommonLabels: {team: a}\n"},
        "Deployment/web", ("spec", "selector", "matchLabels", "team"), "overlays/dev/kustomization.yaml:2:22",
    ),
    (
        "annotations",
        {OVERLAY: "resources: [../../base]\ncommonAnnotations: {team: a}\n"},
        "Deployment/web", ("spec", "template", "metadata", "annotations", "team"), "overlays/dev/kustomization.yaml:2:27",
    ),
    (
        "an image's digest",
        {OVERLAY: "resources: [../../base]\nimages:\n  - {name: 'registry.example.com:5000/web', newName: example/web, digest: 'sha256:0'}\n"},
        "Deployment/web", (*CONTAINERS, 1, "image"), "overlays/dev/kustomization.yaml:3:75",
    ),
    (
        "a key of an env file",
        {
            OVERLAY: "resources: [../../base]\nconfigMapGenerator:\n  - name: settings\n    envs: [a.env, b.env]\n" + PLAIN_NAMES,
            "overlays/dev/a.env": "A=1\n", "overlays/dev/b.env": "# more\nB=1\n\nC=2\n",
        },
        "ConfigMap/settings", ("data", "C"), "overlays/dev/b.env:4:3",
    ),
    (
        "a label of all generated objects",
        {OVERLAY: "configMapGenerator:\n  - name: settings\n    literals: [A=1]\ngeneratorOptions: {disableNameSuffixHash: true, labels: {team: a}}\n"},
        "ConfigMap/settings", ("metadata", "labels", "team"), "overlays/dev/kustomization.yaml:4:64",
    ),
    (
        "an option of one generated object",
        {OVERLAY: "configMapGenerator:\n  - name: settings\n    literals: [A=1]\n    options: {disableNameSuffixHash: true, immutable: true}\n"},
        "ConfigMap/settings", ("immutable",), "overlays/dev/kustomization.yaml:4:55",
    ),
    (
        "a generator whose name another's begins with",
        {OVERLAY: "configMapGenerator:\n  - {name: set, literals: [A=0]}\n  - {name: settings, literals: [A=1]}\n" + PLAIN_NAMES},
        "ConfigMap/settings", ("data", "A"), "overlays/dev/kustomization.yaml:3:33",
    ),
    (
        "a variable, where it is used",
        {
            OVERLAY: "resources: [../../base]\npatches: [{path: p.yaml}]\nvars:\n  - {name: W, objref: {apiVersion: apps/v1, kind: Deployment, name: web}}\n",
            "overlays/dev/p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          args: [$(W)]\n",
        },
        "Deployment/web", (*CONTAINERS, 0, "args", 0), "overlays/dev/p.yaml:9:18",
    ),
    (
        "a namespace, below a base's",
        {"base/kustomization.yaml": "resources: [web.yaml]\nnamespace: one\n", OVERLAY: "resources: [../../base]\nnamespace: two\n"},
        "Deployment/web", ("metadata", "namespace"), "overlays/dev/kustomization.yaml:2:12",
    ),
    (
        "a patch of Kustomize's own transformer",
        {
            OVERLAY: "resources: [../../base]\ntransformers: [t.yaml]\n",
            "overlays/dev/t.yaml": "apiVersion: builtin\nkind: ReplicaCountTransformer\nmetadata: {name: r}\nreplica: {name: web, count: 9}\nfieldSpecs: [{path: spec/replicas, kind: Deployment}]\n",
        },
        "Deployment/web", ("spec", "replicas"), "base/web.yaml:6:13",
    ),
    (
        "what nobody wrote",
        {OVERLAY: "resources: [../../base]\n"},
        "Deployment/web-worker", ("spec", "strategy", "rollingUpdate"), "base/web.yaml:22:3",
    ),
]  # fmt: skip


@pytest.mark.parametrize("files, document, path, expected", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_where_a_value_was_written(render: Render, files: dict[str, str], document: str, path: tuple[Any, ...], expected: str) -> None:
    """Every value of a rendered document leads to the place to edit."""
    assert place(render(files)[document], *path) == expected


def test_a_generator_that_adds_to_another(render: Render) -> None:
    """A key of a merged generator leads to the layer that gave it its value."""
    files = {
        "base/kustomization.yaml": "resources: [web.yaml]\nconfigMapGenerator:\n  - name: settings\n    literals: [A=1, B=1]\n",
        OVERLAY: "resources: [../../base]\nconfigMapGenerator:\n  - name: settings\n    behavior: merge\n    literals: [B=2]\n",
    }
    rendered = render(files)
    (name,) = (name for name in rendered if name.startswith("ConfigMap"))
    assert place(rendered[name], "data", "B") == "overlays/dev/kustomization.yaml:5:16"
    assert place(rendered[name], "data", "A") == "base/kustomization.yaml:4:16"


def test_two_overlays_deep(render: Render) -> None:
    """The outermost layer that writes a value is the one to edit; what it leaves alone leads further in."""
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: %d}\n"
    files = {
        "middle/kustomization.yaml": "resources: [../base]\npatches:\n  - path: web.yaml\n  - path: worker.yaml\n",
        "middle/web.yaml": patch % 2,
        "middle/worker.yaml": (patch % 3).replace("name: web", "name: web-worker"),
        OVERLAY: "resources: [../../middle]\npatches:\n  - path: web.yaml\n",
        "overlays/dev/web.yaml": patch % 4,
    }
    rendered = render(files)
    assert place(rendered["Deployment/web"], "spec", "replicas") == "overlays/dev/web.yaml:4:18"
    assert place(rendered["Deployment/web-worker"], "spec", "replicas") == "middle/worker.yaml:4:18"
