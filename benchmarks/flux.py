"""Flux's kustomize-controller: given sources that are fetched already, and timed until every application is ready."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import json
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks import applications, measure
from benchmarks.applications import CLUSTER, Figure
from sandbox import lifecycle
from sandbox.apiserver import ApiServer
from sandbox.toolchain import layout, located, parts

_REVISION = "main@sha1:" + "4" * 40
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_MODULES = ("github.com/fluxcd/kustomize-controller@v1.7.3", "github.com/fluxcd/source-controller@v1.7.2")
_FLUX = "flux-system"
_CONCURRENT = 20
_LIMIT = 3600.0


def run(folder: Path, count: int, say: Callable[[str], None]) -> Figure:
    """Flux's kustomize-controller.

    Raises:
        CommandFailedError: it ended, or an application was not ready within an hour.
    """
    with applications.sandbox(folder) as (root, variables), _archives(folder / "archives", count) as archives:
        server = lifecycle.cluster_of(root, CLUSTER).client()
        _definitions(server)
        _all(server, "/api/v1/namespaces", [_named("v1", "Namespace", name) for name in (_FLUX, *applications.tenants(count))])
        repositories = f"/apis/source.toolkit.fluxcd.io/v1/namespaces/{_FLUX}/gitrepositories"
        _all(server, repositories, [_repository(number) for number in range(count)])
        _each(lambda one: _status(server, repositories, *one), [*archives.items()])
        with _controller(folder, variables) as process:
            path = f"/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{_FLUX}/kustomizations"
            watch, begin = psutil.Process(process.pid), time.monotonic()
            _all(server, path, [_kustomization(number) for number in range(count)])
            progress = _until_ready(server, path, count, (process, begin, say))
            used = watch.cpu_times()
            peak = _high_water(process.pid)
        say(f"flux: {count} applications ready")
        return Figure("kustomize-controller", count, progress[-1][1], peak, peak, used.user + used.system, tuple(progress))


def _until_ready(
    server: ApiServer, path: str, count: int, running: tuple[subprocess.Popen[bytes], float, Callable[[str], None]]
) -> list[tuple[int, float]]:
    """When how many were ready; the last entry is all of them."""
    process, begin, say = running
    progress: list[tuple[int, float]] = []
    while time.monotonic() - begin < _LIMIT:
        if process.poll() is not None:
            raise measure.CommandFailedError(f"kustomize-controller ended with {process.returncode}")
        found = server.get(path)["items"]
        ready = sum(_is_ready(one) for one in found)
        if not progress or ready != progress[-1][0]:
            progress.append((ready, time.monotonic() - begin))
            say(f"flux: {ready} of {count} ready after {progress[-1][1]:.0f} s")
        if ready == count:
            return progress
        time.sleep(1.0 if count <= 200 else 3.0)  # noqa: PLR2004 - the list of a thousand costs the API server something
    raise measure.CommandFailedError(f"after an hour {progress[-1][0] if progress else 0} of {count} applications are ready")


def _is_ready(kustomization: Mapping[str, Any]) -> bool:
    conditions = (kustomization.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _definitions(server: ApiServer) -> None:
    """Those of both controllers' own modules: kustomize-controller waits for every kind of source, used or not."""
    module = parts.by_name(["kustomize-controller"])[0].module
    for name in _MODULES:
        command = ["go", "mod", "download", "-json", name]
        told = json.loads(subprocess.run(command, cwd=module, capture_output=True, text=True, check=True, timeout=300).stdout)
        for file in Path(told["Dir"], "config", "crd", "bases").glob("*.yaml"):
            server.create(_DEFINITIONS, yaml.safe_load(file.read_text(encoding="utf-8")))
    for kind in ("kustomize.toolkit.fluxcd.io/v1/kustomizations", "source.toolkit.fluxcd.io/v1/gitrepositories"):
        for _ in range(300):
            with suppress(OSError):
                if server.get(f"/apis/{kind}") is not None:
                    break
            time.sleep(0.1)


def _named(version: str, kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **more}


