"""Starts, describes and stops a sandbox: one etcd, one moto, and for each cluster an API server with controllers and simulated nodes."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox import certificates, cloud, cluster, controllers, ports, processes, stacks
from sandbox.apiserver import ApiServer
from sandbox.awsextensions import controlplanes
from sandbox.certificates import Subject
from sandbox.cluster import Cluster
from sandbox.environment import environment
from sandbox.errors import SandboxError
from sandbox.layout import CHECKOUT, Layout
from sandbox.processes import Command
from sandbox.state import Process, State, alone, load, save, write_private
from sandbox.toolchain import located, parts
from sandbox.toolchain.layout import Layout as Tools
from transom.errors import ToolMissing

Say = Callable[[str], None]
"""Progress: one line, without an end of line."""

_PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
_SERVED_BY = {"etcd-peer": "etcd", "authenticator": "moto"}
"""Ports that a process has beside the one of its own name."""
_COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """One process: its name, pid, whether it runs, and its log."""

    name: str
    pid: int
    running: bool
    log: Path


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """One cluster: its name, its context in the kubeconfig, its address, and whether its API server is ready."""

    name: str
    context: str
    server: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Status:
    """A sandbox as it is now. `state` is `running` (all processes), `partial`, or `stopped`; `notes` are what the user should know."""

    root: Path
    state: str
    clusters: tuple[ClusterStatus, ...]
    endpoint: str
    kubeconfig: Path
    processes: tuple[ProcessStatus, ...]
    notes: tuple[str, ...] = ()


def up(root: Path | None = None, clusters: Sequence[str] = ("dev",), say: Say = lambda _: None, *, having: Sequence[str] = ()) -> Status:
    """Start the sandbox in this folder, or what of it does not run, and wait until it is ready. Asked for another cluster, add it.

    `having` are controllers that every cluster has from now on, by the names of `sandbox.controllers`.

    Raises ToolMissing where a program is missing, SandboxError with the end of the log where one does not start.
    """
    layout = Layout.of(root)
    _check_names(clusters)
    controllers.check_names(tuple(having))
    with alone(layout):
        state = load(layout)
        state = replace(state, controllers=tuple(dict.fromkeys([*state.controllers, *having])))
        programs = _programs(controllers.CONTROLLERS[name].part for name in state.controllers)
        known = [process for process in state.processes.values() if processes.is_alive(process)]
        if count := processes.stop_strays(layout, known):
            say(f"ended {count} processes that an interrupted run had left")
        state = _with_ports(replace(state, clusters=tuple(dict.fromkeys([*state.clusters, *clusters]))))
        save(layout, state)
        notes = _start(_Run(layout, programs, say), state)
    return replace(status(layout.root), notes=notes)


def down(root: Path | None = None, say: Say = lambda _: None, *, purge: bool = False) -> None:
    """Stop every process of the sandbox. With `purge` remove its folder too: clusters, cloud and the state of the stacks are gone."""
    layout = Layout.of(root)
    if not layout.root.exists():
        return
    with alone(layout):
        state = _load_or_forget(layout, purge=purge)
        if purge:
            _remove_volumes(layout, state)
        # The API servers before etcd: they would spend their last seconds in reconnecting.
        ordered = sorted(state.processes.values(), key=lambda process: process.name == "etcd")
        processes.stop(process for process in ordered if process.name != "etcd")
        processes.stop(ordered)
        count = processes.stop_strays(layout, ())
        say(f"stopped {len(ordered) + count} processes")
        if purge:
            shutil.rmtree(layout.root)
            say(f"removed {layout.root}")
            return
        save(layout, replace(state, processes={}))


def status(root: Path | None = None) -> Status:
    """The sandbox as it is now; nothing is started or changed."""
    layout = Layout.of(root)
    state = load(layout)
    told = tuple(ProcessStatus(item.name, item.pid, processes.is_alive(item), layout.log(item.name)) for item in state.processes.values())
    components = (*_COMPONENTS, *(controllers.CONTROLLERS[name].part for name in state.controllers))
    expected = {"etcd", "moto", *(f"{component}-{name}" for component in components for name in state.clusters)}
    running = {item.name for item in told if item.running}
    word = "running" if state.clusters and running >= expected else "partial" if running else "stopped"
    clusters = tuple(_cluster_status(_cluster(layout, state, name, {}), running) for name in state.clusters)
    endpoint = cloud.endpoint(state.ports["moto"]) if "moto" in state.ports else ""
    return Status(layout.root, word, clusters, endpoint, layout.kubeconfig, told)


def cluster_of(root: Path | None, name: str) -> Cluster:
    """One cluster of a sandbox, for its client. A sandbox without a cluster of this name is an error."""
    layout = Layout.of(root)
    state = load(layout)
    if name not in state.clusters:
        raise SandboxError(f"the sandbox has no cluster {name}", subject=str(layout.root), hint=f"add it: transom sandbox up {name}")
    return _cluster(layout, state, name, {})


def logs(root: Path | None = None) -> dict[str, Path]:
    """The log of each process by its name, also of those that ended."""
    folder = Layout.of(root).log("any").parent
    return {file.stem: file for file in sorted(folder.glob("*.log"))}


@dataclass(frozen=True, slots=True)
class _Run:
    """What one `up` works with."""

    layout: Layout
    programs: dict[str, Path]
    say: Say


class _Book:
    """The state on disk while threads start processes: each is written down the moment it runs."""

    def __init__(self, layout: Layout, state: State) -> None:
        self._layout, self.state, self._lock = layout, state, threading.Lock()

    def ensure(self, command: Command) -> tuple[Process, bool]:
        """The process of this name, started if it does not run; and whether it was."""
        known = self.state.processes.get(command.name)
        if known is not None and processes.is_alive(known):
            if known.command == command.arguments:
                return known, False
            processes.stop([known])  # its ports or programs have changed
        with self._lock:
            process = processes.start(self._layout, command)
            self.state = self.state.with_process(process)
            save(self._layout, self.state)
        return process, True


def _start(run: _Run, state: State) -> tuple[str, ...]:
    layout, book = run.layout, _Book(run.layout, state)
    had_cloud = "moto" in state.processes or bool(stacks.existing(layout))
    clusters = tuple(_cluster(layout, state, name, run.programs) for name in state.clusters)
    # Keys first: they are made once, and the threads below share them.
    certificates.authority(layout.keys)
    cluster.write_kubeconfig(layout, clusters)
    etcd, _ = book.ensure(_etcd_command(run, state))
    write_private(layout.control_planes, controlplanes.content(cluster.control_planes(clusters)))
    moto, cloud_is_new = book.ensure(cloud.command(state.ports["moto"], state.ports["authenticator"], layout.control_planes))
    servers = [book.ensure(cluster.api_command(item))[0] for item in clusters]
    with ThreadPoolExecutor(max_workers=len(clusters) + 1) as pool:
        # Commands are made here, one after the other: clusters share certificates, and each is made once.
        ready = [
            _Waiting(item, (etcd, server), cluster.component_commands(item), state) for item, server in zip(clusters, servers, strict=True)
        ]
        waiting = [pool.submit(_bring_up, run, book, item) for item in ready]
        stacks.prepare(layout, CHECKOUT)
        processes.wait_until(lambda: cloud.is_ready(state.ports["moto"]), "moto", (moto,), layout)
        run.say(f"AWS (moto) answers on {cloud.endpoint(state.ports['moto'])}")
        for future in waiting:
            future.result()
    notes = []
    if had_cloud and cloud_is_new:
        notes.append("the simulated AWS keeps its data in memory and was started anew: `pulumi refresh` tells the stacks what is gone")
    unread = stacks.unread_settings(CHECKOUT)
    if unread:
        notes.append(f"settings of tracked stack files are not read on a sandbox: {', '.join(unread)}")
    return (*notes, *_create_stacks(run))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A cluster whose API server was started: the processes it stands on, and what to start once it answers."""

    cluster: Cluster
    watched: tuple[Process, Process]
    components: tuple[Command, ...]
    state: State
    """As it was when the run began: which controllers the cluster has, and their ports."""


