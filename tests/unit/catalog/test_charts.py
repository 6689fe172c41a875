"""Applications with a chart: rendered by the real Helm, with every mistake at the line to change."""

# ruff: noqa: E501 - the table of mistakes has one per line

from __future__ import annotations

import hashlib
import io
import json
import socket
import tarfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

from tests import repository
from transom.catalog import load
from transom.catalog.model import Manifest
from transom.errors import InvalidDocuments, SourceUnreachable, ToolMissing
from transom.source.memory import MemorySource

CHART: Mapping[str, str] = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: '7'\n",
    "charts/web/values.yaml": "replicas: 1\nimage:\n  repository: example/web\n  tag: ''\nlabels: {}\n",
    "charts/web/values.schema.json": json.dumps({
        "properties": {
            "replicas": {"type": "integer", "minimum": 1},
            "image": {"type": "object", "additionalProperties": False, "required": ["repository"], "properties": {"repository": {"type": "string"}, "tag": {"type": "string"}}},
        }
    }),
    "charts/web/templates/deployment.yaml": dedent("""\
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ .Release.Name }}
          namespace: {{ .Release.Namespace }}
          labels:
            release: {{ .Release.Service }}
            {{- with .Values.labels }}{{ toYaml . | nindent 4 }}{{ end }}
        spec:
          replicas: {{ .Values.replicas }}
          paused: false
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
                - name: web
                  image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
        """),
}  # fmt: skip

APPLICATION = """\
apiVersion: transom.dev/v1
kind: Application
metadata: {name: shop}
spec:
  tenant: team-a
  destination: {namespace: shop}
  helm:
"""
FILE = "applications/shop/application.yaml"


