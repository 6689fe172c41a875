"""Entries agree with the real provider's schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.plugins.aws import check, schema
from sandbox.plugins.aws.catalog import ENTRIES
from sandbox.plugins.aws.entry import Entry
from sandbox.plugins.aws.invokes import INVOKES

HERE = Path(__file__).parent
TERRAFORM = json.loads((HERE / "terraform.json").read_text()) | json.loads((HERE / "read.json").read_text())
EACH = pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.terraform)


@pytest.mark.filterwarnings(r"ignore:.*has been deprecated in favor of:DeprecationWarning")
def test_schema_file_is_fresh() -> None:
    """`schema.json` is what its generator makes of the real schema and the SDK."""
    from tests.plugins.aws.derive import TARGET, derived

    assert json.loads(TARGET.read_text()) == derived()


@EACH
def test_paths_exist(entry: Entry) -> None:
    """Every property that an entry names exists in the schema, is an input where it is named as one, and is none twice."""
    properties = schema.resource(entry.pulumi)
    assert len(set(entry.inputs)) == len(entry.inputs)
    for name in entry.inputs:
        assert properties[name].given, name
    for path in (*entry.replaces, *entry.refused, *entry.json, *entry.checks, *entry.same, *entry.computed):
        assert _found(properties, path), path
    for name in (*entry.kept, *entry.defaults, *entry.replaces_if, *entry.replaces):
        assert name.split(".")[0] in entry.inputs, name


@EACH
def test_required_inputs_are_implemented(entry: Entry) -> None:
    """What the real provider requires can be given, and is missed when it is not."""
    properties = schema.resource(entry.pulumi)
    required = {name for name, prop in properties.items() if prop.required}
    assert required <= set(entry.inputs)
    failures = {each.property for each in check.check(entry, {}, {}, check.Naming("it")).failures}
    named = {entry.autoname.property} if entry.autoname else set()
    assert required - named <= failures


@EACH
def test_flags_are_the_real_ones(entry: Entry) -> None:
    """Required, computed and sensitive are what Terraform's schema says, under the names of the Pulumi SDK."""
    properties = {_snake(name): prop for name, prop in schema.resource(entry.pulumi).items()}
    for name, (flags, _) in TERRAFORM[entry.terraform]["attributes"].items():
        prop = properties.get(name) or properties.get(f"{name}s") or properties.get(f"{name[:-1]}ies") or properties.get(f"{name}_")
        if prop is None:
            assert name in ABSENT.get(entry.terraform, {"id"}) | {"id"}, name
            continue
        assert prop.required == ("r" in flags), name
        assert prop.sensitive == ("s" in flags), name
        if name not in NOT_GIVEN:
            assert prop.computed == ("c" in flags), name


# Not in the SDK of 7.51, which is a later provider's, or under another name there.
ABSENT = {
    "aws_s3_bucket": {"region"},
    "aws_sns_topic_subscription": {"topic_arn"},
    "aws_eip": {"vpc"},
    "aws_flow_log": {"log_group_name"},
    "aws_eks_addon": {"resolve_conflicts"},
}
# Computed only since the provider's version 6.
NOT_GIVEN = {"tags_all", "region"}


def test_known_but_not_implemented_is_said() -> None:
    """An input of the real provider that an entry does not implement is refused as such, an unknown one with the nearest known."""
    for entry in ENTRIES.values():
        properties = schema.resource(entry.pulumi)
        for name, prop in properties.items():
            if not prop.given or entry.knows(name):
                continue
            refused = {each.property: each.reason for each in check.check(entry, {name: "x"}, {}, check.Naming("it")).failures}
            assert "does not implement" in refused[name]
        refused = {each.property: each.reason for each in check.check(entry, {"nameOfNothing": "x"}, {}, check.Naming("it")).failures}
        assert "has no such property" in refused["nameOfNothing"]


def test_functions_know_the_real_arguments() -> None:
    """Every argument that a function implements is one of the real one's."""
    for token, function in INVOKES.items():
        assert set(function.inputs) <= schema.invoke(token)


def _found(properties: Mapping[str, Any], path: str) -> bool:
    head, _, rest = path.partition(".")
    if head not in properties:
        return False
    return not rest or _found(properties[head].properties, rest)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _walk(properties: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Any]]:
    for name, prop in properties.items():
        yield f"{at}{name}", prop
        yield from _walk(prop.properties, f"{at}{name}.")


def test_no_nested_input_is_a_shape_nobody_reads() -> None:
    """A nested input of an implemented one is read by the entry, or refused by name, or of a shape that is refused."""
    for entry in ENTRIES.values():
        for path, prop in _walk(schema.resource(entry.pulumi)):
            if "." in path and path.split(".")[0] in entry.inputs and prop.given and path not in entry.refused:
                assert prop.kind != "any" or "n" in prop.flags, (entry.pulumi, path)
