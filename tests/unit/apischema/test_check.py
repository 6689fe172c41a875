"""Objects against the API of their cluster: right ones pass, and each mistake is one finding at its place."""

from __future__ import annotations

from typing import Any

import pytest

from tests import manifests
from tests.manifests import WRONG, Wrong
from transom.apischema import packs
from transom.apischema.check import Library, check, library
from transom.apischema.findings import Finding

NEWEST = packs.versions()[0]


@pytest.fixture(scope="module")
def by() -> Library:
    """The newest version, with the definition of the custom resource."""
    return library("", [manifests.definition()])


def _told(data: dict[str, Any], by: Library) -> list[Finding]:
    """Mistakes, without what is told as a warning."""
    return [finding for finding in check(data, by) if not finding.doubtful]


@pytest.mark.parametrize("data", [*manifests.right(), *manifests.custom()], ids=lambda data: f"{data['kind']}-{data['metadata']['name']}")
def test_right_manifests_pass(data: dict[str, Any], by: Library) -> None:
    """What an API server takes is not refused: the sandbox's test holds that it does take these."""
    assert _told(data, by) == []


@pytest.mark.parametrize("version", packs.versions())
def test_right_manifests_pass_in_every_version(version: str) -> None:
    """Older versions lack whole kinds and single fields; nothing else of what is right today is wrong there."""
    old = library(version)
    told = [finding for data in manifests.right() for finding in _told(data, old)]
    assert [finding for finding in told if finding.reason not in ("UnknownKind", "UnknownField", "UnknownVersion")] == []
    assert len(told) <= (0 if version == NEWEST else 5), told


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_mistake_is_told_once_at_its_place(wrong: Wrong, by: Library) -> None:
    """One change that a server refuses is one finding, at the value to mend, in words that say what to do."""
    (finding,) = _told(wrong.manifest, by)
    place = manifests.path(wrong.told or wrong.at)
    if wrong.told == "metadata/labels/a/b/c":
        place = ("metadata", "labels", "a/b/c")
    assert (finding.path, finding.reason) == (place, wrong.reason), f"{finding.message}; {finding.hint}"
    assert wrong.words in f"{finding.message}; {finding.hint}"


@pytest.mark.parametrize(
    "api_version, kind, reason, words",
    [
        ("extensions/v1beta1", "Ingress", "RemovedVersion", "removed in Kubernetes 1.22; write apiVersion: networking.k8s.io/v1"),
        ("policy/v1beta1", "PodSecurityPolicy", "RemovedVersion", "removed in Kubernetes 1.25; label the namespace"),
        ("batch/v1beta1", "CronJob", "RemovedVersion", "write apiVersion: batch/v1"),
        ("apps/v2", "Deployment", "UnknownVersion", "write apiVersion: apps/v1"),
        ("v1", "Deployment", "UnknownVersion", "write apiVersion: apps/v1"),
        ("app/v1", "Deployment", "UnknownVersion", "write apiVersion: apps/v1"),
        ("networking.k8s.io/v1", "Service", "UnknownVersion", "write apiVersion: v1"),
        ("netwroking.k8s.io/v1", "Ingress", "UnknownVersion", "write apiVersion: networking.k8s.io/v1"),
        ("apps/v1", "deployment", "UnknownKind", "did you mean Deployment"),
        ("apps/v1", "Deploymnet", "UnknownKind", "did you mean Deployment"),
        ("v1", "Configmap", "UnknownKind", "did you mean ConfigMap"),
        ("conformity.example.com/v2", "Gizmo", "UnknownVersion", "write apiVersion: conformity.example.com/v1"),
        ("conformity.example.com/v0", "Gizmo", "UnknownVersion", "write apiVersion: conformity.example.com/v1"),
        ("conformity.example.com/v1", "Gizmos", "UnknownKind", "did you mean Gizmo?"),
    ],
)
def test_kinds_that_nobody_has(api_version: str, kind: str, reason: str, words: str, by: Library) -> None:
    """A kind that the cluster does not have is told with the one that was meant."""
    (finding,) = _told({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}}, by)
    assert finding.reason == reason
    assert words in f"{finding.message}; {finding.hint}"


@pytest.mark.parametrize(
    "api_version, kind, reason",
    [
        ("example.com/v1", "Widget", "UnknownDefinition"),
        ("argoproj.io/v1", "Rollout", "UnknownVersion"),
        ("argoproj.io/v1alpha1", "Something", "UnknownKind"),
        ("external-secrets.io/v1beta1", "ExternalSecret", "DeprecatedVersion"),
        ("resource.k8s.io/v1beta1", "ResourceClaim", "DeprecatedVersion"),
        ("conformity.example.com/v1alpha1", "Gizmo", "DeprecatedVersion"),
    ],
)
def test_kinds_that_a_cluster_may_have(api_version: str, kind: str, reason: str, by: Library) -> None:
    """What cannot be known without the cluster is a warning, never a mistake."""
    found = list(check({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, "spec": {}}, by))
    assert reason in [finding.reason for finding in found]
    assert all(finding.doubtful for finding in found if finding.reason != "MissingField")


def test_well_known_custom_resources(by: Library) -> None:
    """A Rollout is held to its definition; a slip of the pen is a mistake, a field that a newer version may have is a warning."""
    rollout = {**manifests.named("Deployment/least"), "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
    rollout["spec"] = {
        **rollout["spec"],
        "strategy": {"canary": {"steps": [{"setWeight": "20"}, {"pause": {}}], "stpes": [], "brandNew": 1}},
    }
    found = {finding.path[3:]: (finding.reason, finding.doubtful) for finding in check(rollout, by)}
    assert found == {
        ("steps", 0, "setWeight"): ("WrongType", False),
        ("stpes",): ("UnknownField", True),  # steps is there already, so that it is not a misspelling of it for certain
        ("brandNew",): ("UnknownField", True),
    }


def test_another_version_of_kubernetes() -> None:
    """Where the schemas are of a near version only, what they do not know is a warning; what they know is held to."""
    far = library("1.29")
    assert far.version == "1.29"
    data = {
        **manifests.named("Deployment/least"),
        "spec": {**manifests.named("Deployment/least")["spec"], "fromTheFuture": 1, "replicas": "1"},
    }
    assert {(finding.path[-1], finding.doubtful) for finding in check(data, far)} == {("fromTheFuture", True), ("replicas", False)}
    (finding,) = check({"apiVersion": "apps/v2", "kind": "Deployment", "metadata": {"name": "x"}}, far)
    assert finding.doubtful


def test_status_is_not_missed(by: Library) -> None:
    """What controllers write may be there, whole or in part; nobody has to write it."""
    data = {**manifests.named("Deployment/least"), "status": {"replicas": 1, "conditions": [{"type": "Available"}]}}
    assert _told(data, by) == []
    assert [finding.reason for finding in _told({**data, "status": {"replica": 1}}, by)] == ["UnknownField"]
    assert _told({**manifests.custom()[1], "status": {"phase": 1, "other": []}}, by) == []


def test_no_secret_is_printed(by: Library) -> None:
    """What may be a secret is not repeated in a message."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "data": {"a": "hunter2!"}, "stringData": {"b": 31337}}
    said = " ".join(f"{finding.message} {finding.hint}" for finding in check(secret, by))
    assert "data.a" in said
    assert "hunter2" not in said
    assert "31337" not in said


@pytest.mark.parametrize("version", ["v1.34.2-eks-1234", "1.34", "1.34.0"])
def test_versions_as_people_write_them(version: str) -> None:
    """Patch and build do not matter."""
    assert library(version).version == "1.34"
