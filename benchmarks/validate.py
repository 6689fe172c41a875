"""How long `transom validate` takes for a large repository, and what memory: `python -m benchmarks.validate`.

The repository is written anew: teams with applications, each a base and an overlay with patches, bound to a database, bucket or queue,
waiting for another application, with Deployment, Service and ConfigMap. No sandbox is needed.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks import measure, table
from sandbox.layout import CHECKOUT

SIZES = (1_000, 10_000)
_PER_APPLICATION = 5
"""Documents of an application: itself, a resource, Deployment, Service, ConfigMap."""
_PER_TEAM = 10
"""Applications of a team."""
_RESOURCES = ("Database", "Bucket", "Queue")
GOALS: Mapping[str, float] = {"1,000": 2, "10,000": 15, "the example": 1}
"""Seconds from nothing to the end, on two cores."""

_TENANT = """\
apiVersion: transom.dev/v1
kind: Tenant
metadata: {{name: team-{team}}}
spec:
  namespaces: [team-{team}]
  owners: [{{group: "team-{team}", role: edit}}]
  quota: {{cpu: 100, memory: 200Gi, pods: 400}}
"""
_APPLICATION = """\
apiVersion: transom.dev/v1
kind: Application
metadata:
  name: app-{number}
spec:
  tenant: team-{team}
  destination: {{namespace: team-{team}}}
  bindings: [{{{resource}: app-{number}}}]
  dependsOn: [{needs}]
"""
_DOCUMENTS: Mapping[str, str] = {
    "Database": 'spec:\n  version: "16"\n  size: small\n  storage: 30Gi\n',
    "Bucket": "spec: {{}}\n",
    "Queue": "spec: {{}}\n",
}
_MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{number}
  labels: {{app: app-{number}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: app-{number}}}}}
  template:
    metadata: {{labels: {{app: app-{number}}}}}
    spec:
      containers:
        - name: service
          image: registry.example.com/service
          ports: [{{name: http, containerPort: 8080}}]
          envFrom: [{{configMapRef: {{name: app-{number}-settings}}}}]
          resources: {{requests: {{cpu: 100m, memory: 128Mi}}, limits: {{memory: 256Mi}}}}
          readinessProbe: {{httpGet: {{path: /health, port: http}}, periodSeconds: 5}}
---
apiVersion: v1
kind: Service
metadata:
  name: app-{number}
spec:
  selector: {{app: app-{number}}}
  ports: [{{name: http, port: 80, targetPort: 8080}}]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-{number}-settings
data:
  LOG_LEVEL: info
  TIMEOUT: 30s
"""
_BASE = "resources: [application.yaml, resource.yaml, manifests.yaml]\n"
_OVERLAY = """\
resources: [../../base]
labels: [{{pairs: {{app.kubernetes.io/version: v1}}}}]
images: [{{name: registry.example.com/service, newTag: 1.{number}.0}}]
replicas: [{{name: app-{number}, count: 3}}]
patches:
  - path: settings.yaml
"""
_PATCH = """\
apiVersion: v1
kind: ConfigMap
metadata: {{name: app-{number}-settings}}
data: {{LOG_LEVEL: debug}}
"""
_ENVIRONMENT = """\
apiVersion: transom.dev/v1
kind: Environment
metadata: {name: bench}
spec:
  sources: [{name: repository, path: repository}]
  clusters: {matchLabels: {environment: bench}}
  aws: {region: eu-central-1}
  sizes: {small: {database: {instanceClass: db.t4g.micro, storage: 20Gi, maxStorage: 100Gi}}}
"""
_CLUSTER = """\
apiVersion: transom.dev/v1
kind: Cluster
metadata: {name: bench, labels: {environment: bench}}
spec: {existing: {context: nowhere, version: "1.36"}}
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was validated, how many files, and the runs of each situation."""

    what: str
    files: int
    runs: Mapping[str, Sequence[measure.Measured]]


