"""The pure rooms of the plugin: normal form, shape, property diffs, replacement, names, checkpoints, ownership."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.plugins import values
from sandbox.plugins.kubernetes import checkpoint, difference, naming, normal, ownership, quantity, replacement, shape
from sandbox.plugins.kubernetes.checkpoint import Checkpoint
from sandbox.plugins.values import UNKNOWN, Secret

DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2000m", "2"),
        ("4096Mi", "4Gi"),
        ("1000Mi", "1000Mi"),
        ("0.5", "500m"),
        ("1.5Gi", "1536Mi"),
        ("1000", "1k"),
        ("1e3", "1e3"),
        ("12E", "12E"),
        ("512", "512"),
        ("0", "0"),
        ("-2000m", "-2"),
        (".1", "100m"),
    ],
)
def test_quantities_have_one_text(text: str, expected: str) -> None:
    """A quantity is written as the API server writes it back."""
    assert quantity.canonical(text) == expected
    assert quantity.canonical(expected) == expected


@pytest.mark.parametrize("text", ["", "abc", "1 Gi", "1KiB", "--1", "1.2.3"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    """No text is taken for a quantity that the API server would refuse."""
    with pytest.raises(ValueError, match="quantities must match"):
        quantity.canonical(text)


def test_unknown_fields_and_empty_values_vanish_from_built_in_kinds() -> None:
    """What the Go type does not hold, or omits when empty, makes no difference; pointers and zero ports stay."""
    spec = {
        "replicas": 0,
        "paused": False,
        "nonsense": 1,
        "template": {"spec": {"hostNetwork": False, "automountServiceAccountToken": False}},
    }
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 80, "targetPort": 0, "name": ""}], "selector": {}}}
    assert normal.inputs({**DEPLOYMENT, "spec": spec})["spec"] == {
        "replicas": 0,
        "template": {"spec": {"automountServiceAccountToken": False}},
    }
    assert normal.inputs(service)["spec"] == {"ports": [{"port": 80, "targetPort": 0}]}


@pytest.mark.parametrize(
    "document",
    [
        {**DEPLOYMENT, "spec": {"replicas": "many", "paused": False}},
        {"apiVersion": "example.com/v1", "kind": "Widget", "spec": {"size": "", "nonsense": {}}},
        {**DEPLOYMENT, "spec": {"replicas": UNKNOWN, "nonsense": 1}},
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": 5}, "dta": {}},
    ],
    ids=["wrong type", "custom resource", "unknown value", "number for a string"],
)
def test_what_cannot_be_normalised_stays(document: dict[str, Any]) -> None:
    """An object that is no valid object of a built-in kind is left for the server to judge."""
    assert normal.inputs(copy.deepcopy(document)) == document


def test_string_data_becomes_data() -> None:
    """A Secret's stringData wins over its data, encoded."""
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "b2xk", "b": "eA=="}, "stringData": {"a": "new"}}
    assert normal.inputs(secret) == {"apiVersion": "v1", "kind": "Secret", "data": {"a": "bmV3", "b": "eA=="}}


def test_data_is_encoded_once() -> None:
    """Base64 with line breaks is the same data without; what is no base64 is left for the server to refuse."""
    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "b2\nxk\n", "b": "no base64!"}}
    assert normal.inputs(secret)["data"] == {"a": "b2xk", "b": "no base64!"}


def test_read_only_metadata_is_no_input() -> None:
    """A manifest copied from a cluster brings nothing along that only the server sets."""
    metadata = {"name": "a", "uid": "1", "resourceVersion": "2", "creationTimestamp": "2026-01-01T00:00:00Z"}
    assert normal.inputs({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata})["metadata"] == {"name": "a"}


def test_shape_keeps_what_the_inputs_speak_of() -> None:
    """A live object is cut to the keys and list lengths of its inputs; another type is kept to be seen."""
    live = {"a": {"b": 1, "c": 2}, "l": [{"x": 1, "y": 2}, {"x": 3}], "m": "text", "n": 1}
    assert shape.pruned(live, {"a": {"b": 0}, "l": [{"x": 0}], "m": {}}) == {"a": {"b": 1}, "l": [{"x": 1}], "m": "text"}


