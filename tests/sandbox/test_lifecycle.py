"""A sandbox's life: started, asked for more, hurt, stopped; and what its clusters do."""

from __future__ import annotations

import json
import os
import signal
import ssl
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from sandbox import cloud, lifecycle, ports, processes, stacks, state
from sandbox.errors import SandboxError
from sandbox.layout import Layout

pytestmark = pytest.mark.sandbox

WORKLOADS = [
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]},
            },
        },
    },
    {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate"},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "migrate", "image": "web:1"}]}}},
    },
    {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "public"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"app": "web"}},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "public"},
        "spec": {"defaultBackend": {"service": {"name": "public", "port": {"number": 80}}}},
    },
]
AWAITED = {
    "deployment/web": "condition=Available",
    "job/migrate": "condition=Complete",
    "pvc/data": "jsonpath={.status.phase}=Bound",
    "service/public": "jsonpath={.status.loadBalancer.ingress[0].ip}",
    "ingress/public": "jsonpath={.status.loadBalancer.ingress[0].ip}",
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A sandbox of this module's own, to be hurt; gone at the end, whatever happened to it."""
    root = tmp_path_factory.mktemp("own") / "sandbox"
    lifecycle.up(root)
    yield root
    lifecycle.down(root, purge=True)


def pids(root: Path) -> dict[str, int]:
    """The running processes of a sandbox by name."""
    return {process.name: process.pid for process in lifecycle.status(root).processes if process.running}


def kill(root: Path, name: str) -> None:
    """Kill a process of a sandbox and wait until it is dead: the signal alone does not make it so on a busy machine."""
    victim = psutil.Process(pids(root)[name])
    os.kill(victim.pid, signal.SIGKILL)
    psutil.wait_procs([victim], timeout=60)


def leftovers(root: Path) -> list[psutil.Process]:
    """Every process that carries the sandbox's mark, whoever started it."""
    return processes.strays(Layout.of(root), ())


# -- what a cluster does


@pytest.fixture(scope="module")
def namespace(sandbox: Any) -> Iterator[str]:
    """A namespace with one workload of each kind."""
    name = f"life-{os.getpid()}"
    sandbox.run("kubectl", "create", "namespace", name)
    documents = yaml.safe_dump_all(WORKLOADS)
    (file := sandbox.root / f"{name}.yaml").write_text(documents)
    sandbox.run("kubectl", "apply", "-n", name, "-f", str(file))
    yield name
    sandbox.run("kubectl", "delete", "namespace", name, "--wait=true", "--timeout=60s")


@pytest.mark.parametrize("item", AWAITED)
def test_workloads_become_what_they_would(sandbox: Any, namespace: str, item: str) -> None:
    """Deployments become Available, Jobs complete, claims are bound, load balancers and ingresses get an address."""
    sandbox.run("kubectl", "wait", "-n", namespace, item, f"--for={AWAITED[item]}", "--timeout=90s")


def test_two_nodes_are_ready(sandbox: Any) -> None:
    """Both simulated nodes are Ready and in different zones."""
    nodes = json.loads(sandbox.run("kubectl", "get", "nodes", "-o", "json").stdout)["items"]
    assert len({node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}) == 2
    assert all(any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"]) for node in nodes)


def test_tokens_are_issued_and_rbac_decides(sandbox: Any) -> None:
    """A service account gets a token, and may not read what nobody allowed it to."""
    token = sandbox.run("kubectl", "create", "token", "default").stdout.strip()
    assert token.count(".") == 2
    answer = sandbox.run("kubectl", "auth", "can-i", "list", "secrets", "--as=system:serviceaccount:default:default", check=False)
    assert answer.stdout.strip() == "no"


def test_pod_security_is_enforced(sandbox: Any, namespace: str) -> None:
    """A namespace labelled restricted refuses a privileged pod."""
    sandbox.run("kubectl", "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted", "--overwrite")
    override = json.dumps({"spec": {"containers": [{"name": "x", "image": "x", "securityContext": {"privileged": True}}]}})
    done = sandbox.run("kubectl", "run", "x", "-n", namespace, "--image=x", f"--overrides={override}", check=False)
    assert "violates PodSecurity" in done.stderr


def test_the_api_server_is_verified_by_the_sandboxs_authority_alone(sandbox: Any) -> None:
    """Its certificate is refused by the machine's trust store and accepted with the sandbox's authority, for this very address."""
    url = yaml.safe_load(sandbox.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    with pytest.raises(urllib.error.URLError) as caught:
        urllib.request.urlopen(f"{url}/version", timeout=10)  # noqa: S310 - https, from our own kubeconfig
    assert isinstance(caught.value.reason, ssl.SSLCertVerificationError)
    context = ssl.create_default_context(cafile=str(Layout.of(sandbox.root).keys / "ca.crt"))
    with urllib.request.urlopen(f"{url}/version", timeout=10, context=context) as answer:  # noqa: S310 - as above
        assert json.load(answer)["gitVersion"] == "v1.36.3"


def test_nothing_skips_verification(sandbox: Any) -> None:
    """No kubeconfig and no command line of the sandbox switches verification off, and etcd asks for a client certificate."""
    layout = Layout.of(sandbox.root)
    for file in [layout.kubeconfig, *layout.root.glob("clusters/*/*.kubeconfig")]:
        assert "insecure" not in file.read_text()
    commands = [argument for process in state.load(layout).processes.values() for argument in process.command]
    assert not [argument for argument in commands if "insecure" in argument]
    assert "--client-cert-auth=true" in commands


def test_secrets_are_readable_by_their_owner_only(sandbox: Any) -> None:
    """Private keys, kubeconfigs and the passphrase are mode 0600, in folders nobody else can enter."""
    layout = Layout.of(sandbox.root)
    private = [
        layout.kubeconfig,
        layout.passphrase,
        layout.stack_file,
        *layout.keys.iterdir(),
        *layout.root.glob("clusters/*/*.kubeconfig"),
    ]
    assert {oct(stat.S_IMODE(file.stat().st_mode)) for file in private} == {"0o600"}
    assert stat.S_IMODE(layout.root.stat().st_mode) == 0o700


def test_the_cloud_answers_with_the_environment_alone(sandbox: Any) -> None:
    """boto3 finds the simulated AWS by the environment, without a line of configuration."""
    code = (
        "import boto3; boto3.client('s3').create_bucket(Bucket='found', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})"
    )
    sandbox.run("python3", "-c", code)


# -- its life


def test_started_twice_is_started_once(own: Path) -> None:
    """A second `up` starts nothing and moves nothing."""
    before, kept = pids(own), state.load(Layout.of(own)).ports
    assert lifecycle.up(own).state == "running"
    assert pids(own) == before
    assert state.load(Layout.of(own)).ports == kept


def test_two_side_by_side_do_not_collide(own: Path, tmp_path: Path) -> None:
    """A second sandbox shares no port and no process with the first, and stopping it leaves the first alone."""
    before, other = pids(own), tmp_path / "other"
    try:
        lifecycle.up(other)
        assert not set(state.load(Layout.of(own)).ports.values()) & set(state.load(Layout.of(other)).ports.values())
        assert not set(pids(own).values()) & set(pids(other).values())
    finally:
        lifecycle.down(other, purge=True)
    assert not other.exists()
    assert leftovers(other) == []
    assert pids(own) == before


def test_asked_for_another_cluster_it_adds_one(own: Path) -> None:
    """`up` with another name keeps what runs and adds a cluster with a context of its own and objects of its own."""
    before = pids(own)
    status = lifecycle.up(own, ("staging",))
    assert [item.name for item in status.clusters if item.ready] == ["dev", "staging"]
    assert before.items() <= pids(own).items()
    contexts = yaml.safe_load(Layout.of(own).kubeconfig.read_text())
    assert [item["name"] for item in contexts["contexts"]] == ["sandbox-dev", "sandbox-staging"]
    assert contexts["current-context"] == "sandbox-dev"


@pytest.mark.parametrize("victims", [["kube-apiserver-dev"], ["etcd"], ["kwok-dev", "kube-scheduler-dev"]])
def test_what_was_killed_is_started_again(own: Path, victims: list[str]) -> None:
    """After a process was killed `status` says partial, and `up` starts it anew on the same ports with its data."""
    kept = state.load(Layout.of(own)).ports
    for name in victims:
        kill(own, name)
    assert lifecycle.status(own).state == "partial"
    assert lifecycle.up(own).state == "running"
    assert state.load(Layout.of(own)).ports == kept


def test_a_start_that_was_never_written_down_is_found(own: Path) -> None:
    """A process whose starter was killed before it could write it down is ended by the next `up`, and replaced."""
    layout = Layout.of(own)
    known = state.load(layout)
    orphan = known.processes["kwok-dev"].pid
    state.save(layout, state.State(known.ports, known.clusters, {name: p for name, p in known.processes.items() if name != "kwok-dev"}))
    assert lifecycle.up(own).state == "running"
    assert pids(own)["kwok-dev"] != orphan
    assert orphan not in {process.pid for process in leftovers(own)}


def test_a_process_with_a_reused_pid_is_not_ours(own: Path) -> None:
    """A live process is only taken for ours when pid, start and command agree: this test's own process survives a `down`."""
    layout = Layout.of(own)
    known = state.load(layout)
    ours = psutil.Process()
    foreign = state.Process("moto", ours.pid, ours.create_time(), known.processes["moto"].command)
    assert not processes.is_alive(foreign)
    aged = state.Process("moto", known.processes["moto"].pid, known.processes["moto"].started - 60, known.processes["moto"].command)
    assert not processes.is_alive(aged)
    processes.stop([foreign, aged])
    assert processes.is_alive(known.processes["moto"])


def test_a_fresh_cloud_for_old_stacks_is_told(own: Path) -> None:
    """Moto keeps its data in memory: when it was started anew, `up` says that what the stacks know is gone."""
    kill(own, "moto")
    assert any("memory" in note for note in lifecycle.up(own).notes)


def test_stopped_and_started_it_keeps_ports_and_objects(own: Path) -> None:
    """`down` ends every process and keeps the folder; `up` brings the same clusters back on the same ports."""
    layout = Layout.of(own)
    kept = state.load(layout)
    lifecycle.down(own)
    assert lifecycle.status(own).state == "stopped"
    assert leftovers(own) == []
    assert lifecycle.up(own).state == "running"
    assert state.load(layout).ports == kept.ports


def test_two_starts_at_once_make_one_sandbox(own: Path) -> None:
    """Two commands that start the same sandbox wait for each other."""
    lifecycle.down(own)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: lifecycle.up(own).state, range(2)))
    assert both == ["running", "running"]
    assert len(leftovers(own)) == len(pids(own))


def test_a_process_that_dies_shows_its_last_words(tmp_path: Path) -> None:
    """When a server ends instead of becoming ready, the error holds the end of its log and where all of it is."""
    layout = Layout(tmp_path)
    process = processes.start(layout, processes.Command("broken", ("/bin/sh", "-c", "echo no such port; exit 1")))
    with pytest.raises(SandboxError) as caught:
        processes.wait_until(lambda: False, "anything", (process,), layout)
    assert "no such port" in caught.value.message
    assert str(layout.log("broken")) in caught.value.hint


def test_purged_it_leaves_nothing(tmp_path: Path) -> None:
    """After `down` with purge no process, no file and no volume of the sandbox is left."""
    root = tmp_path / "short-lived"
    lifecycle.up(root)
    layout = Layout.of(root)
    client = lifecycle.cluster_of(root, "dev").client()
    client.create("/api/v1/namespaces/default/persistentvolumeclaims", WORKLOADS[2])
    processes.wait_until(lambda: bool(client.get("/api/v1/persistentvolumes")["items"]), "a volume", (), layout)
    volume = Path(client.get("/api/v1/persistentvolumes")["items"][0]["spec"]["hostPath"]["path"])
    assert volume.exists()
    taken = state.load(layout).ports.values()
    lifecycle.down(root, purge=True)
    assert list(tmp_path.iterdir()) == []
    assert leftovers(root) == []
    assert all(ports.is_free(port) for port in taken)
    assert not volume.exists()


def test_a_state_that_cannot_be_read_is_told_and_can_be_purged(tmp_path: Path) -> None:
    """A broken state file is an error that says the way out, and the way out works."""
    layout = Layout.of(tmp_path / "broken")
    state.write_private(layout.state, "{")
    with pytest.raises(SandboxError, match="purge"):
        lifecycle.status(layout.root)
    lifecycle.down(layout.root, purge=True)
    assert not layout.root.exists()


@pytest.mark.parametrize("name", ["", "Dev", "a/b", "-x", "x" * 41])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """A cluster's name becomes part of paths and contexts: anything else is refused before anything is made."""
    with pytest.raises(SandboxError):
        lifecycle.up(tmp_path / "x", (name,))
    assert not (tmp_path / "x").exists()


# -- ports


def test_a_kept_port_is_kept_only_while_it_is_free() -> None:
    """A port that another process took in the meantime is replaced by a free one."""
    (port,) = ports.choose(("a",), {}).values()
    assert ports.choose(("a",), {"a": port}) == {"a": port}
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert ports.choose(("a",), {"a": port})["a"] != port


def test_unread_settings_are_named(tmp_path: Path) -> None:
    """A setting in a tracked stack file, which a sandbox does not read, is told by file and key."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    (tmp_path / "stacks" / "Pulumi.staging.yaml").write_text("config: {}\n")
    assert stacks.unread_settings(tmp_path) == ("stacks/Pulumi.dev.yaml: aws:region",)


def test_an_endpoint_is_loopback() -> None:
    """The simulated AWS is only ever named by its loopback address."""
    assert cloud.endpoint(1).startswith("http://127.0.0.1:")
