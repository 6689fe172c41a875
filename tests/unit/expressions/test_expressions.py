"""Expressions: what the checker says before there is a value, and what evaluation gives."""

from __future__ import annotations

from typing import Any

import pytest

from transom.expressions import guards, shapes, texts
from transom.expressions.engine import Failed, Fault, Missing, Refused, Scope
from transom.expressions.guards import Known
from transom.expressions.shapes import Field, ListOf, MapOf, Struct
from transom.expressions.texts import Unclosed

PORT = Struct("claim.spec.ports[]", {"port": Field(shapes.INTEGER), "name": Field(shapes.STRING, always=False)})
SPEC = Struct(
    "claim.spec",
    {
        "size": Field(shapes.STRING, values=("small", "large")),
        "storage": Field(shapes.STRING, always=False),
        "ha": Field(shapes.BOOLEAN),
        "ratio": Field(shapes.NUMBER),
        "ports": Field(ListOf(PORT)),
        "labels": Field(MapOf(shapes.STRING)),
        "backup": Field(Struct("claim.spec.backup", {"days": Field(shapes.INTEGER, always=False)}), always=False),
    },
)
RESOURCES = Struct(
    "resources",
    {
        "db": Field(
            Struct("resources.db", {"outputs": Field(Struct("resources.db.outputs", {"host": Field(shapes.OUTPUT)}))}),
            always=False,
        )
    },
)
SCOPE = Scope({"claim": Struct("claim", {"spec": Field(SPEC)}), "resources": RESOURCES})
VALUES = {
    "claim": {
        "spec": {
            "size": "small", "ha": True, "ratio": 1.5, "labels": {"b": "2", "a": "1"},
            "ports": [{"port": 80}, {"port": 443, "name": "tls"}],
        }
    },
    "resources": {"db": {"outputs": {"host": "${Database/x.outputs.host}"}}},
}  # fmt: skip


def faults(text: str) -> list[Fault]:
    """What the compiler finds."""
    try:
        SCOPE.compile(text)
    except Refused as error:
        return list(error.faults)
    return []


def value(text: str) -> Any:
    """What the expression comes to with VALUES."""
    return SCOPE.compile(text).evaluate(SCOPE.activation(VALUES))


@pytest.mark.parametrize(
    "text, offset, message",
    [
        ("claim.spec.sze", 11, 'claim.spec has no field "sze"'),
        ("claim.spec.size + 1", 16, "+ cannot take (text, whole number)"),
        ("claim.spec.ratio > 1", 17, "> cannot take (number, whole number)"),
        ("schema.spec.size", 0, 'there is no "schema"'),
        ("clam.spec", 0, 'there is no "clam"'),
        ("claim.spec.size.lower()", 16, "there is no function lower"),
        ("claim.spec.", 11, "cannot be read: it ends too early"),
        ("1 + * 2", 4, 'cannot be read: "* 2" is not expected here'),
        ('claim.spec.ha ? 1 : "a"', 14, "the two sides of ?: differ (whole number, text)"),
        ("1 +\n claim.spec.sze", 16, 'claim.spec has no field "sze"'),
        ('resources.db.outputs.host + "x"', 26, "an output is known only when it is applied: it can be placed, not computed with"),
        (" ", 0, "the expression is empty"),
        ("(" * 40 + "1" + ")" * 40, 0, "the expression is too long or nested too deeply"),
    ],
)  # fmt: skip
def test_faults_are_told_at_their_character(text: str, offset: int, message: str) -> None:
    """Each fault has the place in the text where it is, in words of the field."""
    assert (faults(text)[0].offset, faults(text)[0].message) == (offset, message)


def test_all_faults_of_an_expression_are_told() -> None:
    """Two mistakes in one expression are two faults, and what follows from one is none."""
    assert [fault.message for fault in faults("claim.spec.sze + claim.spek.foo")] == [
        'claim.spec has no field "sze"',
        'claim has no field "spek"',
    ]


@pytest.mark.parametrize(
    "text, found",
    [
        ("claim.spec.size", "small"),
        ("claim.spec.ports.map(p, p.port)", [80, 443]),
        ("claim.spec.?storage.orValue('1Gi')", "1Gi"),
        ("claim.spec.labels", {"a": "1", "b": "2"}),
        ("claim.spec.ratio * 2.0", 3.0),
        ("[claim.spec.size, 'x'].join('-')", "small-x"),
        ("resources.db.outputs.host", "${Database/x.outputs.host}"),
        ("has(claim.spec.storage) ? claim.spec.storage : size(claim.spec.ports) > 1 ? 'many' : 'one'", "many"),
    ],
)
def test_values(text: str, found: object) -> None:
    """Expressions come to plain values; mappings have their keys in order."""
    assert value(text) == found
    assert not isinstance(found, dict) or list(value(text)) == sorted(found)


def test_an_optional_that_is_not_there_is_missing() -> None:
    """`.?field` at the end of an expression says that nothing is there, instead of failing."""
    with pytest.raises(Missing):
        value("claim.spec.?storage")


