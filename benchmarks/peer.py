"""`python -m benchmarks.peer`: applications of four objects from empty to ready, by Flux and by Transom, side by side.

Flux is its kustomize-controller. Each gets a sandbox of its own, one after the other, and the same objects: ServiceAccount, ConfigMap,
Service and a Deployment of one pod. Flux gets one GitRepository for each application, whose status points at an archive that is served
from loopback: nothing has to be cloned. It runs as its guide for large installations says: 20 at once, more requests to the API server
than by default. Transom reads a repository of the same applications and applies it in shards. The namespaces are there before Flux
begins; Transom makes them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from benchmarks import applications, flux, generate, measure
from benchmarks.applications import CLUSTER, OBJECTS, Figure
from benchmarks.contestants import Ground
from benchmarks.generate import Target
from sandbox import lifecycle
from sandbox.layout import CHECKOUT


def transom(folder: Path, count: int, say: Callable[[str], None]) -> Figure:
    """`transom apply` on a repository of the same applications, with nothing known: no stack, no cache.

    Raises:
        CommandFailedError: it failed.
    """
    with applications.sandbox(folder) as (root, variables):
        project = folder / "project"
        target = Target(project, f"sandbox-{CLUSTER}", "tenant")
        generate.project(target)
        repository(project / "repository", target.context, count)
        ground = Ground(project, {**variables, "PYTHONPATH": str(CHECKOUT)}, target.context).beside(project)
        measured = measure.run(["transom", "apply", generate.ENVIRONMENT], ground.folder, ground.environment)
        deployments = lifecycle.cluster_of(root, CLUSTER).client().get("/apis/apps/v1/deployments")["items"]
        ready = sum(
            (one.get("status") or {}).get("availableReplicas", 0) == 1 for one in deployments if one["metadata"]["name"][:4] == "app-"
        )
        if ready != count:
            raise measure.CommandFailedError(f"transom says it is done, and {ready} of {count} Deployments are available")
        say(f"transom: {count} applications ready after {measured.seconds:.0f} s")
        largest = max(measured.peak.values())
        return Figure("Transom, sharded", count, measured.seconds, largest, measured.together, measured.processor)


def repository(root: Path, context: str, count: int) -> None:
    """The applications as documents of ours beside plain manifests."""
    cluster = generate.document("Cluster", generate.ENVIRONMENT, {"existing": {"context": context}})
    cluster["metadata"]["labels"] = {"environment": generate.ENVIRONMENT}
    generate.dump(root / "infrastructure" / "clusters" / generate.ENVIRONMENT / "cluster.yaml", [cluster])
    for name in applications.tenants(count):
        generate.dump(root / "tenants" / f"{name}.yaml", [generate.document("Tenant", name, {"namespaces": [name]})])
    for number in range(count):
        name, owner = f"app-{number:04}", applications.tenant(number)
        spec = {"tenant": owner, "destination": {"namespace": owner}}
        generate.dump(root / "applications" / name / "application.yaml", [generate.document("Application", name, spec)])
        generate.dump(root / "applications" / name / "objects.yaml", applications.objects(number))


CONTESTANTS: Mapping[str, Callable[[Path, int, Callable[[str], None]], Figure]] = {"flux": flux.run, "transom": transom}


def markdown(figures: list[Figure]) -> str:
    """The table."""
    lines = [
        "| | applications | objects | seconds | per application, ms | processor s | MB, largest process | MB, together |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in figures:
        mb = [round(value / 1e6) for value in (one.largest, one.together)]
        each = one.seconds / one.applications * 1000
        lines.append(
            f"| {one.name} | {one.applications:,} | {one.applications * OBJECTS:,} | {one.seconds:.0f} | {each:.0f} | {one.processor:.0f} "
            f"| {mb[0]:,} | {mb[1]:,} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peer", description=__doc__)
    parser.add_argument("--applications", type=int, nargs="+", default=[1000], help="how many, of four objects each (default 1000)")
    parser.add_argument("--only", choices=tuple(CONTESTANTS), help="one of the two")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    given = parser.parse_args()
    figures: list[Figure] = []
    for count in given.applications:
        for name in [given.only] if given.only else CONTESTANTS:
            folder = Path(tempfile.mkdtemp(prefix="transom-peer-"))
            try:
                figures.append(CONTESTANTS[name](folder, count, lambda line: print(line, file=sys.stderr, flush=True)))
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            if given.json:
                given.json.write_text(json.dumps([asdict(one) for one in figures], indent=1) + "\n", encoding="utf-8")
    print(markdown(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
