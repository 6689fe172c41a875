"""Masking: a secret that the engine marks is seen nowhere."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transom.changes import COMPUTED, SECRET_AFTER, SECRET_BEFORE, DiffKind
from transom.engine import properties, values
from transom.engine.properties import Detail, Sides

HIDDEN = "hunter2-and-more"
SECRET = {values.SIGNATURE: values.SECRET, "ciphertext": HIDDEN}
PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
KEYS = st.text(max_size=6)
TREES = st.recursive(
    PLAIN | st.just(SECRET), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
OBJECTS = st.dictionaries(KEYS, TREES, max_size=5)


@given(TREES)
def test_clean_hides_marked_secrets(tree):
    """At any depth, in lists and objects."""
    assert HIDDEN not in json.dumps(values.clean(tree, "***"))


@given(OBJECTS, OBJECTS, OBJECTS, OBJECTS, st.booleans())
def test_no_difference_shows_a_secret(old_inputs, old_outputs, new_inputs, new_outputs, detailed):
    """Whatever the plugin says differs, in whatever way, neither side of a secret is in the result."""
    paths = [path for path, _ in values.diff(old_inputs, new_inputs)]
    details = {properties.show(path): Detail(DiffKind.UPDATE) for path in paths if path} if detailed else {}
    sides = Sides(
        type="t",
        old_inputs=old_inputs,
        old_outputs=old_outputs,
        new_inputs=new_inputs,
        new_outputs=new_outputs,
        details=details,
        keys=() if detailed else tuple(sorted(old_inputs.keys() | new_inputs.keys())),
    )
    for told in (properties.planned(sides), properties.drifted(sides)):
        assert HIDDEN not in json.dumps([change.model_dump(mode="json") for change in told])


@pytest.mark.parametrize("before, after", [(SECRET, "plain-now"), ("plain-before", SECRET), ("plain-before", "[secret]")])
@pytest.mark.parametrize("tree", ["inputs", "outputs"])
def test_becoming_a_secret_masks_both_sides(before, after, tree: str):
    """A value that is a secret on one side only is shown on neither: the plain side is the old password."""
    sides = Sides(
        type="t", **{f"old_{tree}": {"token_": before}, f"new_{tree}": {"token_": after}}, details={"token_": Detail(DiffKind.UPDATE)}
    )
    (change,) = properties.planned(sides)
    assert (change.before, change.after) == (SECRET_BEFORE, SECRET_AFTER)


@pytest.mark.parametrize(
    "before, after, path",
    [
        ({"db": {"user": "u", "pin": "plain"}}, {"db": {"user": "u", "pin": SECRET}}, "db"),
        ({"db": {"user": "u", "pin": SECRET}}, {"db": {"user": "u", "pin": "plain"}}, "db"),
        ({"env": [{"name": "A", "value": "plain"}]}, {"env": [{"name": "B", "value": "b"}, {"name": "A", "value": SECRET}]}, "env"),
        (
            {"env": [{"name": "A", "value": "plain"}]},
            {"env": [{"name": "B", "value": "b"}, {"name": "A", "value": SECRET}]},
            "env[0].value",
        ),
        ({"list": ["plain"]}, {"list": ["x", SECRET]}, "list"),
        ({"deep": [[{"pin": "plain"}]]}, {"deep": [[{"pin": SECRET}], []]}, "deep"),
    ],
)
def test_a_value_that_became_a_secret_is_shown_nowhere(before, after, path: str):
    """Not inside a larger value that changed, and not where it moved to another place of a list."""
    sides = Sides(type="t", old_outputs=before, new_inputs=after, details={path: Detail(DiffKind.UPDATE)})
    assert "plain" not in json.dumps([change.model_dump(mode="json") for change in properties.planned(sides)])


def test_the_neighbours_of_a_secret_are_shown():
    """Only what is a secret is hidden: elements with other names, and other fields of the same object, stay readable."""
    before = {"env": [{"name": "A", "value": "old"}, {"name": "B", "value": "b"}]}
    after = {"env": [{"name": "B", "value": "c"}, {"name": "A", "value": SECRET}, {"name": "C", "value": "d"}]}
    (change,) = properties.planned(Sides(type="t", old_inputs=before, new_inputs=after, details={"env": Detail(DiffKind.UPDATE)}))
    assert change.before == [{"name": "A", "value": SECRET_BEFORE}, {"name": "B", "value": "b"}]
    assert change.after == [{"name": "B", "value": "c"}, {"name": "A", "value": SECRET_AFTER}, {"name": "C", "value": "d"}]


def test_inside_a_secret():
    """A path that leads into a secret is a secret."""
    sides = Sides(type="t", old_inputs={"data": SECRET}, new_inputs={"data": {"k": "plain"}}, details={"data.k": Detail(DiffKind.ADD)})
    (change,) = properties.planned(sides)
    assert (change.before, change.after) == (None, SECRET_AFTER)


def test_kubernetes_secret_data():
    """A Secret's data is secret also where nobody marked it."""
    sides = Sides(type="kubernetes:core/v1:Secret", old_inputs={"data": {"k": "old"}}, new_inputs={"data": {"k": "new"}})
    (change,) = properties.planned(sides)
    assert (change.path, change.before, change.after) == ("data.k", SECRET_BEFORE, SECRET_AFTER)


