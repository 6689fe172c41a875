"""The verdicts on manifests against the truth: a real API server, asked by server-side dry runs with strict field validation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import lifecycle
from sandbox.apidata import __main__ as apidata
from sandbox.apidata import origins
from sandbox.apiserver import ApiServer
from tests import manifests
from tests.conftest import RunningSandbox
from tests.judge import NAMESPACE, Judge, mutations
from tests.manifests import WRONG, Wrong
from transom.apischema import packs
from transom.apischema.check import Library, check, library

pytestmark = pytest.mark.sandbox

_WRAPPED = (" much", " more")
"""Numbers that do not fit their field: the server's way from JSON wraps them round, so that some are taken as others than were written."""
_KNOWN = frozenset(
    {
        "spec.ports.0.nodePort less",  # a dry run allocates no port, and so does not look at it
        "spec.template.spec.containers.0.ports.1.protocol null",  # taken as a port of its own, and then defaulted to the same
        "spec.jobTemplate.metadata.labels.app a word",  # taken, and then no job can be made of it
        "spec.jobTemplate.metadata.labels.app long",
    }
)
"""Mutations that the server takes and we refuse, each for its reason."""
_MOST_MISSED = 0.06
"""Of what the server refuses, the share that may pass here: what only a running server can know, and rare rules that are not told."""


@pytest.fixture(scope="module")
def judge(sandbox: RunningSandbox) -> Iterator[Judge]:
    """The sandbox's API server, with the namespace and the definition that the manifests need."""
    server = lifecycle.cluster_of(sandbox.root, "dev").client()
    server.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    server.create(path, manifests.definition())
    while not _knows_gizmos(server):
        time.sleep(0.1)
    found = Judge(server)
    yield found
    found.close()


def _knows_gizmos(server: ApiServer) -> bool:
    try:
        return server.get(f"/apis/conformity.example.com/v1/namespaces/{NAMESPACE}/gizmos") is not None
    except OSError:
        return False  # the server says so while it makes room for a new kind


@pytest.fixture(scope="module")
def by() -> Library:
    """The newest version that is kept, which is the sandbox's."""
    return library("", [manifests.definition()])


def _refused(data: dict[str, Any], by: Library) -> bool:
    return any(not finding.doubtful for finding in check(data, by))


@pytest.mark.parametrize("data", [*manifests.right(), *manifests.custom()], ids=lambda data: f"{data['kind']}-{data['metadata']['name']}")
def test_right_manifests_are_taken(data: dict[str, Any], judge: Judge) -> None:
    """What the unit tests call right is taken by the server."""
    assert judge.verdict(data) == ""


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_wrong_manifests_are_refused(wrong: Wrong, judge: Judge) -> None:
    """What the unit tests call wrong is refused by the server."""
    assert judge.verdict(wrong.manifest) != ""


def test_one_change_anywhere(judge: Judge, by: Library) -> None:
    """Thousands of changes of right manifests: nothing that the server takes is refused here, and little that it refuses passes."""
    false, missed, refused = [], [], 0
    for data in (*manifests.right(), *manifests.custom()):
        for name, mutant in mutations(data):
            ours, theirs = _refused(mutant, by), judge.verdict(mutant)
            refused += bool(theirs)
            if ours and not theirs and not name.endswith(_WRAPPED) and name not in _KNOWN:
                false.append(f"{data['kind']}/{data['metadata']['name']} {name}: {[str(one) for one in check(mutant, by)]}")
            if theirs and not ours:
                missed.append(f"{data['kind']}/{data['metadata']['name']} {name}: {theirs[:200]}")
    assert false == []
    assert len(missed) <= _MOST_MISSED * refused, "\n".join(missed)


def test_the_newest_schemas_are_the_servers(sandbox: RunningSandbox) -> None:
    """The kept file is what the running server says today: same kinds, same nodes."""
    found = apidata.kubernetes(origins.of_server(lifecycle.cluster_of(sandbox.root, "dev").client()))
    assert packs.text(found) == packs.text(packs.kubernetes(packs.minor(found.about.split()[1].rstrip(":"))))
