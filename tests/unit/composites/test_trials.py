"""Tests of definitions: what agrees passes, and every value that does not is told at its line of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import repository
from tests.unit.composites.documents import DEFINITION, PLACE, files, replaced
from transom.catalog.composites import trials
from transom.errors import Problem
from transom.source.memory import MemorySource

TEST = """\
test: a small one
environment:
  sizes:
    small: {database: {instanceClass: db.t4g.micro, storage: 20Gi}}
claim:
  apiVersion: database.example.com/v1alpha1
  kind: PostgreSQLInstance
  metadata: {name: orders}
  spec: {version: "15", backups: false, tenant: team-a}
outputs:
  Database/orders-db: {host: db.example.com}
documents:
  - apiVersion: transom.dev/v1
    kind: Database
    metadata: {name: orders-db}
    spec:
      tenant: team-a
      version: "15"
      size: small
      backups: {retention: 7d}
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: orders-settings}
    data:
      host: ${Database/orders-db.outputs.host}
      bucket: none
      queues: ""
      url: postgres://${Database/orders-db.outputs.host}:${Database/orders-db.outputs.port}/x
      region: eu-central-1
      class: db.t4g.micro
connection:
  HOST: ${Database/orders-db.outputs.host}
  PASSWORD: ${Database/orders-db.outputs.password}
status: {host: db.example.com, size: small}
"""
FILE = "infrastructure/compositions/instance.tests/small.yaml"


def run(folder: Path, test: str, definition: str = DEFINITION) -> tuple[Problem, ...]:
    """What is wrong with a test."""
    snapshot = MemorySource("platform", {**files(definition, ""), FILE: test}, folder).snapshot()
    report = trials.run("dev", [snapshot], repository.renderer())
    assert sum(report.counts.values()) == test.count("test: ")
    return report.problems


def test_a_test_passes(tmp_path: Path) -> None:
    """Documents, connection and status agree."""
    assert run(tmp_path, TEST) == ()


DATABASE, MAP = "a small one: Database/orders-db: ", "a small one: ConfigMap/orders-settings: "


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ("size: small\n      b", "size: medium\n      b", f'19:13 {DATABASE}spec.size expected "medium", became "small"'),
        ("      backups: {retention: 7d}\n", "", f'16:5 {DATABASE}spec.backups expected nothing, became {{"retention": "7d"}}'),
        ("eu-central-1", "eu-west-1", f'29:15 {MAP}data.region expected "eu-west-1", became "eu-central-1"'),
        ("kind: Database\n", "kind: Bucket\n", "13:5 a small one: does not become Bucket/orders-db of transom.dev/v1"),
        (", size: small}", "}", '34:1 a small one: status: size expected nothing, became "small"'),
        ("  HOST: $", "  HOSTS: $", '31:1 a small one: connection: HOST expected nothing, became "${Database/orders-db.outputs.host}"'),
        ("backups: false", "backup: false", "9:25 spec.backup is not a field"),
        ("kind: PostgreSQLInstance", "kind: PostgreSQL", "7:9 kind PostgreSQL of database.example.com/v1alpha1 is not defined"),
        ("documents:", "document:", "12:1 document is not a field"),
        ("status: {", "error: refused\nstatus: {", "34:8 a small one: the claim is valid, and the test expects an error"),
    ],
)
def test_what_differs_is_told_at_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """Each difference is told where the test says otherwise."""
    found = [f"{one.where.line}:{one.where.column} {one.message}" for one in run(tmp_path, replaced(TEST, old, new))]
    assert expected in found, "\n".join(found)


def test_an_error_that_is_expected(tmp_path: Path) -> None:
    """A test may promise that a claim is refused, and with which words."""
    head = TEST[: TEST.index("outputs:")].replace('version: "15"', "version: fifteen")
    assert run(tmp_path / "a", f"{head}error: spec.version\n") == ()
    (wrong,) = run(tmp_path / "b", f"{head}error: spec.size\n")
    assert (wrong.reason, wrong.where.line) == ("DefinitionTestFailed", 10)
    assert "spec.version" in wrong.message


def test_a_composed_document_is_held_to_its_kind(tmp_path: Path) -> None:
    """A test finds what no type could: a value that the kind refuses."""
    test = replaced(TEST, "backups: false", "backups: false, days: 40")
    assert [one.message for one in run(tmp_path, test)] == [
        "spec.backups: retention 40d is outside RDS's 1 to 35 days (in Database/orders-db, of PostgreSQLInstance/orders)"
    ]


def test_tests_of_broken_definitions_say_nothing(tmp_path: Path) -> None:
    """The definition's own mistake is told by validation."""
    assert run(tmp_path, TEST, replaced(DEFINITION, "kind: Bucket", "kind: Bukket")) == ()


def test_tests_are_no_documents(tmp_path: Path) -> None:
    """Files of tests are not read as documents of an environment."""
    others = {FILE.removesuffix(".yaml").replace("/", "__"): TEST, "infrastructure__compositions__tests__more": TEST}
    assert repository.problems(tmp_path, files(DEFINITION, "", **others)) == ()
    assert PLACE.startswith("infrastructure/compositions/")