def _diff(old: Any, new: Any, patterns: Any = ()) -> dict[str, str]:
    return {difference.written(path): found.change.name for path, found in difference.between(old, new, patterns).items()}


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ({"a": 1}, {"a": 1.0}, {}),
        ({"a": True}, {"a": 1}, {"a": "UPDATE"}),
        ({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a.b": "UPDATE", "a.c": "ADD"}),
        ({"a": {"b": 1}}, {}, {"a": "DELETE"}),
        ({"a": {"b": 1}}, {"a": {}}, {"a.b": "DELETE"}),
        ({"l": [1, 2]}, {"l": [1]}, {"l[1]": "DELETE"}),
        ({"l": [1]}, {"l": [2, 3]}, {"l[0]": "UPDATE", "l[1]": "ADD"}),
        ({"l": [{"a": 1, "b": 2}]}, {"l": [{"a": 1}]}, {"l[0].b": "DELETE"}),
        ({"l": [{"a": 1}]}, {"l": [{"a": 1, "b": {"c": 1}}]}, {"l[0].b": "ADD"}),
        ({"a": "x"}, {"a": UNKNOWN}, {"a": "UPDATE"}),
        ({}, {"a": UNKNOWN}, {"a": "ADD"}),
        ({"l": ["x", "y"]}, {"l": ["x", UNKNOWN]}, {"l[1]": "UPDATE"}),
        ({"a": {"b.c/d": "1"}}, {"a": {"b.c/d": "2"}}, {'a["b.c/d"]': "UPDATE"}),
        ({"a": "x"}, {"a": {"b": 1}}, {"a": "UPDATE"}),
    ],
)
def test_property_diffs(old: Any, new: Any, expected: dict[str, str]) -> None:
    """Each changed property is told at its own path, elements of lists by position."""
    assert _diff(old, new) == expected


def test_replacing_properties() -> None:
    """A property replaces when it, something above it or something in its value is immutable."""
    pod = {"apiVersion": "v1", "kind": "Pod"}
    patterns = replacement.patterns(pod, config_map_mutable=False, secret_mutable=False)
    old = {"metadata": {"name": "a", "labels": {"x": "1"}}, "spec": {"containers": [{"image": "a"}], "nodeName": "n"}}
    new = {"metadata": {"name": "b", "labels": {"x": "2"}}, "spec": {"containers": [{"image": "b"}]}}
    assert _diff(old, new, patterns) == {
        "metadata.name": "UPDATE_REPLACE",
        "metadata.labels.x": "UPDATE",
        "spec.containers[0].image": "UPDATE_REPLACE",
        "spec.nodeName": "DELETE_REPLACE",
    }
    assert _diff({}, {"spec": {"nodeName": "n"}}, patterns) == {"spec": "ADD_REPLACE"}


@pytest.mark.parametrize(
    "extra, mutable, expected",
    [({}, False, "UPDATE_REPLACE"), ({}, True, "UPDATE"), ({"immutable": True}, True, "UPDATE_REPLACE")],
)
@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_data_replaces_unless_mutable(kind: str, extra: dict[str, Any], mutable: bool, expected: str) -> None:  # noqa: FBT001 - a table's column
    """Changed data replaces a ConfigMap or Secret unless the provider holds it mutable and the object is not immutable."""
    obj = {"apiVersion": "v1", "kind": kind, **extra}
    patterns = replacement.patterns(obj, config_map_mutable=mutable, secret_mutable=mutable)
    assert _diff({"data": {"k": "1"}}, {"data": {"k": "2"}}, patterns) == {"data.k": expected}


@given(st.lists(st.one_of(st.integers(0, 99), st.text('abc./"[]-', min_size=1)), min_size=1).filter(lambda path: isinstance(path[0], str)))
def test_paths_are_read_as_they_are_written(path: list[str | int]) -> None:
    """A written path parses to the same steps, whatever the keys hold."""
    assert difference.parse(difference.written(tuple(path))) == tuple(path)