def write(folder: Path, documents: int) -> int:
    """Writes a project of exactly `documents` documents of the environment `bench`; how many files its repository has.

    Raises:
        ValueError: these are too few.
    """
    rest = documents - 1  # the cluster
    teams = -(-rest // (_PER_TEAM * _PER_APPLICATION + 1))
    applications, extra = divmod(rest - teams, _PER_APPLICATION)
    if applications < teams:
        raise ValueError(f"{documents} documents are too few for {teams} teams")
    root = folder / "repository"
    texts = {root / "infrastructure/clusters/bench/cluster.yaml": _CLUSTER, folder / "environments/bench.yaml": _ENVIRONMENT}
    texts |= {root / f"tenants/team-{team}.yaml": _TENANT.format(team=team) for team in range(teams)}
    for number in range(applications):
        texts |= _application(root / f"applications/app-{number}", number, teams)
    texts |= {root / f"resources/extra-{number}.yaml": _resource("Bucket", f"extra-{number}", tenant="team-0") for number in range(extra)}
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return sum(1 for file in texts if file.is_relative_to(root))


def _application(folder: Path, number: int, teams: int) -> dict[Path, str]:
    team, kind = number % teams, _RESOURCES[number % len(_RESOURCES)]
    needs = f"app-{number - teams}" if number >= teams else ""
    return {
        folder / "base/kustomization.yaml": _BASE,
        folder / "base/application.yaml": _APPLICATION.format(number=number, team=team, resource=kind.lower(), needs=needs),
        folder / "base/resource.yaml": _resource(kind, f"app-{number}"),
        folder / "base/manifests.yaml": _MANIFESTS.format(number=number),
        folder / "overlays/bench/kustomization.yaml": _OVERLAY.format(number=number),
        folder / "overlays/bench/settings.yaml": _PATCH.format(number=number),
    }


def _resource(kind: str, name: str, tenant: str = "") -> str:
    spec = f"spec: {{tenant: {tenant}}}\n" if tenant else _DOCUMENTS[kind].format()
    return f"apiVersion: transom.dev/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n{spec}"


def run(folder: Path, what: str, files: int, repeat: int) -> Row:
    """Validates a project in each situation.

    Raises:
        CommandFailedError: it is not valid.
    """
    command = [str(CHECKOUT / ".venv" / "bin" / "transom"), "validate"]
    tools = CHECKOUT / ".tools" / "bin"
    environment = {"PYTHONPATH": str(CHECKOUT), "PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": ""}
    changed = next(iter(sorted(folder.rglob("overlays/*/kustomization.yaml"))))

    def forget() -> None:
        shutil.rmtree(folder / ".transom", ignore_errors=True)

    def touch() -> None:
        changed.write_text(changed.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")

    situations: Mapping[str, Callable[[], None]] = {"nothing known": forget, "nothing changed": _nothing, "one file changed": touch}
    measure.run(command, folder, environment)  # the interpreter keeps what it compiled
    runs: dict[str, list[measure.Measured]] = {situation: [] for situation in situations}
    for _ in range(repeat):
        for situation, prepare in situations.items():
            prepare()
            runs[situation].append(measure.run(command, folder, environment))
    return Row(what, files, runs)


def _nothing() -> None:
    """As it is."""


def markdown(rows: Sequence[Row]) -> str:
    """The table."""
    memory = round(psutil.virtual_memory().total / 2**30)
    lines = [
        f"{datetime.now(UTC).date()}, {psutil.cpu_count()} cores, {memory} GiB; medians.",
        "",
        "| documents | files | situation | seconds | goal | processor seconds | transom MB | kustomize MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        for situation, runs in row.runs.items():
            seconds, processor = (statistics.median(of) for of in ([one.seconds for one in runs], [one.processor for one in runs]))
            peaks = (statistics.median(one.peak.get(role, 0) for one in runs) / 1e6 for role in ("transom", "kustomize"))
            told = " | ".join(f"{peak:.0f}" for peak in peaks)
            lines.append(
                f"| {row.what} | {row.files} | {situation} | {seconds:.2f} | {GOALS.get(row.what, '')} | {processor:.2f} | {told} |"
            )
    return "\n".join(lines) + "\n"


def _example(folder: Path) -> int:
    for name in ("environments", "examples"):
        shutil.copytree(CHECKOUT / name, folder / name)
    return sum(1 for file in (folder / "examples").rglob("*.yaml") if file.is_file())


def main() -> int:
    """Write large repositories, validate them, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validate", description=main.__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="documents (default 1000 10000)")
    parser.add_argument("--repeat", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    parser.add_argument("--keep", type=Path, help="write a repository of the first size to this folder, and measure nothing")
    parser.add_argument("--profile", action="store_true", help="one run at the first size under cProfile, sorted by own time")
    given = parser.parse_args()
    if given.keep:
        print(f"{write(given.keep, given.sizes[0])} files in {given.keep}")
        return 0
    with tempfile.TemporaryDirectory(prefix="transom-bench-") as name:
        if given.profile:
            return _profile(Path(name), given.sizes[0])
        rows = [run(Path(name, "example"), "the example", _example(Path(name, "example")), given.repeat)]
        for size in given.sizes:
            folder = Path(name, str(size))
            rows.append(run(folder, f"{size:,}", write(folder, size), given.repeat))
    print(markdown(rows))
    if given.write:
        table.write(Path(__file__).with_name("README.md"), markdown(rows), "validate")
    return 0


def _profile(folder: Path, size: int) -> int:
    write(folder, size)
    command = [sys.executable, "-m", "cProfile", "-s", "tottime", str(CHECKOUT / ".venv" / "bin" / "transom"), "validate"]
    return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
