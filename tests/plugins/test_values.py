"""Property values on their way to the engine and back."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from sandbox.plugins import values
from sandbox.plugins.values import UNKNOWN, Archive, Asset, Secret

SIGNATURE = "4dabf18193072939515e22adb298388d"
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text() | st.just(UNKNOWN),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.builds(Secret, inner),
)


@given(st.dictionaries(st.text(), PLAIN))
def test_values_survive_the_way(properties: dict[str, Any]) -> None:
    """Whatever is encoded is decoded to the same, secrets and unknowns marked."""
    assert values.decode(values.encode(properties)) == properties


def test_assets_survive_the_way() -> None:
    """Files come back as they were given."""
    given_files = {"a": Asset(text="x"), "b": Archive(assets={"f": Asset(path="/p")}), "c": Asset(uri="https://x", hash="h")}
    assert values.decode(values.encode(given_files)) == given_files


@pytest.mark.parametrize(
    "wire, expected",
    [
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": 1}, 1),
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}, UNKNOWN),
        ({SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": 1, "secret": True}, Secret(1)),
        ({SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "u", "id": "i"}, "i"),
        ({SIGNATURE: "5cf8f73096256a8f31e491e813e4eb8e", "urn": "u"}, "u"),
    ],
)
def test_outputs_and_references(wire: dict[str, Any], expected: Any) -> None:
    """An output is its value, secret or unknown; a reference is the resource's id, else its URN."""
    struct = struct_pb2.Struct()
    struct.update({"p": wire})
    assert values.decode(struct) == {"p": expected}


def test_unknown_signatures_are_refused() -> None:
    """A value nobody understands is an error, not a mapping."""
    struct = struct_pb2.Struct()
    struct.update({"p": {SIGNATURE: "new"}})
    with pytest.raises(ValueError, match="signature 'new'"):
        values.decode(struct)
    with pytest.raises(TypeError, match="set is no property value"):
        values.encode({"p": {1}})


def test_secrets_are_not_shown() -> None:
    """A secret that ends up in a message shows nothing."""
    assert "hush" not in repr({"p": Secret("hush")})


def test_looking_inside() -> None:
    """Secrets and unknowns are found at any depth, revealed at any depth, and marked again where they were."""
    deep = {"a": [{"b": Secret({"c": UNKNOWN})}]}
    assert values.has_secret(deep)
    assert values.has_unknown(deep)
    assert values.reveal(deep) == {"a": [{"b": {"c": UNKNOWN}}]}
    assert values.mark_secrets({"x": {"y": 1, "z": 2}}, {"x": {"y": Secret(1)}}) == {"x": {"y": Secret(1), "z": 2}}
    assert values.without_nulls({"a": None, "b": [None, {"c": None}], "d": Secret({"e": None})}) == {"b": [None, {}], "d": Secret({})}