def test_ignored_paths_cover_what_lies_below() -> None:
    """An ignored path silences itself, its inside and, with a star, every element."""
    changes = difference.between({"a": {"b": 1}, "l": [{"x": 1}]}, {"a": {"b": 2}, "l": [{"x": 2}], "c": 1}, ())
    left = difference.without(changes, ["a", "l[*].x"])
    assert list(left) == [("c",)]


def test_generated_names() -> None:
    """A name is generated once, the same for preview and update, and adopted by later inputs."""
    named = naming.generated({"metadata": {}}, "web", b"seed", ("", naming.Mode.PROPOSE))
    assert named == naming.generated({"metadata": {}}, "web", b"seed", ("", naming.Mode.PROPOSE))
    assert named["metadata"]["name"].startswith("web-")
    assert naming.adopted({"metadata": {}}, named) == named
    assert naming.adopted({"metadata": {"name": "own"}}, named) == {"metadata": {"name": "own"}}
    assert naming.generated({"metadata": {"name": UNKNOWN}}, "web", b"", ("", naming.Mode.PROPOSE)) == {"metadata": {"name": UNKNOWN}}
    with pytest.raises(ValueError, match="autonaming is disabled"):
        naming.generated({}, "web", b"", ("", naming.Mode.DISABLE))


def test_secrets_stay_secret() -> None:
    """All data of a Secret, and whatever the program marked, is secret in the state: in the live object and in the inputs."""
    live = {"kind": "Secret", "data": {"p": "eA=="}, "metadata": {"annotations": {"a": "b"}}}
    given_by_program = {"data": {"p": "eA=="}, "metadata": {"annotations": {"a": Secret("b")}}}
    state = checkpoint.write(Checkpoint(live, live, "v1", "m"), given_by_program)
    for part in (state, state["__inputs"]):
        assert part["data"] == Secret({"p": "eA=="})
        assert part["metadata"]["annotations"]["a"] == Secret("b")
    assert checkpoint.read(state) == Checkpoint(live, live, "v1", "m")


def test_a_list_with_one_secret_is_secret_as_a_whole() -> None:
    """The order of a list may change, so no element of it is shown."""
    assert values.mark_secrets({"l": ["a", "b"]}, {"l": [Secret("a"), "b"]}) == {"l": Secret(["a", "b"])}


def _entry(manager: str, operation: str, fields: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


def test_kubectl_and_our_own_creates_are_taken_over() -> None:
    """What kubectl patched and what our create set becomes ours before an apply; a subresource's and a controller's fields do not."""
    found = ownership.taken_over(
        {
            "metadata": {
                "managedFields": [
                    _entry("pulumi-kubernetes", "Update", {"f:data": {".": {}, "f:a": {}}}),
                    _entry("kubectl-patch", "Update", {"f:data": {"f:b": {}}}),
                    _entry("kubectl", "Update", {"f:spec": {}}, subresource="scale"),
                    _entry("kube-controller-manager", "Update", {"f:status": {}}),
                ]
            }
        },
        "ours",
    )
    assert found is not None
    assert [entry["manager"] for entry in found] == ["kubectl", "kube-controller-manager", "ours"]
    assert found[-1]["fieldsV1"] == {"f:data": {".": {}, "f:a": {}, "f:b": {}}}


def test_union_of_field_sets_keeps_membership() -> None:
    """A set whose own node is a member stays one when members below it are added."""
    assert ownership.union({"f:a": {}}, {"f:a": {"f:b": {}}}) == {"f:a": {".": {}, "f:b": {}}}


def test_ignored_properties_in_an_apply() -> None:
    """A property that others manage is left out of the apply; one that is ours keeps its live value."""
    live = {
        "spec": {"replicas": 5, "paused": True},
        "metadata": {
            "managedFields": [
                _entry("hpa", "Update", {"f:spec": {"f:replicas": {}}}),
                _entry("ours", "Apply", {"f:spec": {"f:paused": {}}}),
            ]
        },
    }
    wanted = {"spec": {"replicas": 2, "paused": False}}
    assert ownership.without_ignored(wanted, live, "ours", ["spec.replicas", "spec.paused"]) == {"spec": {"paused": True}}
