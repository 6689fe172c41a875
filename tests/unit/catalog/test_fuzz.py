"""Whatever is written in a document: a catalog, or problems with a place; never anything else."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import repository
from tests.repository import BASIC, ENVIRONMENT
from tests.unit.specs.test_kinds import LEAST
from transom.catalog import validate
from transom.errors import InvalidDocuments
from transom.rendering.trace import Trace
from transom.rendering.yamltext import parse
from transom.source.base import Snapshot
from transom.source.memory import MemorySource
from transom.specs.kinds import KINDS

_KEYS = st.sampled_from(["name", "spec", "metadata", "tenant", "size", "bindings", "database", "", "x"]) | st.text(max_size=4)
_SCALARS = st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats() | st.text(max_size=6) | st.dates()
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3), max_leaves=6)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A valid document with one to three of its values replaced, removed or added to."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    body = {"apiVersion": "transom.dev/v1", "kind": kind, "metadata": {"name": "one"}, "spec": copy.deepcopy(LEAST[kind])}
    for _ in range(draw(st.integers(1, 3))):
        here: Any = body
        while isinstance(here, dict) and here and draw(st.booleans()):
            inner = here[draw(st.sampled_from(sorted(here, key=str)))]
            if not isinstance(inner, dict):
                break
            here = inner
        if here and draw(st.booleans()):
            here.pop(draw(st.sampled_from(sorted(here, key=str))))
        else:
            here[draw(_KEYS | st.sampled_from(sorted(here, key=str) or [""]))] = draw(_VALUES)
    return body


@given(mutated())
def test_a_mutated_document(body: dict[str, Any]) -> None:
    """A document is valid, or each of its mistakes has a reason, a message and a place in its text."""
    text = yaml.safe_dump(body, allow_unicode=True)
    written, problems = parse(text, "f.yaml")
    if problems or not written or not isinstance(written[0].data, dict):
        return
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "f.yaml"
        file.write_text(text, encoding="utf-8", errors="surrogateescape")
        trace = Trace(Snapshot("s", "r", Path(name)), file, 0)
        entry, wrong = validate.document(written[0].data, trace)
    assert (entry is None) == bool(wrong)
    lines = text.count("\n") + 1
    for problem in wrong:
        assert problem.reason.isidentifier()
        assert problem.message
        assert 1 <= problem.where.line <= lines


_FILES = sorted(BASIC)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(_FILES), st.integers(0, 200), st.integers(0, 6), st.text(alphabet=" \n:-{}[]'\"&*#|>!%@`,abkn01\t", max_size=5))
def test_a_mutated_repository(name: str, start: int, length: int, inserted: str) -> None:
    """A repository with a few characters changed anywhere is loaded, or refused with places in its files."""
    from transom.catalog import load

    text = BASIC[name]
    files = {**BASIC, name: text[:start] + inserted + text[start + length :]}
    with tempfile.TemporaryDirectory() as folder:
        environments = Path(folder) / "environments"
        environments.mkdir()
        (environments / "dev.yaml").write_text(ENVIRONMENT, encoding="utf-8")
        snapshot = MemorySource("platform", files, Path(folder).resolve() / "platform").snapshot()
        try:
            load.load(load.environment(environments, "dev"), [snapshot], repository.renderer())
        except InvalidDocuments as error:
            for problem in error.problems:
                assert problem.where.path in files
                assert problem.message
