"""Which source a neighbour's document means, and which folder of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from transom.catalog.neighbours.repositories import Repositories, Unmatched, normal
from transom.source.base import Snapshot
from transom.specs.source import SourceSpec


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/acme/fleet",
        "https://git.example.com/acme/fleet.git",
        "https://git.example.com/acme/fleet/",
        "http://git.example.com/acme/fleet",
        "https://Git.Example.com/Acme/Fleet",
        "ssh://git@git.example.com/acme/fleet",
        "ssh://git@git.example.com:22/acme/fleet.git",
        "git@git.example.com:acme/fleet.git",
        "git.example.com:acme/fleet",
    ],
)
def test_all_addresses_of_a_repository_are_one(url: str) -> None:
    """However a repository is written, it is the same one."""
    assert normal(url) == "git.example.com/acme/fleet"


def test_other_repositories_are_others() -> None:
    """Another host, owner or name is another repository."""
    urls = [
        "https://git.example.com/acme/fleet",
        "https://git.example.org/acme/fleet",
        "https://git.example.com/b/fleet",
        "git@git.example.com:acme/x",
    ]
    assert len({normal(url) for url in urls}) == 4


def _repositories(folder: Path, **specs: dict[str, object]) -> Repositories:
    sources = [SourceSpec.model_validate({"name": name, **spec}) for name, spec in specs.items()]
    return Repositories("dev", sources, {source.name: Snapshot(source.name, "directory", folder) for source in sources})


FLEET = "https://git.example.com/acme/fleet"


def test_a_folder_stands_for_the_repositories_it_names(tmp_path: Path) -> None:
    """A directory source is found by alsoKnownAs, at any revision."""
    found = _repositories(tmp_path, fleet={"path": "x", "alsoKnownAs": [FLEET]})
    assert found.find("git@git.example.com:acme/fleet.git", "v1").name == "fleet"


def test_the_revision_chooses_among_several(tmp_path: Path) -> None:
    """One repository at two revisions is two sources; HEAD and no revision mean the first."""
    found = _repositories(tmp_path, main={"repoURL": FLEET, "targetRevision": "main"}, old={"repoURL": FLEET, "targetRevision": "v1"})
    assert [found.find(FLEET, revision).name for revision in ("v1", "refs/tags/v1", "main", "HEAD", "")] == [
        "old",
        "old",
        "main",
        "main",
        "main",
    ]


@pytest.mark.parametrize(
    "url, revision, reason",
    [("https://git.example.com/acme/other", "HEAD", "UnknownRepository"), (FLEET, "v2", "UnknownRevision")],
)
def test_what_is_no_source_is_told(tmp_path: Path, url: str, revision: str, reason: str) -> None:
    """A repository or revision that the environment does not read gives its reason."""
    found = _repositories(tmp_path, main={"repoURL": FLEET, "targetRevision": "main"})
    with pytest.raises(Unmatched) as told:
        found.find(url, revision)
    assert told.value.reason == reason


@pytest.mark.parametrize("path", ["apps", "./apps", "/apps", "apps/"])
def test_paths_begin_at_the_root(tmp_path: Path, path: str) -> None:
    """However a path is written, it is one of the repository."""
    (tmp_path / "apps").mkdir()
    found = _repositories(tmp_path, fleet={"path": "x"})
    assert found.folder(found.sources[0], path) == (tmp_path / "apps").resolve()


def test_a_source_that_begins_below_the_root_takes_paths_of_the_repository(tmp_path: Path) -> None:
    """Documents name folders from the repository's root, wherever the source begins in it."""
    (tmp_path / "apps").mkdir()
    found = _repositories(tmp_path, fleet={"repoURL": FLEET, "path": "deploy"})
    assert found.folder(found.sources[0], "deploy/apps") == (tmp_path / "apps").resolve()
    with pytest.raises(Unmatched) as told:
        found.folder(found.sources[0], "apps")
    assert told.value.reason == "PathOutsideSource"


@pytest.mark.parametrize(
    "path, reason",
    [("../x", "PathOutsideSource"), ("a/../../x", "PathOutsideSource"), ("gone", "MissingFile"), ("out", "PathOutsideSource")],
)
def test_paths_stay_inside(tmp_path: Path, path: str, reason: str) -> None:
    """Neither dots nor links lead out of a source."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "out").symlink_to(tmp_path)
    found = _repositories(tmp_path / "inside", fleet={"path": "x"})
    with pytest.raises(Unmatched) as told:
        found.folder(found.sources[0], path)
    assert told.value.reason == reason
