"""JSON Schemas: what an editor says is what Transom says."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from tests.repository import CHECKOUT
from tests.unit.specs.test_kinds import LEAST, REFUSED, document
from transom.specs import schema
from transom.specs.kinds import KINDS

SCHEMAS = CHECKOUT / "schemas"

BEYOND_A_SCHEMA = (
    "twice the same", "cannot be told apart", "above its most", "which of the two roles", "both would set", "the same resource twice",
    "not a range", "backups cannot be off", "RDS keeps 35 days", "the windows overlap", "S3 knows", "S3 asks for 30",
    "gone before", "SQS allows", "SQS asks", "gone on arrival", "a directory has no revisions",
    "beyond a schema", "mixed processors",
)  # fmt: skip
"""Reasons of refusals that compare values or count: JSON Schema has no words for them, `transom validate` says them."""


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_up_to_date(kind: str) -> None:
    """The files that editors read are those of the models; `transom schema --write schemas` renews them."""
    for name in (f"{kind}.json", f"patches/{kind}.json"):
        assert (SCHEMAS / name).read_text(encoding="utf-8") == schema.files()[name]


def test_no_file_is_left_over() -> None:
    """There is one schema per kind, and none of a kind that is gone; those of what verbs print are in a folder of their own."""
    files = {file.relative_to(SCHEMAS).as_posix() for file in SCHEMAS.rglob("*.json")}
    assert {name for name in files if not name.startswith("outputs/")} == set(schema.files())


@pytest.mark.parametrize("kind", KINDS)
def test_is_a_schema(kind: str) -> None:
    """Each file is a valid schema of the draft it names, and says which kind it is of."""
    body = schema.of(kind)
    Draft202012Validator.check_schema(body)
    assert body["title"] == kind
    assert body["properties"]["kind"]["const"] == kind


def _fields(body: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(body, dict):
        for name, inner in body.items():
            if name == "properties":
                for field, described in inner.items():
                    yield f"{path}.{field}", described
            if name not in ("if", "then", "else", "oneOf"):
                yield from _fields(inner, f"{path}.{name}")
    elif isinstance(body, list):
        for item in body:
            yield from _fields(item, path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described(kind: str) -> None:
    """Whoever hovers over a field reads what it is for, in a sentence."""
    body = schema.of(kind)
    for path, field in _fields(body):
        described = field.get("description") or body["$defs"].get(field.get("$ref", "").rpartition("/")[2], {}).get("description", "")
        assert described.endswith((".", "…", "`")), f"{kind} {path}: {described!r}"


@pytest.mark.parametrize("kind", KINDS)
def test_accepts_the_least(kind: str) -> None:
    """The smallest document that Transom takes, an editor takes."""
    Draft202012Validator(schema.of(kind)).validate(document(kind))
    assert LEAST[kind] is not None


def _examples() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted([*(CHECKOUT / "environments").glob("*.yaml"), *(CHECKOUT / "examples").rglob("*.yaml")]):
        for body in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            if isinstance(body, dict) and str(body.get("apiVersion", "")).startswith("transom.dev/") and "overlays" not in file.parts:
                yield file.relative_to(CHECKOUT).as_posix(), body


EXAMPLES = list(_examples())


@pytest.mark.parametrize("file, body", EXAMPLES, ids=[file for file, _ in EXAMPLES])
def test_accepts_the_examples(file: str, body: dict[str, Any]) -> None:
    """Every document of the example repository is valid for editor and Transom alike, and names its schema for the editor."""
    kind = body["kind"]
    Draft202012Validator(schema.of(kind)).validate(body)
    KINDS[kind].model_validate(body)
    first = (CHECKOUT / file).read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert ((CHECKOUT / file).parent / first.partition("=")[2]).resolve() == SCHEMAS / f"{kind}.json"


@pytest.mark.parametrize("kind, spec, why", [case for case in REFUSED if not any(word in case[2] for word in BEYOND_A_SCHEMA)])
def test_refuses_what_the_model_refuses(kind: str, spec: dict[str, Any], why: str) -> None:
    """A mistake that a schema can tell is told in the editor already."""
    body = json.loads(json.dumps(document(kind, **spec), default=str))
    assert not Draft202012Validator(schema.of(kind)).is_valid(body), why


@pytest.mark.parametrize("kind", KINDS)
def test_typical_mistakes(kind: str) -> None:
    """Unknown fields, a missing name, another kind's word and a wrong version are refused by both."""
    right = document(kind)
    mistakes = [
        {**right, "sepc": {}},
        {**right, "metadata": {}},
        {**right, "metadata": {"name": "Not A Name"}},
        {**right, "apiVersion": "transom.dev/v2"},
        {**right, "kind": "Other"},
        {key: value for key, value in right.items() if key != "metadata"},
        {**copy.deepcopy(right), "spec": {**right["spec"], "unknown": 1}},
        {**right, "spec": []},
    ]
    validator = Draft202012Validator(schema.of(kind))
    for mistake in mistakes:
        assert not validator.is_valid(mistake), mistake
        with pytest.raises(ValidationError):
            KINDS[kind].model_validate(mistake)


def _patches() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((CHECKOUT / "examples").rglob("overlays/*/*.yaml")):
        for body in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            if isinstance(body, dict) and str(body.get("apiVersion", "")).startswith("transom.dev/"):
                yield file.relative_to(CHECKOUT).as_posix(), body


PATCHES = list(_patches())


@pytest.mark.parametrize("file, body", PATCHES, ids=[file for file, _ in PATCHES])
def test_patches_of_the_examples(file: str, body: dict[str, Any]) -> None:
    """What an overlay holds is no whole document, and valid for an editor by the schema of patches."""
    assert file
    Draft202012Validator(schema.patch_of(body["kind"])).validate(body)


@pytest.mark.parametrize("kind", KINDS)
def test_a_patch(kind: str) -> None:
    """A patch needs kind and name; it may take fields away, and every example of a whole document is one too."""
    body = schema.patch_of(kind)
    Draft202012Validator.check_schema(body)
    validator = Draft202012Validator(body)
    head = {"apiVersion": "transom.dev/v1", "kind": kind, "metadata": {"name": "one"}}
    validator.validate(head)
    validator.validate(json.loads(json.dumps(document(kind), default=str)))
    for field in schema.of(kind)["$defs"][f"{kind}Spec"]["properties"]:
        validator.validate({**head, "spec": {field: None}})
    for wrong in (
        {**head, "metadata": {}},
        {**head, "spec": {"sise": 1}},
        {"kind": kind, "metadata": {"name": "one"}},
        {**head, "sepc": {}},
    ):
        assert not validator.is_valid(wrong), wrong