@pytest.mark.parametrize(
    "text, message",
    [("claim.spec.labels['x']", '"x" is not there'), ("claim.spec.ports[7]", "item 7 is not there"), ("1 / 0", "divide by zero")],
)
def test_failures_say_what_is_not_there(text: str, message: str) -> None:
    """What only a value can show is a failure with a readable message."""
    with pytest.raises(Failed, match=message.replace("[", r"\[")):
        value(text)


@pytest.mark.parametrize(
    "text, paths",
    [
        ("claim.spec.storage", ["claim.spec.storage"]),
        ("has(claim.spec.storage) ? claim.spec.storage : '1'", []),
        ("has(claim.spec.storage) ? '1' : claim.spec.storage", ["claim.spec.storage"]),
        ("!has(claim.spec.storage) || claim.spec.storage == 'a'", []),
        ("claim.spec.storage == 'a' && has(claim.spec.storage)", []),
        ("claim.spec.?storage", []),
        ("claim.spec.backup.days > 1", ["claim.spec.backup.days", "claim.spec.backup"]),
        ("has(claim.spec.backup.days)", ["claim.spec.backup"]),
        ("has(claim.spec.backup) && has(claim.spec.backup.days) && claim.spec.backup.days > 1", []),
        ("claim.spec.ports.map(p, p.name)", ["p.name"]),
        ("claim.spec.ports.map(p, has(p.name), p.name)", []),
        ("resources.db.outputs.host", ["resources.db"]),
    ],
)  # fmt: skip
def test_fields_that_may_be_missing_need_a_guard(text: str, paths: list[str]) -> None:
    """Reading a field that is neither required nor has a default is a fault, except where a test says that it is there."""
    assert [fault.message.partition(" may")[0] for fault in guards.missing(SCOPE.compile(text), Known())] == paths


def test_a_condition_stands_for_what_it_implies() -> None:
    """Where a resource is there on a condition, the same condition guards what reads it."""
    condition = SCOPE.compile("claim.spec.ha").root
    known = Known(implied={condition: frozenset({("resources", "db")})})
    assert not list(guards.missing(SCOPE.compile("claim.spec.ha ? [resources.db.outputs.host] : []"), known))
    assert list(guards.missing(SCOPE.compile("claim.spec.ha ? [] : [resources.db.outputs.host]"), known))


@pytest.mark.parametrize(
    "text, message",
    [
        ("claim.spec.size == 'huge'", 'claim.spec.size == "huge" is always false'),
        ("claim.spec.size in ['huge']", 'claim.spec.size in ["huge"] is always false'),
        ("claim.spec.size != 'huge'", 'claim.spec.size != "huge" is always true'),
        ("has(claim.spec.size)", "has(claim.spec.size) is always true"),
        ("claim.spec.size == 'small' || claim.spec.size == 'large'", "is always true, whatever the claim says"),
        ("claim.spec.ha && true", "true is always true"),
        ("true", "is always true"),
        ("has(claim.spec.storage) ? 'a' : 'b'", ""),
        ("claim.spec.ha", ""),
        ("claim.spec.ports.all(p, p.port > 0)", ""),
        ("claim.spec.size == 'small'", ""),
    ],
)  # fmt: skip
def test_conditions_that_never_change_are_told(text: str, message: str) -> None:
    """A condition that no claim can change is a mistake; one that some claim changes is none."""
    assert [fault.message for fault in guards.dead(SCOPE.compile(text), SCOPE)] == ([message] if message else [])


@pytest.mark.parametrize(
    "text",
    [
        "resources.db.outputs.host == resources.db.outputs.host",
        "dyn(resources.db.outputs.host) + 'x'",
        "dyn(resources.db).outputs.host + 'x'",
    ],
)
def test_outputs_are_handed_on_and_not_looked_at(text: str) -> None:
    """No way round the types leads to the text that stands for an output."""
    assert [fault.message for fault in guards.computed(SCOPE.compile(text))]


@pytest.mark.parametrize(
    "string, parts",
    [
        ("plain", [("plain", 0, False)]),
        ("a-${x}-b", [("a-", 0, False), ("x", 4, True), ("-b", 6, False)]),
        ("${{'a': 1}['a']}", [("{'a': 1}['a']", 2, True)]),
        ("${'}'}", [("'}'", 2, True)]),
        ('${"\\"}"}', [('"\\"}"', 2, True)]),
        ("$${x}", [("${x}", 0, False)]),
        ("$x ${y}", [("$x ", 0, False), ("y", 5, True)]),
    ],
)
def test_expressions_are_found_in_texts(string: str, parts: list[tuple[str, int, bool]]) -> None:
    """Braces and quotes inside an expression are its own; `$${` is plain text."""
    assert [(part.text, part.offset, part.is_expression) for part in texts.split(string)] == parts


def test_an_expression_needs_its_end() -> None:
    """A brace that is missing is told where the expression begins."""
    with pytest.raises(Unclosed) as caught:
        texts.split("ab ${x")
    assert caught.value.offset == 3