def _bring_up(run: _Run, book: _Book, waiting: _Waiting) -> None:
    """API server ready, then its components beside its first objects, then settled."""
    item, client = waiting.cluster, waiting.cluster.client()
    processes.wait_until(client.is_ready, f"the API server of {item.name}", waiting.watched, run.layout)
    started = [book.ensure(command)[0] for command in waiting.components]
    for path, document in cluster.first_objects():
        _create_patiently(run, client, path, document)
    processes.wait_until(lambda: cluster.is_settled(client), f"a node of {item.name}", (*waiting.watched, *started), run.layout)
    run.say(f"cluster {item.name} is ready on {client.url}")
    for name in waiting.state.controllers:
        _start_controller(run, book, waiting, name)


def _start_controller(run: _Run, book: _Book, waiting: _Waiting, name: str) -> None:
    """Its definitions first: a controller that does not find them gives up."""
    item, client = waiting.cluster, waiting.cluster.client()
    controllers.prepare(name, lambda path, document: _create_patiently(run, client, path, document))
    processes.wait_until(lambda: controllers.is_defined(name, client), f"the kinds of {name}", waiting.watched, run.layout)
    work = controllers.given(name, item, run.programs[controllers.CONTROLLERS[name].part], waiting.state.ports)
    process, _ = book.ensure(controllers.command(name, work))
    processes.wait_until(lambda: controllers.is_ready(name, work), f"{name} on {item.name}", (*waiting.watched, process), run.layout)
    run.say(f"{name} works on cluster {item.name}")