def _repository(number: int) -> dict[str, Any]:
    spec = {"url": f"https://git.example.com/team-a/app-{number:04}", "interval": "1h", "ref": {"branch": "main"}}
    return _named("source.toolkit.fluxcd.io/v1", "GitRepository", f"app-{number:04}", spec=spec)


def _kustomization(number: int) -> dict[str, Any]:
    spec = {
        "interval": "1h",
        "path": "./",
        "prune": True,
        "wait": True,
        "timeout": "10m",
        "targetNamespace": applications.tenant(number),
        "sourceRef": {"kind": "GitRepository", "name": f"app-{number:04}"},
    }
    return _named("kustomize.toolkit.fluxcd.io/v1", "Kustomization", f"app-{number:04}", spec=spec)


def _status(server: ApiServer, path: str, name: str, artifact: Mapping[str, Any]) -> None:
    """What source-controller would write once it has fetched the repository."""
    there = server.get(f"{path}/{name}")
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "Succeeded",
        "message": "stored artifact",
        "lastTransitionTime": now,
        "observedGeneration": there["metadata"]["generation"],
    }
    there["status"] = {
        "observedGeneration": there["metadata"]["generation"],
        "conditions": [ready],
        "artifact": {**artifact, "lastUpdateTime": now},
    }
    status, body = server._call("PUT", f"{path}/{name}/status", there)  # noqa: SLF001 - the sandbox's own client, from beside it
    if status != http.HTTPStatus.OK:
        raise measure.CommandFailedError(f"status of {name}: {status} {body[:300]!r}")


@contextmanager
def _archives(folder: Path, count: int) -> Iterator[dict[str, dict[str, Any]]]:
    """An archive for each application, served from loopback; what an artifact says of it, by its name."""
    folder.mkdir(parents=True)
    digests = {f"app-{number:04}": archive(folder / f"app-{number:04}.tar.gz", number) for number in range(count)}
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield {
            name: {
                "url": f"http://127.0.0.1:{server.server_port}/{name}.tar.gz",
                "path": f"gitrepository/{_FLUX}/{name}/4.tar.gz",
                "revision": _REVISION,
                "digest": f"sha256:{digest}",
                "size": (folder / f"{name}.tar.gz").stat().st_size,
            }
            for name, digest in digests.items()
        }
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


def archive(file: Path, number: int) -> str:
    """Writes the archive; its digest."""
    texts = {
        "kustomization.yaml": yaml.safe_dump({"resources": ["objects.yaml"]}),
        "objects.yaml": yaml.safe_dump_all(applications.objects(number), sort_keys=False),
    }
    with tarfile.open(file, "w:gz") as archive:
        for name, text in texts.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))
    return hashlib.sha256(file.read_bytes()).hexdigest()


@contextmanager
def _controller(folder: Path, variables: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Flux's controller, running."""
    part = parts.by_name(["kustomize-controller"])[0]
    found = located.locate(part, layout.Layout.of(layout.checkout()))
    if isinstance(found, located.Missing):
        raise measure.CommandFailedError(
            "kustomize-controller is missing; build it: python -m sandbox.toolchain build kustomize-controller"
        )
    command = [
        str(found.path),
        "--enable-leader-election=false",
        f"--concurrent={_CONCURRENT}",
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--metrics-addr=127.0.0.1:0",
        "--health-addr=127.0.0.1:0",
        "--log-level=error",
    ]
    scratch = folder / "scratch"
    scratch.mkdir()
    env = {**variables, "RUNTIME_NAMESPACE": _FLUX, "TMPDIR": str(scratch)}
    with (folder / "controller.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            yield process
        except measure.CommandFailedError as error:
            said = (folder / "controller.log").read_text(encoding="utf-8", errors="replace")[-2000:]
            raise measure.CommandFailedError(f"{error}\n{said}") from None
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()


def _high_water(pid: int) -> int:
    """Bytes of resident memory of a process at the most, as the kernel has it."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _all(server: ApiServer, path: str, documents: list[dict[str, Any]]) -> None:
    _each(lambda one: server.create(path, one), documents)


def _each(act: Callable[[Any], None], items: list[Any]) -> None:
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(act, items))