def files(helm: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """A repository with the chart `web` and an application with this `helm`."""
    out = {name: text for name, text in repository.BASIC.items() if "settings" not in name} | dict(CHART)
    out[FILE] = APPLICATION + indent(dedent(helm), "    ")
    return {name: text for name, text in (out | dict(more or {})).items() if text}


def manifests(folder: Path, helm: str, more: Mapping[str, str] | None = None) -> dict[str, Manifest]:
    """What the application comes to, by kind and name."""
    found = repository.catalog(folder, files(helm, more)).manifests.get("Application/shop", ())
    return {f"{one.kind}/{one.name}": one for one in found}


def test_a_chart_of_the_repository(tmp_path: Path) -> None:
    """Release, namespace, values: the document's win over the files', a later file over an earlier one, all over the chart's own."""
    helm = """\
        chart: charts/web
        valuesFiles: [values/a.yaml, values/b.yaml]
        values: {replicas: 3}
        """
    more = {
        "values/a.yaml": "replicas: 2\nimage: {tag: a}\nlabels: {from: a, only: a}\n",
        "values/b.yaml": "image: {tag: b}\nlabels: {from: b}\n",
    }
    web = manifests(tmp_path, helm, more)["Deployment/shop"]
    assert web.data["spec"]["replicas"] == 3
    assert web.data["metadata"]["labels"] == {"release": "Helm", "from": "b", "only": "a"}
    assert web.data["spec"]["template"]["spec"]["containers"][0]["image"] == "example/web:b"
    assert web.namespace == "shop"


def test_names_of_the_release(tmp_path: Path) -> None:
    """ReleaseName and versions reach the templates."""
    more = {
        "charts/web/templates/more.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\ndata:\n  version: {{ .Capabilities.KubeVersion.Version }}\n  has: '{{ .Capabilities.APIVersions.Has \"example.com/v1\" }}'\n"
    }
    more["charts/web/templates/more.yaml"] += "  in: {{ .Release.Namespace }}\n"
    found = manifests(
        tmp_path,
        "chart: charts/web\nreleaseName: other\nreleaseNamespace: site\nkubeVersion: '1.31'\napiVersions: [example.com/v1]\n",
        more,
    )
    assert "Deployment/other" in found
    assert found["ConfigMap/more"].data["data"] == {"version": "v1.31.0", "has": "true", "in": "site"}


def test_an_overlay_patches_values(tmp_path: Path) -> None:
    """Values are part of a document, and so an overlay patches them as anything else; what they come to is traced to the patch."""
    more = {
        FILE: "",
        "applications/shop/base/application.yaml": APPLICATION + "    chart: charts/web\n    values: {replicas: 2, image: {tag: base}}\n",
        "applications/shop/base/kustomization.yaml": "resources: [application.yaml]\n",
        "applications/shop/overlays/dev/kustomization.yaml": "resources: [../../base]\npatches: [{path: p.yaml}]\n",
        "applications/shop/overlays/dev/p.yaml": "apiVersion: transom.dev/v1\nkind: Application\nmetadata: {name: shop}\nspec:\n  helm:\n    values:\n      replicas: 5\n",
    }
    web = manifests(tmp_path, "", more)["Deployment/shop"]
    assert web.data["spec"]["replicas"] == 5
    assert str(web.at("spec", "replicas")) == "applications/shop/overlays/dev/p.yaml:7:17"
    assert web.data["spec"]["template"]["spec"]["containers"][0]["image"] == "example/web:base"


CONTAINER = ("spec", "template", "spec", "containers", 0)
PLACES: list[tuple[str, tuple[Any, ...], str]] = [
    ("a value of the document", ("spec", "replicas"), f"{FILE}:10:24"),
    ("a value of a file", (*CONTAINER, "image"), "values/a.yaml:1:14"),
    ("what the template writes itself", ("spec", "paused"), "charts/web/templates/deployment.yaml:11:3"),
    ("the name", ("metadata", "name"), "charts/web/templates/deployment.yaml:4:3"),
    ("what nobody wrote by name", ("metadata", "labels", "team"), "charts/web/templates/deployment.yaml:1:1"),
]


@pytest.mark.parametrize("path, place", [case[1:] for case in PLACES], ids=[case[0] for case in PLACES])
def test_where_a_value_comes_from(tmp_path: Path, path: tuple[Any, ...], place: str) -> None:
    """A value of an object leads to where it was given, else to the template."""
    helm = "chart: charts/web\nvaluesFiles: [values/a.yaml]\nvalues: {replicas: 3}\n"
    web = manifests(tmp_path, helm, {"values/a.yaml": "image: {tag: a}\nlabels: {team: x}\n"})["Deployment/shop"]
    assert str(web.at(*path)) == place


def test_a_default_leads_to_the_charts_values(tmp_path: Path) -> None:
    """A value that nobody gave leads to the chart's own."""
    web = manifests(tmp_path, "chart: charts/web\n")["Deployment/shop"]
    assert str(web.at("spec", "replicas")) == "charts/web/values.yaml:1:11"


HOOKS = {
    "charts/web/templates/job.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: migrate\n  annotations: {helm.sh/hook: 'pre-install,pre-upgrade', helm.sh/hook-weight: '1', helm.sh/hook-delete-policy: hook-succeeded, mine: x}\n",
    "charts/web/templates/end.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: end, annotations: {helm.sh/hook: post-delete}}\n",
    "charts/web/templates/test.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: test, annotations: {helm.sh/hook: test}}\n",
}


@pytest.mark.parametrize(
    "more, expected",
    [
        ("hooks: omit", set()),
        ("hooks: apply", {"ConfigMap/migrate"}),
        ("hooks: apply\nskipTests: false", {"ConfigMap/migrate", "ConfigMap/test"}),
    ],
)
def test_hooks(tmp_path: Path, more: str, expected: set[str]) -> None:
    """Hooks are left out, or become objects like all others; those of the end never do, tests only when they are asked for."""
    found = manifests(tmp_path, f"chart: charts/web\n{more}\n", HOOKS)
    assert set(found) - {"Deployment/shop"} == expected
    if "ConfigMap/migrate" in found:
        assert found["ConfigMap/migrate"].data["metadata"] == {"name": "migrate", "annotations": {"mine": "x"}}


def test_hooks_that_nobody_decided_about(tmp_path: Path) -> None:
    """A chart with hooks is refused until somebody says what becomes of them; those for tests are no hooks in this sense."""
    (problem,) = repository.problems(tmp_path, files("chart: charts/web\n", HOOKS))
    assert (str(problem.where), problem.reason) == (f"{FILE}:8:12", "ChartHook")
    assert "ConfigMap migrate (pre-install, pre-upgrade)" in problem.message
    assert "test" not in problem.message


def test_definitions(tmp_path: Path) -> None:
    """What lies in crds/ belongs to it unless that is not wanted; here a tenant may not have it."""
    crd = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.example.com}\nspec:\n  group: example.com\n"
        "  names: {kind: A, plural: as}\n  scope: Namespaced\n"
        "  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]\n"
    )
    more = {"charts/web/crds/a.yaml": crd}
    assert [one.reason for one in repository.problems(tmp_path / "with", files("chart: charts/web\n", more))] == ["ForbiddenKind"]
    assert set(manifests(tmp_path / "without", "chart: charts/web\nincludeCRDs: false\n", more)) == {"Deployment/shop"}