def test_named_like_a_secret():
    """A property called a password is one, and a container's variable of such a name too."""
    sides = Sides(type="t", old_inputs={"password": "a"}, new_inputs={"password": "b"})
    (change,) = properties.planned(sides)
    assert (change.before, change.after) == (SECRET_BEFORE, SECRET_AFTER)
    cleaned = values.clean([{"name": "DB_PASSWORD", "value": HIDDEN}, {"name": "PORT", "value": "1"}], "***")
    assert cleaned == [{"name": "DB_PASSWORD", "value": "***"}, {"name": "PORT", "value": "1"}]


@pytest.mark.parametrize(
    "value, shown",
    [
        ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", COMPUTED),
        ({values.SIGNATURE: values.OUTPUT}, COMPUTED),
        ({values.SIGNATURE: values.OUTPUT, "value": 1}, 1),
        ({values.SIGNATURE: values.OUTPUT, "value": 1, "secret": True}, "***"),
        ({values.SIGNATURE: values.RESOURCE, "urn": "u"}, "u"),
        ({values.SIGNATURE: values.ASSET, "path": "a.txt"}, "<asset a.txt>"),
        ({values.SIGNATURE: values.ARCHIVE, "hash": "0123456789abcdef"}, "<archive sha256:0123456789ab>"),
        ({values.SIGNATURE: "of a newer engine", "value": "x"}, "***"),
        ({"a": 1, "__defaults": []}, {"a": 1}),
    ],
)
def test_marks(value, shown):
    """The engine's marks become what a person understands; a mark that is not known is hidden rather than shown."""
    assert values.clean(value, "***") == shown


def test_diff():
    """Leaf by leaf where the shape is the same, as a whole where it is not; bookkeeping is no difference."""
    before = {"a": 1, "b": [1, 2], "c": [1], "d": {"e": 1, "__x": 1}, "gone": 1}
    after = {"a": 1, "b": [1, 3], "c": [1, 2], "d": {"e": 2, "__x": 2}, "new": 1}
    assert list(values.diff(before, after)) == [
        (("b", 1), DiffKind.UPDATE),
        (("c",), DiffKind.UPDATE),
        (("d", "e"), DiffKind.UPDATE),
        (("gone",), DiffKind.DELETE),
        (("new",), DiffKind.ADD),
    ]


@given(OBJECTS)
def test_nothing_differs_from_itself(tree):
    """No difference is made up."""
    assert not list(values.diff(tree, tree))
