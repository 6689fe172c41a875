"""Which provider arguments and kubeconfigs are taken, and what is said about the others."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.plugins.kubernetes import cluster, kubeconfig, settings
from sandbox.plugins.kubernetes.kubeconfig import KubeconfigError
from sandbox.plugins.kubernetes.settings import Settings
from sandbox.plugins.loopback import NotLoopbackError
from sandbox.plugins.values import UNKNOWN, Secret

HERE = "https://127.0.0.1:6443"


def _config(server: str = HERE, user: dict[str, Any] | None = None, **of_cluster: Any) -> str:
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": server, **of_cluster}}],
            "users": [{"name": "u", "user": user or {"token": "t"}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", "namespace": "n"}}],
            "current-context": "x",
        }
    )


@pytest.mark.parametrize(
    "argument, value, said",
    [
        ("renderYamlToDirectory", "out", "beyond the sandbox's stand-in"),
        ("helmReleaseSettings", '{"driver": "secret"}', "Helm releases"),
        ("enableServerSideApply", "false", "client-side apply"),
        ("enableConfigMapMutable", "perhaps", "neither true nor false"),
        ("kubeClientSettings", '{"qps": 5}', "kubeClientSettings.qps"),
        ("enableDryRun", "true", "is no argument of the kubernetes provider"),
        ("namespace", 5, "must be a string"),
    ],
)
def test_refused_arguments(argument: str, value: Any, said: str) -> None:
    """An argument that is unknown, malformed or beyond the stand-in is an error that names it."""
    (failure,) = settings.failures({argument: value})
    assert failure.property == argument
    assert said in failure.reason


def test_accepted_arguments() -> None:
    """Arguments come as the SDK sends them: booleans as JSON text, secrets marked, absent ones empty, later ones unknown."""
    given = {"enableConfigMapMutable": "true", "enableSecretMutable": True, "kubeconfig": Secret("k"), "context": "", "cluster": UNKNOWN}
    assert settings.failures(given) == []
    loaded = settings.load({**given, "cluster": "c"}, {"PULUMI_K8S_ENABLE_PATCH_FORCE": "true"})
    assert (loaded.config_map_mutable, loaded.secret_mutable, loaded.patch_force, loaded.kubeconfig) == (True, True, True, "k")


def test_an_argument_wins_over_its_variable() -> None:
    """The environment speaks only where the program is silent."""
    variables = {"PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE": "true"}
    assert settings.load({}, variables).config_map_mutable
    assert not settings.load({"enableConfigMapMutable": "false"}, variables).config_map_mutable


def test_kubeconfig_as_content_path_and_variable(tmp_path: Path) -> None:
    """The argument may be content or a path; without it KUBECONFIG names files, then the home folder."""
    path = tmp_path / "config"
    path.write_text(_config(), encoding="utf-8")
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(_config(), encoding="utf-8")
    for given, variables in (
        (Settings(kubeconfig=_config()), {}),
        (Settings(kubeconfig=str(path)), {}),
        (Settings(), {"KUBECONFIG": f"/nowhere:{path}"}),
        (Settings(), {}),
    ):
        found = kubeconfig.connect(given, variables, tmp_path)
        assert (found.server, found.token, found.namespace) == (HERE, "t", "n")
    assert kubeconfig.connect(Settings(kubeconfig=_config(), namespace="own"), {}, tmp_path).namespace == "own"


def test_acting_as_another(tmp_path: Path) -> None:
    """A user's `as` and what belongs to it become the headers of impersonation; groups of nobody are an error, as in client-go."""
    given = {"token": "t", "as": "system:serviceaccount:shop:deploy", "as-groups": ["a", "b"], "as-uid": "1"}
    found = kubeconfig.connect(Settings(kubeconfig=_config(user=given)), {}, tmp_path)
    assert found.acting_as == (
        ("Impersonate-User", "system:serviceaccount:shop:deploy"), ("Impersonate-Uid", "1"), ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
    )  # fmt: skip
    assert kubeconfig.connect(Settings(kubeconfig=_config()), {}, tmp_path).acting_as == ()
    with pytest.raises(KubeconfigError, match="without impersonating a user"):
        kubeconfig.connect(Settings(kubeconfig=_config(user={"token": "t", "as-groups": ["a"]})), {}, tmp_path)


