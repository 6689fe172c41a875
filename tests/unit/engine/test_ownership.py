"""Who holds which field: the API server's book against what was applied."""

from __future__ import annotations

from typing import Any

import pytest

from transom.engine import values
from transom.engine.ownership import holds

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SECRET = "kubernetes:core/v1:Secret"
INPUTS = {
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "replicas": 2,
        "template": {"spec": {"containers": [{"name": "side", "image": "s:1"}, {"name": "web", "image": "w:1", "env": [{"name": "A"}]}]}},
    },
}
LIVE: dict[str, Any] = {
    "__fieldManager": "pulumi-kubernetes-1a2b",
    "metadata": {"name": "web", "labels": {"app": "web", "by": "hand"}, "finalizers": ["example.com/wait"]},
    "spec": {
        "replicas": 5,
        "paused": True,
        "template": {
            "spec": {
                "containers": [
                    {"name": "side", "image": "s:1"},
                    {"name": "web", "image": "w:2", "env": [{"name": "A"}, {"name": "DEBUG", "value": "1"}]},
                ]
            }
        },
    },
    "status": {"replicas": 5},
}
CONTAINERS = "f:spec", "f:template", "f:spec", "f:containers", 'k:{"name":"web"}'


def trie(*words: str, leaf: Any = None) -> dict[str, Any]:
    """A set with one field."""
    tree: dict[str, Any] = leaf or {}
    for word in reversed(words):
        tree = {word: tree}
    return tree


def held(fields: dict[str, Any], manager: str = "kubectl-edit", **more: Any) -> list[tuple[str, bool, Any]]:
    """Path, declared and live value of each hold of one entry."""
    return told(DEPLOYMENT, INPUTS, LIVE, {"manager": manager, "operation": "Update", "fieldsV1": fields, **more})


def told(type_token: str, inputs: Any, live: Any, *entries: dict[str, Any]) -> list[tuple[str, bool, Any]]:
    """The same for any object and entries."""
    whole = {**live, "metadata": {**live["metadata"], "managedFields": list(entries)}}
    return [(hold.path, hold.declared, hold.live) for hold in holds(type_token, inputs, whole)]


@pytest.mark.parametrize(
    "fields, expected, why",
    [
        (trie("f:spec", "f:replicas"), [("spec.replicas", True, None)], "declared, and changed by somebody"),
        (trie("f:spec", "f:paused"), [("spec.paused", False, True)], "a changed default"),
        (trie("f:metadata", "f:labels", "f:by"), [("metadata.labels.by", False, "hand")], "a label among ours"),
        (
            trie(*CONTAINERS, "f:env", 'k:{"name":"DEBUG"}', leaf={".": {}, "f:name": {}, "f:value": {}}),
            [("spec.template.spec.containers[1].env[1]", False, {"name": "DEBUG", "value": "1"})],
            "an element that nobody declared is told once",
        ),
        (trie(*CONTAINERS, "f:image"), [("spec.template.spec.containers[1].image", True, None)], "found by its name, not by its position"),
        (trie("f:metadata", "f:finalizers", 'v:"example.com/wait"'), [("metadata.finalizers[0]", False, "example.com/wait")], "a set"),
        (trie("f:metadata", "f:labels", "f:gone"), [], "a field that is there no more"),
        (trie("f:metadata", "f:name"), [], "what makes it the object that it is"),
        (trie("f:status", "f:replicas"), [], "status is nobody's wish"),
        ({".": {}}, [], "a node alone"),
        ({"f:spec": {"k:not json": {}}}, [], "a book that cannot be read"),
    ],
)
def test_fields(fields: dict[str, Any], expected: list[Any], why: str) -> None:
    """Each way in which the book names a field leads to its path, and says whether it was declared."""
    assert held(fields) == expected, why


def test_our_own_hands_are_nobody_elses() -> None:
    """What the plugin holds, under its name of this object or the one it creates under, is not told; nor is what goes through status."""
    fields = trie("f:spec", "f:paused")
    assert held(fields, "pulumi-kubernetes-1a2b") == []
    assert held(fields, "pulumi-kubernetes") == []
    assert held(fields, "kubectl-edit", subresource="status") == []
    assert held(fields, "pulumi-kubernetes-ffff") == [("spec.paused", False, True)], "another resource's hand"
    assert held(fields, "kubectl", subresource="scale") == [("spec.paused", False, True)]


def test_a_secret_is_never_told() -> None:
    """A key that somebody added to a Secret is told without its value; one that we hold is ours."""
    live = {"__fieldManager": "pulumi-x", "metadata": {"name": "s"}, "data": values.BLINDED}
    ours = {"manager": "pulumi-x", "operation": "Apply", "fieldsV1": trie("f:data", "f:password")}
    theirs = {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:data": {"f:password": {}, "f:more": {}}}}
    assert told(SECRET, {"data": values.BLINDED}, live, ours, theirs) == [
        ("data.more", False, values.BLINDED),
        ("data.password", True, None),
    ]


def test_a_secret_variable_is_masked() -> None:
    """An environment variable whose name says that it is one is told without its value."""
    live = {"metadata": {"name": "w"}, "spec": {"env": [{"name": "DATABASE_PASSWORD", "value": "abc"}]}}
    entry = {"manager": "kubectl-set", "operation": "Update", "fieldsV1": trie("f:spec", "f:env", 'k:{"name":"DATABASE_PASSWORD"}')}
    [(_, _, value)] = told("kubernetes:core/v1:Pod", {}, live, entry)
    assert "abc" not in str(value)


def test_what_was_added_to_a_map_that_is_held_as_a_whole() -> None:
    """Kubernetes takes a label selector as one field: what somebody added to a declared one is told, and what was declared is not."""
    live = {"metadata": {"name": "n"}, "spec": {"podSelector": {"matchLabels": {"app": "web", "more": "x"}, "matchExpressions": []}}}
    inputs = {"spec": {"podSelector": {"matchLabels": {"app": "web"}}}}
    entry = {"manager": "kubectl-patch", "operation": "Update", "fieldsV1": trie("f:spec", "f:podSelector")}
    found = told("kubernetes:networking.k8s.io/v1:NetworkPolicy", inputs, live, entry)
    assert [path for path, declared, _ in found if not declared] == [
        "spec.podSelector.matchExpressions",
        "spec.podSelector.matchLabels.more",
    ]


def test_of_aws_nothing_is_known() -> None:
    """Only Kubernetes keeps such a book."""
    entry = {"manager": "x", "operation": "Update", "fieldsV1": trie("f:spec", "f:paused")}
    assert told("aws:s3/bucket:Bucket", INPUTS, LIVE, entry) == []