def test_lists_are_taken_apart(tmp_path: Path) -> None:
    """The items of a List are objects."""
    text = "apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n"
    assert {"ConfigMap/a", "ConfigMap/b"} <= set(manifests(tmp_path, "chart: charts/web\n", {"charts/web/templates/list.yaml": text}))


def test_a_chart_beside_the_application(tmp_path: Path) -> None:
    """A chart inside the application's folder is no collection of manifests; its values files are none either, when they are named."""
    more = {f"applications/shop/{name}": text for name, text in CHART.items()}
    more["applications/shop/values/dev.yaml"] = "replicas: 4\n"
    helm = "chart: applications/shop/charts/web\nvaluesFiles: [applications/shop/values/dev.yaml]\n"
    assert manifests(tmp_path, helm, more)["Deployment/shop"].data["spec"]["replicas"] == 4


TEMPLATE = "charts/web/templates/deployment.yaml"
SIMPLE = "chart: charts/web\n"
MISTAKES: list[tuple[str, str, dict[str, str], str, str, str]] = [
    ("a chart that is not there", "chart: charts/wep\n", {}, f"{FILE}:8:12", "MissingFile", "did you mean charts/web?"),
    ("a folder that is no chart", "chart: charts\n", {}, f"{FILE}:8:12", "MissingFile", "has no Chart.yaml"),
    ("a chart out of the source", "chart: ../web\n", {}, f"{FILE}:8:12", "InvalidValue", "leads out of the source"),
    ("an absolute chart", "chart: /web\n", {}, f"{FILE}:8:12", "InvalidValue", "leads out of the source"),
    ("an address for a chart", "chart: https://example.com/web\n", {}, f"{FILE}:8:12", "InvalidValue", "write it as repository"),
    ("no chart", "values: {}\n", {}, f"{FILE}:7:3", "MissingField", "chart is missing"),
    ("a misspelt field", "chart: charts/web\nvalue: {}\n", {}, f"{FILE}:9:5", "UnknownField", "did you mean values"),
    ("a post-renderer", "chart: charts/web\npostRenderer: x\n", {}, f"{FILE}:9:5", "UnknownField", "postRenderer"),
    ("a version of a folder", "chart: charts/web\nversion: 1.0.0\n", {}, f"{FILE}:9:14", "InvalidValue", "needs a repository"),
    ("a repository without a version", "chart: web\nrepository: https://example.com\n", {}, f"{FILE}:8:5", "InvalidValue", "version is missing"),
    ("a range of versions", "chart: web\nrepository: https://example.com\nversion: ^1\n", {}, f"{FILE}:10:14", "InvalidValue", "the exact version"),
    ("a password in the address", "chart: web\nrepository: https://a:b@example.com\nversion: 1.0.0\n", {}, f"{FILE}:9:17", "InvalidValue", "helm registry login"),
    ("plain http", "chart: web\nrepository: http://example.com\nversion: 1.0.0\n", {}, f"{FILE}:9:17", "InvalidValue", "write digest"),
    ("another source that is not there", "chart: charts/web\nsource: platfrom\n", {}, f"{FILE}:9:13", "UnknownReference", "did you mean platform?"),
    ("a values file that is not there", "chart: charts/web\nvaluesFiles: [values/b.yaml]\n", {"values/a.yaml": "a: 1\n"}, f"{FILE}:9:19", "MissingFile", "did you mean a.yaml?"),
    ("a values file out of the source", "chart: charts/web\nvaluesFiles: [../a.yaml]\n", {}, f"{FILE}:9:18", "InvalidValue", "leads out of the source"),
    ("a values file that is a list", "chart: charts/web\nvaluesFiles: [a.yaml]\n", {"a.yaml": "- a\n"}, "a.yaml:1:1", "WrongType", "one mapping"),
    ("a values file that is no YAML", "chart: charts/web\nvaluesFiles: [a.yaml]\n", {"a.yaml": "a: [\n"}, "a.yaml:2:1", "InvalidYaml", "not valid YAML"),
    ("a value of the wrong type", "chart: charts/web\nvalues:\n  replicas: many\n", {}, f"{FILE}:10:17", "InvalidValue", "must be integer"),
    ("a value that is too small", "chart: charts/web\nvalues:\n  replicas: 0\n", {}, f"{FILE}:10:17", "InvalidValue", "minimum"),
    ("a value of the wrong type in a file", "chart: charts/web\nvaluesFiles: [a.yaml]\n", {"a.yaml": "\nreplicas: many\n"}, "a.yaml:2:11", "InvalidValue", "must be integer"),
    ("a value that the schema does not know", "chart: charts/web\nvalues:\n  image:\n    tga: x\n", {}, f"{FILE}:11:9", "InvalidValue", "did you mean tag?"),
    ("a value that is removed", "chart: charts/web\nvalues:\n  image:\n    repository: null\n", {}, f"{FILE}:10:7", "InvalidValue", "repository"),
    ("a value that nobody gives", SIMPLE, {TEMPLATE: "a: {{ .Values.server.port }}\n"}, f"{TEMPLATE}:1:14", "ChartFailed", "values have no server"),
    ("what the template refuses", SIMPLE + "values: {replicas: 2}\n", {TEMPLATE: '\na: {{ required "give a host" .Values.host }}\n'}, f"{FILE}:9:5", "InvalidValue", f"{TEMPLATE}:2:7 asks for it"),
    ("a template that does not end", SIMPLE, {TEMPLATE: "a: {{ if .Values.replicas }}\n"}, f"{TEMPLATE}:2:1", "ChartFailed", "unexpected EOF"),
    ("a function that does not exist", SIMPLE, {TEMPLATE: "\na: {{ toYml .Values }}\n"}, f"{TEMPLATE}:2:1", "ChartFailed", 'function "toYml" not defined'),
    ("a helper that does not exist", SIMPLE, {TEMPLATE: 'a: {{ include "nope" . }}\n'}, f"{TEMPLATE}:1:7", "ChartFailed", "nope"),
    ("an error in a helper", SIMPLE, {TEMPLATE: 'a: {{ include "h" . }}\n', "charts/web/templates/_h.tpl": '{{ define "h" }}\n{{ .Values.a.b }}\n{{ end }}\n'}, "charts/web/templates/_h.tpl:2:11", "ChartFailed", "values have no a"),
    ("a template that gives no YAML", SIMPLE, {TEMPLATE: "a: b: c\n"}, f"{TEMPLATE}:1:1", "ChartFailed", "does not give YAML"),
    ("a template that gives no document", SIMPLE, {TEMPLATE: "- a\n"}, f"{TEMPLATE}:1:1", "ChartFailed", "does not give YAML"),
    ("a template without a kind", SIMPLE, {TEMPLATE: "metadata: {name: x}\n"}, f"{TEMPLATE}:1:1", "MissingField", "apiVersion is missing"),
    ("a chart for another Kubernetes", SIMPLE, {"charts/web/Chart.yaml": CHART["charts/web/Chart.yaml"] + "kubeVersion: '>=1.99'\n"}, f"{FILE}:8:12", "ChartFailed", "is for Kubernetes >=1.99"),
    ("a Chart.yaml without a version", SIMPLE, {"charts/web/Chart.yaml": "apiVersion: v2\nname: web\n"}, f"{FILE}:8:12", "ChartFailed", "version"),
    ("a Chart.yaml that is no YAML", SIMPLE, {"charts/web/Chart.yaml": "a: [\n"}, "charts/web/Chart.yaml:2:1", "InvalidYaml", "not valid YAML"),
    ("a dependency that is not there", SIMPLE, {"charts/web/Chart.yaml": CHART["charts/web/Chart.yaml"] + "dependencies:\n  - {name: redis, version: 1.0.0}\n"}, "charts/web/Chart.yaml:6:6", "MissingFile", "helm dependency update charts/web"),
    ("a dependency that is another than locked", SIMPLE, {"charts/web/Chart.yaml": CHART["charts/web/Chart.yaml"] + "dependencies:\n  - {name: redis, version: ^1}\n", "charts/web/Chart.lock": "dependencies:\n  - {name: redis, version: 1.2.0}\n", "charts/web/charts/redis/Chart.yaml": "apiVersion: v2\nname: redis\nversion: 1.1.0\n"}, "charts/web/Chart.yaml:6:6", "ChartChanged", "Chart.lock says 1.2.0"),
    ("a password by chance", SIMPLE, {TEMPLATE: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: {{ randAlphaNum 8 }}}\n"}, f"{FILE}:8:12", "NotDeterministic", "each time"),
    ("a secret", SIMPLE, {TEMPLATE: "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  a: x\n"}, f"{TEMPLATE}:5:3", "PlaintextSecret", "must not stand in Git"),
    ("a misspelt field in a template", SIMPLE, {TEMPLATE: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: b\nimutable: true\n"}, f"{TEMPLATE}:7:1", "UnknownField", "imutable"),
    ("a value of the wrong type for the API", "chart: charts/web\nvalues:\n  replicas: x\n", {"charts/web/values.schema.json": ""}, f"{FILE}:10:17", "WrongType", "spec.replicas"),
    ("another namespace", SIMPLE, {TEMPLATE: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: kube-system\n"}, f"{TEMPLATE}:5:3", "ForbiddenDestination", "kube-system"),
]  # fmt: skip


@pytest.mark.parametrize("mistake", [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
def test_mistakes(tmp_path: Path, mistake: tuple[str, dict[str, str], str, str, str]) -> None:
    """Each mistake is told once, at the line to change, in words that let a person mend it, and names no folder of the machine."""
    helm, more, place, reason, words = mistake
    problems = repository.problems(tmp_path, files(helm, more))
    assert [(str(one.where), one.reason) for one in problems] == [(place, reason)], problems
    assert words in str(problems[0])
    assert str(tmp_path) not in str(problems[0])
    assert "/transom-" not in str(problems[0])


def test_misspelt_values_are_told(tmp_path: Path) -> None:
    """Helm passes over a value that the chart does not have; here a near name is told, as a warning: charts may take any value."""
    more = {"charts/web/values.schema.json": "", "a.yaml": "image:\n  tga: x\nelse: 1\n"}
    found = repository.catalog(tmp_path, files("chart: charts/web\nvaluesFiles: [a.yaml]\nvalues:\n  replicsa: 2\n", more))
    assert [(str(one.where), one.reason, one.is_warning) for one in found.warnings] == [
        ("a.yaml:2:3", "UnknownValue", True),
        (f"{FILE}:11:7", "UnknownValue", True),
    ]


def test_links_out_of_the_source(tmp_path: Path) -> None:
    """A chart holds nothing that lies outside of the source."""
    snapshot = MemorySource("platform", files(SIMPLE), tmp_path / "platform").snapshot()
    (tmp_path / "secret.yaml").write_text("a: 1\n")
    (snapshot.root / "charts/web/templates/leak.yaml").symlink_to(tmp_path / "secret.yaml")
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/dev.yaml").write_text(repository.ENVIRONMENT)
    with pytest.raises(InvalidDocuments) as caught:
        load.load(load.environment(tmp_path / "environments", "dev"), [snapshot], repository.renderer())
    assert [(one.reason, one.where.path) for one in caught.value.problems] == [("PathOutsideSource", "charts/web/templates/leak.yaml")]


def test_nobody_needs_helm_without_a_chart(tmp_path: Path) -> None:
    """Without a chart Helm is not asked for; with one it is missed."""
    environments = tmp_path / "environments"
    environments.mkdir()
    (environments / "dev.yaml").write_text(repository.ENVIRONMENT)
    renderer = replace(repository.renderer(), helm="helm-that-is-not-there")
    without = MemorySource("platform", repository.BASIC, tmp_path / "without").snapshot()
    load.load(load.environment(environments, "dev"), [without], renderer)
    charted = MemorySource("platform", files(SIMPLE), tmp_path / "with").snapshot()
    with pytest.raises(ToolMissing) as caught:
        load.load(load.environment(environments, "dev"), [charted], renderer)
    assert "build helm" in caught.value.hint


# -- repositories and registries --------------------------------------------------------------------------------------


def _archive() -> bytes:
    """The chart, packed."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in CHART.items():
            member = tarfile.TarInfo(name.removeprefix("charts/"))
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


ARCHIVE = _archive()
DIGEST = hashlib.sha256(ARCHIVE).hexdigest()


class Repository(BaseHTTPRequestHandler):
    """A chart repository and a registry, with one chart in one version; `asked` counts."""

    asked = 0
    config = b'{"name": "web", "version": "1.0.0", "apiVersion": "v2"}'

    def do_GET(self) -> None:
        """Answers what Helm asks of either."""
        type(self).asked += 1
        layers = [{"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": f"sha256:{DIGEST}", "size": len(ARCHIVE)}]
        config = {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": _digest(self.config), "size": len(self.config)}
        kind = "application/vnd.oci.image.manifest.v1+json"
        manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": layers}).encode()
        index = f"apiVersion: v1\nentries:\n  web:\n    - {{name: web, version: 1.0.0, apiVersion: v2, urls: [web-1.0.0.tgz], digest: {DIGEST}}}\n"
        pages = {
            "/index.yaml": ("text/yaml", index.encode()),
            "/web-1.0.0.tgz": ("application/gzip", ARCHIVE),
            "/v2/": ("application/json", b"{}"),
            "/v2/team/web/manifests/1.0.0": (kind, manifest),
            f"/v2/team/web/manifests/{_digest(manifest)}": (kind, manifest),
            f"/v2/team/web/blobs/sha256:{DIGEST}": ("application/octet-stream", ARCHIVE),
            f"/v2/team/web/blobs/{_digest(self.config)}": ("application/octet-stream", self.config),
        }
        found = pages.get(self.path)
        self.send_response(200 if found else 404)
        body = found[1] if found else b""
        self.send_header("Content-Type", found[0] if found else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Content-Digest", _digest(body))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name that the base class looks for

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """A running repository on loopback."""
    Repository.asked = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Repository) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def _address(server: ThreadingHTTPServer, kind: str) -> str:
    return f"{kind}://127.0.0.1:{server.server_port}" + ("/team" if kind == "oci" else "")


def _rendered(folder: Path, helm: str, cache: Path) -> dict[str, Manifest]:
    environments = folder / "environments"
    environments.mkdir(parents=True)
    (environments / "dev.yaml").write_text(repository.ENVIRONMENT)
    snapshot = MemorySource("platform", files(helm), folder / "platform").snapshot()
    catalog = load.load(load.environment(environments, "dev"), [snapshot], repository.renderer(cache))
    return {f"{one.kind}/{one.name}": one for one in catalog.manifests["Application/shop"]}


@pytest.mark.parametrize("kind", ["http", "oci"])
def test_a_chart_of_a_repository(tmp_path: Path, server: ThreadingHTTPServer, kind: str) -> None:
    """It is fetched once, and traced to the line that names it, or to the values."""
    helm = f"chart: web\nrepository: {_address(server, kind)}\nversion: 1.0.0\ndigest: sha256:{DIGEST}\nvalues: {{replicas: 3}}\n"
    web = _rendered(tmp_path / "one", helm, tmp_path / "cache")["Deployment/shop"]
    assert web.data["spec"]["replicas"] == 3
    assert [str(web.at("spec", "replicas")), str(web.at("spec", "paused"))] == [f"{FILE}:12:24", f"{FILE}:8:12"]
    asked = Repository.asked
    assert _rendered(tmp_path / "two", helm, tmp_path / "cache")["Deployment/shop"].data == web.data
    assert Repository.asked == asked


@pytest.mark.parametrize("kind", ["http", "oci"])
@pytest.mark.parametrize(
    "chart, version, digest, place, reason",
    [
        ("web", "9.0.0", "", f"{FILE}:10:14", "ChartMissing"),
        ("wep", "1.0.0", "", f"{FILE}:10:14", "ChartMissing"),
        ("web", "1.0.0", "0" * 64, f"{FILE}:11:13", "ChartChanged"),
    ],
)
def test_a_chart_that_is_not_there_or_another(  # noqa: PLR0917 - a table of mistakes
    tmp_path: Path, server: ThreadingHTTPServer, kind: str, chart: str, version: str, digest: str, place: str, reason: str
) -> None:
    """No such chart, no such version, or not the archive that was looked at: told at its line."""
    helm = f"chart: {chart}\nrepository: {_address(server, kind)}\nversion: {version}\n" + (f"digest: sha256:{digest}\n" if digest else "")
    problems = repository.problems(tmp_path, files(helm))
    assert [(str(one.where), one.reason) for one in problems] == [(place, reason)], problems
    assert reason != "ChartChanged" or f"sha256:{DIGEST}" in problems[0].message


@pytest.mark.parametrize("kind", ["http", "oci"])
def test_a_repository_that_does_not_answer(tmp_path: Path, kind: str) -> None:
    """Nobody there is no mistake in a document: the run ends, and may be tried again."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))  # and does not listen: a port that was let go might be another test's
    address = f"{kind}://127.0.0.1:{held.getsockname()[1]}" + ("/team" if kind == "oci" else "")
    with pytest.raises(SourceUnreachable) as caught:
        repository.catalog(tmp_path, files(f"chart: web\nrepository: {address}\nversion: 1.0.0\n"))
    held.close()
    assert caught.value.subject == f"{FILE}:9:17"


def test_a_damaged_archive_is_fetched_again(tmp_path: Path, server: ThreadingHTTPServer) -> None:
    """What is kept is looked at before it is used."""
    helm = f"chart: web\nrepository: {_address(server, 'http')}\nversion: 1.0.0\n"
    first = _rendered(tmp_path / "one", helm, tmp_path / "cache")
    (kept,) = (tmp_path / "cache" / "charts").glob("*.tgz")
    kept.write_bytes(kept.read_bytes()[:100])
    assert {name: one.data for name, one in _rendered(tmp_path / "two", helm, tmp_path / "cache").items()} == {
        name: one.data for name, one in first.items()
    }
