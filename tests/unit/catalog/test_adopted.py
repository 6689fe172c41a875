"""What documents take over: each thing once, and only what the environment lets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import repository
from tests.repository import BASIC, ENVIRONMENT

ADOPTING = ENVIRONMENT.replace("region: eu-central-1", "region: eu-central-1, adoptable: ['old-*', another]")


def bucket(name: str, spec: str) -> str:
    """A bucket of team-a."""
    return f"apiVersion: transom.dev/v1\nkind: Bucket\nmetadata: {{name: {name}}}\nspec: {{tenant: team-a, {spec}}}\n"


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ("import: {id: old-one, replacesSettings: true}", "import: {id: another, replacesSettings: true}", []),
        ("import: {id: old-one, replacesSettings: true}", "versioning: true", []),
        ("import: {id: old-one, replacesSettings: true}", "import: {id: old-one, replacesSettings: true}", ["DuplicateDocument"]),
        ("import: {id: old-one, replacesSettings: true, }", "import: {id: '/', replacesSettings: true}", ["InvalidValue"]),
        ("import: {id: old-one}", "versioning: true", ["MissingField"]),
        ("import: {id: somebodys, replacesSettings: true}", "versioning: true", ["ForbiddenImport"]),
        ("import: {id: old-one, replacesSettings: true}, management: Orphan", "versioning: true", []),
        (
            "import: {id: old-one, replacesSettings: true}, deletionPolicy: Delete, allowDeletionUntil: 2030-01-01",
            "versioning: true",
            [],
        ),
    ],
)
def test_adoption_is_checked(one: str, other: str, expected: list[str], tmp_path: Path) -> None:
    """A name is taken over once, looks like one, and is listed; what is adopted is released as anything else."""
    tree = {**BASIC, "resources/one.yaml": bucket("one", one), "resources/other.yaml": bucket("other", other)}
    assert [problem.reason for problem in repository.problems(tmp_path, tree, ADOPTING)] == expected
