"""Whatever a definition or a claim looks like, what is said about it has a place, and nothing else happens."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import repository
from tests.unit.composites.documents import PLACE
from tests.unit.composites.test_platform import files

VALUES: tuple[Any, ...] = (
    None, 0, -1, 1.5, True, "", "x" * 50, [], {}, [None], {"a": None}, float("inf"), 10**30, "a\nb", [[[]]], "object", "array",
    {"type": "object"}, {"x-kubernetes-preserve-unknown-fields": True},
    {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
    "${", "${}", "${claim}", "${claim.spec}", "${1/0}", "${resources}", "${[1, 2]}", "${{}}", "$${x}", "${claim.spec.?size}", "${self}",
    "${has(claim.spec.size)}", "${environment.sizes}", '${timestamp("2020-01-01T00:00:00Z")}', '${b"a"}', "${type(1)}", "${null}",
    "${'ü'.size()}",
)  # fmt: skip
"""What is put in the place of something else."""
SEEDS = 60


def paths(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield path
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, below in pairs:
        yield from paths(below, (*path, key))


def mutated(document: Any, chance: random.Random) -> Any:
    """The document with one to three things removed, replaced, copied from elsewhere, or written otherwise."""
    document = copy.deepcopy(document)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        *above, last = chance.choice([path for path in paths(document) if path])
        here = document
        for part in above:
            here = here[part]
        match chance.randrange(4):
            case 0:
                del here[last]
            case 1:
                here[last] = copy.deepcopy(chance.choice(VALUES))
            case 2:
                there = document
                for part in chance.choice([path for path in paths(document) if path]):
                    there = there[part]
                here[last] = copy.deepcopy(there)
            case _ if isinstance(here[last], str):
                at = chance.randrange(len(here[last]) + 1)
                here[last] = here[last][:at] + chance.choice("${}[]().?!\"'+= ü\n") + here[last][at:]
            case _ if isinstance(here, dict):
                here[chance.choice(["foo", "${x}", "type", "default", "1", ""])] = here[last]
    return document


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_mutated_document(tmp_path: Path, seed: int) -> None:
    """Every problem has a file and a line; there is never a traceback."""
    chance = random.Random(seed)  # noqa: S311 - the same documents in every run
    given = files()
    place = chance.choice([PLACE, *(one for one in given if "compositions" in one), "applications/shop/claims.yaml"])
    first, *others = list(yaml.safe_load_all(given[place]))
    given[place] = yaml.safe_dump_all([mutated(first, chance), *others], sort_keys=False, allow_unicode=True)
    for problem in repository.problems(tmp_path, given):
        assert problem.where.path
        assert problem.where.line > 0
        assert problem.message
