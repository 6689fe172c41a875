"""Small user repositories, held in memory: the documents that every scenario begins with, and the way from files to a catalog."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from transom.catalog import load
from transom.catalog.model import Catalog
from transom.errors import InvalidDocuments, Problem
from transom.rendering.render import Renderer
from transom.rendering.store import Store
from transom.source.memory import MemorySource

CHECKOUT = Path(__file__).parents[1]
PLATFORM = CHECKOUT / "examples" / "platform"

ENVIRONMENT = """\
apiVersion: transom.dev/v1
kind: Environment
metadata: {name: dev}
spec:
  sources: [{name: platform, path: platform}]
  clusters: {matchLabels: {environment: dev}}
  aws: {region: eu-central-1}
  sizes:
    small: {database: {instanceClass: db.t4g.micro, storage: 20Gi, maxStorage: 100Gi}}
    medium: {database: {instanceClass: db.t4g.small, storage: 50Gi}}
"""

CLUSTER = """\
apiVersion: transom.dev/v1
kind: Cluster
metadata: {name: main, labels: {environment: dev}}
spec: {existing: {context: somewhere, version: "1.36"}}
"""

TENANT = """\
apiVersion: transom.dev/v1
kind: Tenant
metadata: {name: team-a}
spec: {namespaces: [shop, site]}
"""

APPLICATION = """\
apiVersion: transom.dev/v1
kind: Application
metadata: {name: shop}
spec:
  tenant: team-a
  destination: {namespace: shop}
"""

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1"}
"""

BASIC: Mapping[str, str] = {
    "infrastructure/clusters/main/cluster.yaml": CLUSTER,
    "tenants/team-a.yaml": TENANT,
    "applications/shop/application.yaml": APPLICATION,
    "applications/shop/settings.yaml": CONFIG_MAP,
}
"""One cluster, one tenant, one application with one object; valid."""


def with_files(**files: str) -> dict[str, str]:
    """BASIC, and these beside it or instead; `__` in a keyword stands for `/`, and `.yaml` is put behind it. Empty text removes."""
    out = dict(BASIC)
    for name, text in files.items():
        out[name.replace("__", "/") + ".yaml"] = dedent(text)
    return {name: text for name, text in out.items() if text}


def program(name: str) -> str:
    """A program: the one on PATH, or the one that was built. A missing one fails."""
    found = shutil.which(name) or shutil.which(name, path=str(CHECKOUT / ".tools" / "bin"))
    assert found, f"{name} is missing: make toolchain builds it"
    return found


def kustomize() -> str:
    """The Kustomize program."""
    return program("kustomize")


def renderer(cache: Path | None = None) -> Renderer:
    """The real renderer, many units in one process."""
    templates = program("transom-templates")
    return Renderer(kustomize(), Store(cache), program("kustomize-batch"), helm=program("helm"), templates=templates)


def catalog(folder: Path, files: Mapping[str, str], environment: str = ENVIRONMENT) -> Catalog:
    """The catalog of a repository of `files`; `folder` must be empty.

    Raises:
        InvalidDocuments: with every mistake found.
    """
    environments = folder / "environments"
    environments.mkdir(parents=True)
    name = environment.partition("name: ")[2].partition("}")[0].strip()
    (environments / f"{name}.yaml").write_text(environment, encoding="utf-8")
    snapshot = MemorySource("platform", files, folder / "platform").snapshot()
    return load.load(load.environment(environments, name), [snapshot], renderer())


def problems(folder: Path, files: Mapping[str, str], environment: str = ENVIRONMENT) -> tuple[Problem, ...]:
    """What is wrong with a repository of `files`; empty when nothing is."""
    try:
        catalog(folder, files, environment)
    except InvalidDocuments as error:
        return error.problems
    return ()