def _create_patiently(run: _Run, client: ApiServer, path: str, document: dict[str, object]) -> None:
    """Create an object; right after its start an API server may still refuse what it will take a moment later."""
    last: list[OSError] = []

    def created() -> bool:
        try:
            client.create(path, document)
        except OSError as error:
            last[:] = [error]
            return False
        return True

    try:
        processes.wait_until(created, f"the creation of {path}", (), run.layout)
    except SandboxError as error:
        raise SandboxError(str(last[0] if last else error)) from error


def _create_stacks(run: _Run) -> tuple[str, ...]:
    """Create the stacks of the checkout's environments, so that plain `pulumi up` works. No engine is no error: clusters have uses."""
    try:
        created = stacks.create(run.layout, stacks.declared(CHECKOUT), environment(run.layout.root))
    except ToolMissing as error:
        return (f"no stacks were created: {error}",)
    if created:
        run.say(f"created stacks {', '.join(created)}")
    return ()


def _etcd_command(run: _Run, state: State) -> Command:
    """One etcd for all clusters, by client certificate only. Without fsync: what it holds is a sandbox."""
    layout = run.layout
    pair, authority = certificates.issue(layout.keys, Subject("etcd", "etcd")), certificates.authority(layout.keys)
    # The API servers' certificate is made here, before threads ask for it.
    certificates.issue(layout.keys, Subject("etcd-client", "kube-apiserver"))
    client, peer = (f"https://127.0.0.1:{state.ports[name]}" for name in ("etcd", "etcd-peer"))
    return Command(
        "etcd",
        (
            str(run.programs["etcd"]),
            "--name=sandbox",
            f"--data-dir={layout.etcd}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=sandbox={peer}",
            f"--cert-file={pair.certificate}",
            f"--key-file={pair.key}",
            f"--trusted-ca-file={authority.certificate}",
            "--client-cert-auth=true",
            f"--peer-cert-file={pair.certificate}",
            f"--peer-key-file={pair.key}",
            f"--peer-trusted-ca-file={authority.certificate}",
            "--peer-client-cert-auth=true",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ),
    )


def _with_ports(state: State) -> State:
    """Ports for everything: those of running processes stay, others stay when they are free."""
    of_controllers = controllers.purposes(state.controllers, state.clusters)
    purposes = ("etcd", "etcd-peer", "moto", "authenticator", *(f"kube-apiserver-{name}" for name in state.clusters), *of_controllers)
    served_by = {**_SERVED_BY, **of_controllers}
    running = {name for name, process in state.processes.items() if processes.is_alive(process)}
    held = {purpose: port for purpose, port in state.ports.items() if served_by.get(purpose, purpose) in running}
    free = ports.choose(tuple(item for item in purposes if item not in held), state.ports)
    return replace(state, ports={**held, **free})


def _cluster(layout: Layout, state: State, name: str, programs: dict[str, Path]) -> Cluster:
    return Cluster(name, layout, state.ports[f"kube-apiserver-{name}"], state.ports["etcd"], state.ports.get("authenticator", 0), programs)


def _cluster_status(item: Cluster, running: Iterable[str]) -> ClusterStatus:
    ready = item.process("kube-apiserver") in running and item.client().is_ready()
    return ClusterStatus(item.name, item.context, f"https://127.0.0.1:{item.port}", ready)


def _programs(more: Iterable[str]) -> dict[str, Path]:
    tools = Tools.of(CHECKOUT)
    found = {part.name: located.locate(part, tools) for part in parts.by_name([*_PROGRAMS, *more])}
    missing = [name for name, item in found.items() if isinstance(item, located.Missing)]
    if missing:
        raise ToolMissing(f"not built yet: {', '.join(missing)}", hint=f"python3 -m sandbox.toolchain build {' '.join(missing)}")
    return {name: item.path for name, item in found.items() if isinstance(item, located.Found)}


def _check_names(clusters: Sequence[str]) -> None:
    wrong = [name for name in clusters if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", name)]
    if wrong or not clusters:
        raise SandboxError(
            f"not a cluster's name: {', '.join(wrong) or 'none given'}", hint="lower-case letters, digits and dashes, at most 40"
        )


def _load_or_forget(layout: Layout, *, purge: bool) -> State:
    """The state; when everything is removed anyway, one that cannot be read is none, and its processes are found by their environment."""
    try:
        return load(layout)
    except SandboxError:
        if not purge:
            raise
        return State()


def _remove_volumes(layout: Layout, state: State) -> None:
    """Remove the folders of the volumes, which the controller manager makes under /tmp, while an API server still knows them."""
    for name in state.clusters:
        with suppress(OSError, KeyError, ValueError):
            for volume in _cluster(layout, state, name, {}).client().get("/api/v1/persistentvolumes")["items"]:
                path = volume["spec"].get("hostPath", {}).get("path", "")
                if volume["metadata"].get("annotations", {}).get("pv.kubernetes.io/provisioned-by") == "kubernetes.io/host-path":
                    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        Path("/tmp/hostpath_pv").rmdir()  # noqa: S108 - the controller manager's folder; removed only when empty
