"""Definitions are held to everything that can be known without a claim, each mistake at its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests import repository
from tests.unit.composites.documents import CLAIM, DEFINITION, PLACE, files, replaced


def told(folder: Path, definition: str, **others: str) -> list[str]:
    """The problems as `reason line:column message`, those in the definition without its path."""
    found = repository.problems(folder, files(definition, "", **others))
    return [f"{one.reason} {str(one.where).removeprefix(PLACE + ':')} {one.message}" for one in found]


CASES: dict[str, dict[str, str]] = {
    one["case"]: one for one in yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("name", CASES)
def test_mistakes_of_a_definition(tmp_path: Path, name: str) -> None:
    """Each mistake is told without any claim, at its line and column."""
    case = CASES[name]
    found = told(tmp_path, replaced(DEFINITION, case["old"], case["new"]))
    assert case["told"] in [line[: len(case["told"])] for line in found], "\n".join(found)


@pytest.mark.parametrize("name", ["field of the kind", "forEach over text", "unknown output", "default", "kind of ours"])
def test_one_mistake_is_told_once(tmp_path: Path, name: str) -> None:
    """What follows from a mistake is not told beside it; a claim of a broken definition is no second mistake."""
    found = repository.problems(tmp_path, files(replaced(DEFINITION, CASES[name]["old"], CASES[name]["new"])))
    wrong = [one for one in found if one.reason != "MissingField"]  # a misspelt field is also one that is missing
    assert len(wrong) == 1, wrong


def test_a_good_definition_is_good(tmp_path: Path) -> None:
    """The definition that the cases break has no mistake."""
    assert told(tmp_path, DEFINITION) == []


SECOND = replaced(DEFINITION, "name: postgresql-instance", "name: second")


@pytest.mark.parametrize(
    "second, expected",
    [
        (SECOND, "DuplicateDefinition"),
        (replaced(SECOND, "kind: PostgreSQLInstance", "kind: PostgreSQLInstance\n  revision: 2"), "DuplicateDefinition"),
        (replaced(SECOND, "group: database.example.com", "group: other.example.com"), "DuplicateDefinition"),
        (replaced(DEFINITION, "kind: PostgreSQLInstance", "kind: Other"), "DuplicateDocument"),
        (replaced(SECOND, "kind: PostgreSQLInstance", "kind: PostgreSQLInstance\n  revision: 2\n  default: true"), ""),
    ],
    ids=["twice", "revisions without a default", "kind in two groups", "name twice", "revisions"],
)
def test_definitions_beside_each_other(tmp_path: Path, second: str, expected: str) -> None:
    """A kind is defined once in each revision, in one group, and claims that name none know which they get."""
    found = told(tmp_path, DEFINITION, infrastructure__compositions__second=second)
    assert [line.partition(" ")[0] for line in found] == ([expected] if expected else [])


def made_of(kind: str, *kinds: str) -> str:
    """A definition made of claims of others."""
    resources = "".join(
        f"""
    - id: r{index}
      template: {{apiVersion: x.example.com/v1, kind: {other}}}"""
        for index, other in enumerate(kinds)
    )
    return f"""\
apiVersion: transom.dev/v1
kind: CompositeDefinition
metadata: {{name: {kind.lower()}}}
spec:
  group: x.example.com
  version: v1
  kind: {kind}
  schema: {{type: object}}
  resources:{resources}
"""


def test_a_cycle_of_definitions_is_told_whole(tmp_path: Path) -> None:
    """Composites that are made of themselves, however long the way, are refused with the whole way."""
    more = {f"infrastructure__compositions__{one.lower()}": made_of(one, other) for one, other in ("AB", "BC", "CA")}
    assert told(tmp_path, DEFINITION, **more) == [
        "DefinitionCycle infrastructure/compositions/a.yaml:11:54 is made of itself: A → B → C → A"
    ]


def test_claims_inside_are_held_to_their_definition(tmp_path: Path) -> None:
    """A template of a claim is held to that claim's schema, without any claim of the outer kind."""
    outer = made_of("Outer", "Other").replace(
        "template: {apiVersion: x.example.com/v1, kind: Other}",
        "template: {apiVersion: database.example.com/v1alpha1, kind: PostgreSQLInstance, spec: {version: 15, sise: small}}",
    )
    assert told(tmp_path, DEFINITION, infrastructure__compositions__outer=outer) == [
        "WrongType infrastructure/compositions/outer.yaml:11:103 spec.version must be text, not 15",
        "UnknownField infrastructure/compositions/outer.yaml:11:107 spec.sise is not a field",
    ]


def test_the_platform_defines(tmp_path: Path) -> None:
    """A definition in a team's folder is refused, and so is anything but definitions in the folder of definitions."""
    found = repository.problems(
        tmp_path, files("", "", applications__shop__kind=DEFINITION, infrastructure__compositions__settings=repository.CONFIG_MAP)
    )
    assert [(one.reason, one.where.path) for one in found] == [
        ("UnexpectedKind", "applications/shop/kind.yaml"),
        ("UnexpectedKind", "infrastructure/compositions/settings.yaml"),
    ]


def test_claims_of_broken_definitions_are_not_told(tmp_path: Path) -> None:
    """Who claims a kind whose definition is broken did nothing wrong, and is not told so."""
    found = repository.problems(tmp_path, files(replaced(DEFINITION, "kind: Bucket", "kind: Bukket"), CLAIM))
    assert [one.where.path for one in found] == [PLACE]
