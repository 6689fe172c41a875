"""Whatever is written in a document: a catalog, or problems with a place; never anything else."""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import fuzzing, manifests, repository
from tests.horrors import HORRORS
from tests.repository import BASIC, ENVIRONMENT
from tests.unit.specs.test_kinds import LEAST
from transom.apischema.check import check, library
from transom.catalog import validate
from transom.errors import InvalidDocuments
from transom.rendering import units
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


@pytest.mark.parametrize("name", HORRORS)
def test_documents_that_were_written_to_hurt(tmp_path: Path, name: str) -> None:
    """Bombs, depth, length, odd characters and what YAML only just allows: problems with places, no traceback, no hang."""
    ground = fuzzing.Ground(tmp_path)
    assert fuzzing.complaints(ground.read(HORRORS[name]), HORRORS[name], ground.names) == []


def test_mutated_documents(tmp_path: Path) -> None:
    """Documents changed at random, of ours and of Kubernetes; `python -m benchmarks.fuzz` reads a hundred thousand of them."""
    ground = fuzzing.Ground(tmp_path)
    for content in fuzzing.documents(seed=1, count=1500):
        assert fuzzing.complaints(ground.read(content), content, ground.names) == [], content


def test_a_terminal_is_not_steered(tmp_path: Path) -> None:
    """What is quoted of a document is printed as escapes where it would move the cursor, colour a line or turn its direction."""
    ground = fuzzing.Ground(tmp_path)
    (problem,) = ground.read(b'apiVersion: v1\nkind: "\\e[31mPo\\u202ed"\nmetadata: {name: x}\n')
    assert "\x1b" not in str(problem)
    assert r"\x1b[31mPo\u202ed" in str(problem)


_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1", "1Gi", "x/y", "a-b", "80%", "* * * * *"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | st.sampled_from(["name", "spec", "image"]), inner, max_size=3)
    ),
    max_leaves=8,
)
_LIBRARY = library("", [manifests.definition()])


@settings(max_examples=400)
@given(st.data())
def test_any_value_anywhere_in_a_manifest(data: st.DataObject) -> None:
    """Whatever stands in whichever field: findings with words, never an exception; the verdict is always the same."""
    body = copy.deepcopy(data.draw(st.sampled_from([*manifests.right(), *manifests.custom()])))
    here: Any = body
    while isinstance(here, dict | list) and here:
        key = data.draw(st.sampled_from(sorted(here, key=str))) if isinstance(here, dict) else data.draw(st.integers(0, len(here) - 1))
        if not isinstance(here[key], dict | list) or not here[key] or data.draw(st.integers(0, 3)) == 0:
            if here is not body or key not in ("apiVersion", "kind"):
                here[key] = data.draw(_ANY)
            break
        here = here[key]
    found = list(check(body, _LIBRARY))
    assert all(finding.reason.isidentifier() and finding.message for finding in found)
    assert found == list(check(copy.deepcopy(body), _LIBRARY))


def test_rendering_is_deterministic(tmp_path: Path) -> None:
    """The same files give the same text, byte for byte: from the cache, without it, and with the files made in another order."""
    outputs = []
    for number, names in enumerate((sorted(_UNIT), sorted(_UNIT, reverse=True))):
        folder = tmp_path / str(number)
        snapshot = MemorySource("platform", {name: _UNIT[name] for name in names}, folder.resolve() / "platform").snapshot()
        for cache in (None, folder / "cache", folder / "cache"):
            rendering = repository.renderer(cache).render(units.find(snapshot, "dev"))
            assert rendering.problems == ()
            outputs.append("---\n".join(yaml.safe_dump(document.data, sort_keys=False) for document in rendering.documents))
    assert len(set(outputs)) == 1
    assert outputs[0].count("kind: ") > 3


_UNIT = {
    **BASIC,
    "applications/web/base/application.yaml": BASIC["applications/shop/application.yaml"].replace("name: shop", "name: web", 1),
    "applications/web/base/objects.yaml": "---\n".join(
        yaml.safe_dump(one) for one in manifests.right() if one["kind"] in ("Deployment", "Service")
    ),
    "applications/web/base/kustomization.yaml": "resources: [objects.yaml, application.yaml]\n"
    "configMapGenerator: [{name: c, literals: [b=1, a=2]}]\n",
    "applications/web/overlays/dev/kustomization.yaml": "resources: [../../base]\nnamePrefix: dev-\nlabels: [{pairs: {z: '1', a: '2'}}]\n",
}
