"""Every resource type lives its whole life against moto: made, read clean, changed, changed by hand, healed, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.plugins import values
from sandbox.plugins.aws.catalog import ENTRIES
from tests.plugins.aws import cases, platformcases
from tests.plugins.aws.cases import Case

CASES = (*cases.CASES, *platformcases.CASES)


def test_every_type_has_a_case() -> None:
    """No resource type is left without a life in these tests."""
    assert {case.token for case in CASES} == set(ENTRIES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.token.rpartition(":")[2])
def test_life(plugin: Any, case: Case) -> None:
    """What is declared is made and read clean; each change and each act by hand shows as exactly its properties; delete leaves nothing."""
    given = case.given(plugin)
    plugin.preview(case.token, given)
    have = plugin.create(case.token, given)
    assert have.id
    assert plugin.drift(have) == {}
    _, _, inputs = plugin.read(have)
    assert values.reveal(inputs) == values.reveal(have.inputs)
    for change, expected in case.changes:
        wanted = {name: value for name, value in {**given, **change}.items() if value is not None}
        found = plugin.diff(have, wanted)
        assert found.detailed == expected
        assert sorted(found.replaces) == sorted(
            {path.split(".")[0].split("[")[0] for path, kind in expected.items() if kind.endswith("REPLACE")}
        )
        if found.replaces:
            continue
        given = wanted
        plugin.update(have, given)
        assert plugin.drift(have) == {}, change
    for hand, expected in case.hands:
        hand(plugin, have)
        assert plugin.drift(have) == expected
        plugin.heal(have)
        assert plugin.drift(have) == {}
    plugin.delete(have)
    if not case.stays:
        assert plugin.read(have)[0] == ""