def test_files_are_found_beside_the_kubeconfig(tmp_path: Path) -> None:
    """Relative paths of certificates count from the kubeconfig's folder; inline data is decoded."""
    (tmp_path / "ca.crt").write_text("AUTHORITY", encoding="utf-8")
    user = {"client-certificate-data": base64.b64encode(b"CERT").decode(), "client-key-data": base64.b64encode(b"KEY").decode()}
    path = tmp_path / "config"
    path.write_text(_config(user=user, **{"certificate-authority": "ca.crt"}), encoding="utf-8")
    found = kubeconfig.connect(Settings(kubeconfig=str(path)), {}, tmp_path)
    assert (found.authority, found.certificate, found.key) == ("AUTHORITY", "CERT", "KEY")


@pytest.mark.parametrize("server", ["https://10.0.0.1:6443", "https://eks.example.com", "https://127.0.0.1.example.com", ""])
def test_another_machine_is_refused(server: str, tmp_path: Path) -> None:
    """Only loopback is served, and the error says why and what to install."""
    with pytest.raises(NotLoopbackError, match=r"pulumi plugin install resource kubernetes.*TRANSOM_PLUGINS=real"):
        kubeconfig.connect(Settings(kubeconfig=_config(server)), {}, tmp_path)


@pytest.mark.parametrize(
    "content, said",
    [
        (_config(user={"exec": {"command": "aws"}}), "invalid apiVersion None"),
        (
            _config(user={"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws", "provideClusterInfo": True}}),
            "provideClusterInfo",
        ),
        (_config(user={"username": "u", "password": "p"}), "a user name and password"),
        (_config(**{"insecure-skip-tls-verify": True}), "switching TLS verification off"),
        (_config(**{"proxy-url": "http://127.0.0.1:1"}), "a proxy"),
        (_config().replace('"current-context": "x"', '"current-context": "y"'), "has no context 'y'; it has x"),
        ("{", "neither the path of a file nor valid YAML"),
        ("/nowhere/config", "neither the path of a file nor a YAML mapping"),
    ],
)
def test_refused_kubeconfigs(content: str, said: str, tmp_path: Path) -> None:
    """What the stand-in cannot do, or would weaken TLS, is refused by name; the content, which may be secret, is not repeated."""
    with pytest.raises(KubeconfigError) as caught:
        kubeconfig.connect(Settings(kubeconfig=content), {}, tmp_path)
    assert said in str(caught.value)
    assert "'p'" not in str(caught.value)


def test_without_a_cluster_only_what_needs_it_fails(tmp_path: Path) -> None:
    """A server that does not answer is told when it is needed, not when the provider is configured."""
    found = cluster.connect(Settings(kubeconfig=_config("http://127.0.0.1:9")), {}, tmp_path)
    assert found.api is None
    assert "connection refused" in found.unreachable


@pytest.mark.parametrize(
    "old, new, replaces",
    [
        ({"kubeconfig": _config()}, {"kubeconfig": _config(user={"token": "other"})}, []),
        ({"kubeconfig": _config()}, {"kubeconfig": _config("https://127.0.0.1:7443")}, ["kubeconfig"]),
        ({"kubeconfig": _config()}, {"kubeconfig": UNKNOWN}, ["kubeconfig"]),
        ({"kubeconfig": "a", "clusterIdentifier": "1"}, {"kubeconfig": UNKNOWN, "clusterIdentifier": "1"}, []),
        ({"clusterIdentifier": "1"}, {"clusterIdentifier": "2"}, ["clusterIdentifier"]),
    ],
    ids=["another token", "another server", "not known yet", "same identifier", "another identifier"],
)
def test_which_arguments_mean_another_cluster(old: dict[str, Any], new: dict[str, Any], replaces: list[str]) -> None:
    """Everything in a cluster is replaced when the provider leads to another one, and not when only the way there changes."""
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    assert cluster.replacing_arguments(old, new, changed) == replaces
