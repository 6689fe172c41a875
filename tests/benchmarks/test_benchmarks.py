"""The benchmark's own promises: what it declares, that it compares like with like, and that its table comes out. No time is asserted."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import applications, comment, flux, generate, peer, plan, same, shape, table, validate
from benchmarks.contestants import OPERATIONS
from benchmarks.generate import Target, write
from benchmarks.measure import PHASES, Measured
from benchmarks.table import Figures
from sandbox.layout import CHECKOUT
from tests.repository import renderer
from transom.catalog import load
from transom.catalog.project import Project
from transom.source.base import Snapshot


@pytest.mark.parametrize("objects, teams", [(14, 1), (50, 1), (53, 1), (100, 2), (800, 8), (801, 7)])
def test_a_shape_has_exactly_the_objects_that_were_asked_for(objects: int, teams: int) -> None:
    """Whatever the number divides by, and every team gets its share."""
    made = shape.of(objects, teams)
    assert made.objects == objects
    assert len(made.teams) == teams
    assert 0 < made.changed < objects


def test_too_many_teams_are_refused() -> None:
    """A team has a namespace with its foundation and one service at least."""
    with pytest.raises(ValueError, match="at least"):
        shape.of(50, 8)


def test_releases_differ_in_every_service_and_tenant(tmp_path: Any) -> None:
    """Update of all means all: each overlay and each tenant changes, and what an earlier release had is gone."""
    target = Target(tmp_path, "nowhere")
    write(target, shape.of(50, 1, release=1))
    before = {file: file.read_text() for file in tmp_path.rglob("*.yaml")}
    write(target, shape.of(50, 1, release=2))
    after = {file: file.read_text() for file in tmp_path.rglob("*.yaml")}
    changed = {file for file in before if before[file] != after[file]}
    assert before.keys() == after.keys()
    assert {file for file in after if "overlays" in file.parts or "tenants" in file.parts} == changed


def test_programs_that_declare_something_else_are_not_compared() -> None:
    """A difference in one field ends the run and is shown; names may differ by their prefix."""
    ours = {"ConfigMap t-team-1-1/a": {"data": {"a": "1"}, "metadata": {"namespace": "t-team-1-1"}}}
    theirs = {"ConfigMap h-team-1-1/a": {"data": {"a": "1"}, "metadata": {"namespace": "h-team-1-1"}}}
    same.check({"t-": ours, "h-": theirs})
    theirs["ConfigMap h-team-1-1/a"]["data"] = {"a": "2"}
    with pytest.raises(same.DifferentError, match="1 objects differ"):
        same.check({"t-": ours, "h-": theirs})


def test_the_ratio_is_that_of_neighbours_in_time(tmp_path: Any) -> None:
    """Rounds on a slow and on a fast machine with one ratio give that ratio, however the medians fall; kept figures give the same table."""
    figures = Figures()
    for ours, theirs in ((2.0, 1.0), (20.0, 10.0), (3.0, 1.5)):
        figures.add(50, "create").append("Transom", _measured(ours))
        figures.add(50, "create").append("hand-written", _measured(theirs))
    shown = table.markdown(figures)
    assert "| 50 | create | 3.0 s | 1.5 s | 2.00 |" in shown
    file = tmp_path / "figures.json"
    file.write_text(table.as_json(figures))
    table.read(file, again := Figures())
    assert table.markdown(again) == shown


def test_a_table_replaces_the_one_before(tmp_path: Any) -> None:
    """Between its marks, and nothing else of the file."""
    file = tmp_path / "README.md"
    file.write_text("before\n<!-- table: begin -->\nold\n<!-- table: end -->\nafter\n")
    table.write(file, "new\n")
    assert file.read_text() == "before\n<!-- table: begin -->\nnew\n<!-- table: end -->\nafter\n"
    file.write_text("no place")
    with pytest.raises(ValueError, match="no place"):
        table.write(file, "new")


@pytest.mark.parametrize("changes", [1, 100, 1_001])
def test_a_review_of_exactly_so_many_changes(changes: int) -> None:
    """What is told is as much as the table says, within the limit that it names."""
    record = comment.review(changes)
    assert sum(len(one.changes) for environment in record.environments for one in environment.change) == changes
    row = comment.run(changes, "GitHub", 20_000, repeat=1)
    assert 0 < row.characters <= 20_000
    assert f"| {changes:,} | GitHub | {row.characters:,} |" in comment.markdown([row], 1)


@pytest.mark.sandbox
@pytest.mark.acceptance
def test_one_round_gives_a_table(sandbox: Any) -> None:
    """`--quick` runs every operation of both programs against the real engine, finds the same objects and prints all three tables."""
    done = sandbox.run(
        "env", f"TRANSOM_SANDBOX={sandbox.root}", f"PYTHONPATH={CHECKOUT}", sys.executable, "-m", "benchmarks", "--quick", timeout=600
    )
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| 14 | ")]
    times = [row for row in rows if len(row) == 8]
    assert [row[1] for row in times] == list(OPERATIONS)
    assert {row[2] for row in rows if row not in times} == {"Transom", "hand-written"}
    phases = [row for row in rows if len(row) == 3 + len(PHASES)]
    assert len(phases) == 6, "both programs tell their phases in all operations but the refresh"


def _measured(seconds: float) -> Measured:
    return Measured(seconds, {}, 0, seconds, {}, {})


@pytest.mark.parametrize("documents", [60, 333, 1000])
def test_a_large_repository_has_exactly_the_documents_that_were_asked_for(documents: int, tmp_path: Any) -> None:
    """What is validated is valid, and as much as the table says."""
    files = validate.write(tmp_path, documents)
    assert files == sum(1 for file in (tmp_path / "repository").rglob("*.yaml"))
    catalog = load.load(
        load.environment(tmp_path / "environments", "bench"), [Snapshot("a", "directory", tmp_path / "repository")], renderer()
    )
    assert len(catalog.entries) + sum(map(len, catalog.manifests.values())) == documents
    assert catalog.warnings == ()


def test_the_table_of_validation() -> None:
    """A line for each situation, with the goal where there is one."""
    run = Measured(1.5, {"transom": 70_000_000}, 0, 2.0, {}, {})
    lines = validate.markdown([validate.Row("1,000", 1195, {"nothing known": [run]})]).splitlines()
    assert lines[-1] == "| 1,000 | 1195 | nothing known | 1.50 | 2 | 2.00 | 70 | 0 |"


def test_many_environments_are_written(tmp_path: Any) -> None:
    """Each has its own overlays and the same objects, all are committed, and the change touches the first alone."""
    objects = plan.write(tmp_path, "nowhere", 3, 50)
    assert objects == 50
    names = ("env-01", "env-02", "env-03")
    assert tuple(sorted(file.stem for file in (tmp_path / "environments").glob("*.yaml"))) == names
    project = Project(tmp_path)

    def digests() -> dict[str, str]:
        environments = {name: load.environment(tmp_path / "environments", name) for name in names}
        snapshot = Snapshot("repository", "directory", tmp_path / "repository")
        return {name: load.load(found, [snapshot], renderer()).digest for name, found in environments.items()}

    before = digests()
    assert project.environments() == names
    plan.change(tmp_path)
    after = digests()
    assert [name for name in names if before[name] != after[name]] == ["env-01"]


def test_the_peer_gets_the_same_objects(tmp_path: Path) -> None:
    """What Flux's archives hold is what Transom's catalog has: four objects for each application, in the same namespaces."""
    count = 30
    generate.project(Target(tmp_path, "nowhere", "tenant"))
    peer.repository(tmp_path / "repository", "nowhere", count)
    catalog = load.load(
        load.environment(tmp_path / "environments", "bench"), [Snapshot("repository", "directory", tmp_path / "repository")], renderer()
    )
    ours = {
        (entry.document.spec.destination.namespace, found.data["kind"], found.data["metadata"]["name"])
        for entry in catalog.applications.values()
        for found in catalog.manifests[entry.identity]
    }
    theirs = set()
    for number in range(count):
        file = tmp_path / f"{number}.tar.gz"
        flux.archive(file, number)
        with tarfile.open(file) as archive:
            content = archive.extractfile("objects.yaml")
            assert content is not None
            theirs |= {(applications.tenant(number), one["kind"], one["metadata"]["name"]) for one in yaml.safe_load_all(content.read())}
    assert ours == theirs
    assert len(ours) == count * applications.OBJECTS
