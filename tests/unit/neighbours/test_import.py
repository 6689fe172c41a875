"""`transom import`: what is written is a repository of ours that says the same, and the report leaves nothing out."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import repository
from tests.unit.neighbours.conftest import REPOSITORIES
from transom.catalog import load
from transom.catalog.model import Catalog
from transom.cli import main
from transom.source.directory import DirectorySource

_ENVIRONMENT = """\
apiVersion: transom.dev/v1
kind: Environment
metadata: {{name: {environment}}}
spec:
  sources: [{{name: moved, path: moved}}]
  clusters: {{matchLabels: {{environment: {environment}}}}}
  aws: {{region: eu-central-1}}
"""


def _catalog(folder: Path, environment: str) -> Catalog:
    environments = folder.parent / "environments"
    environments.mkdir(exist_ok=True)
    (environments / f"{environment}.yaml").write_text(_ENVIRONMENT.format(environment=environment), encoding="utf-8")
    snapshot = DirectorySource("moved", folder).snapshot()
    return load.load(load.environment(environments, environment), [snapshot], repository.renderer())


def _objects(catalog: Catalog) -> dict[str, dict[tuple[str, ...], object]]:
    return {owner: {one.key: one.data for one in found} for owner, found in catalog.manifests.items()}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the tools at hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(repository.CHECKOUT / ".tools" / "bin"), prepend=":")
    return tmp_path


@pytest.mark.parametrize(
    "system, folder, environment, entry",
    [
        ("argocd", "argo", "dev", "platform"),
        ("flux", "flux", "staging", "clusters/staging"),
        ("flux", "flux", "production", "clusters/production"),
    ],
)
def test_what_is_written_says_the_same(  # noqa: PLR0917 - a scenario
    system: str, folder: str, environment: str, entry: str, here: Path, opened: Callable[[str, str, str], Catalog]
) -> None:
    """The written repository is valid, and has the same applications, policies, order and objects as the one that it was made of."""
    assert main.run(["import", system, str(REPOSITORIES / folder), "--entry", entry, "--environment", environment, "--to", "moved"]) == 0
    moved, before = _catalog(here / "moved", environment), opened(folder, environment, entry)
    assert {name: entry.document.spec for name, entry in moved.applications.items()} == {
        name: entry.document.spec for name, entry in before.applications.items()
    }
    assert _objects(moved) == _objects(before)
    assert {name: entry.document.spec.confined for name, entry in moved.tenants.items()} == {
        name: entry.document.spec.confined for name, entry in before.tenants.items()
    }


def test_a_repository_can_be_moved_in_place(here: Path, opened: Callable[[str, str, str], Catalog]) -> None:
    """Written into itself, the new documents use the files that are there, and nothing of them is changed."""
    shutil.copytree(REPOSITORIES / "argo", here / "moved")
    before = {file: file.read_bytes() for file in (here / "moved").rglob("*") if file.is_file()}
    assert main.run(["import", "argocd", "moved", "--to", "moved"]) == 0
    assert {file: file.read_bytes() for file in before} == before
    assert _objects(_catalog(here / "moved", "dev")) == _objects(opened("argo", "dev", "platform"))


def test_nothing_that_is_there_is_overwritten(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of another content is a refusal before anything is written; the same content is not."""
    assert main.run(["import", "argocd", str(REPOSITORIES / "argo"), "--to", "moved"]) == 0
    assert main.run(["import", "argocd", str(REPOSITORIES / "argo"), "--to", "moved"]) == 0
    (here / "moved" / "tenants" / "default.yaml").write_text("mine\n", encoding="utf-8")
    (here / "moved" / "applications" / "plain" / "application.yaml").unlink()
    assert main.run(["import", "argocd", str(REPOSITORIES / "argo"), "--to", "moved"]) == 1
    assert "tenants/default.yaml exists already" in capsys.readouterr().err
    assert not (here / "moved" / "applications" / "plain" / "application.yaml").exists()


def test_without_a_folder_it_shows(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every file is printed with the place it was made of; the report goes to standard error; nothing is written."""
    assert main.run(["import", "argocd", str(REPOSITORIES / "argo")]) == 0
    printed = capsys.readouterr()
    assert f"# applications/plain/application.yaml, from {REPOSITORIES}/argo/apps/plain.yaml:1:1" in printed.out.replace(
        "from tests/", f"from {repository.CHECKOUT}/tests/"
    )
    assert "Application root" in printed.err
    assert "spec.revisionHistoryLimit left out: the history is kept with the state" in printed.err
    assert "hook SyncFail is not applied" in printed.err
    assert [one.name for one in here.iterdir() if one.name != ".transom"] == []


def test_a_dry_run_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It lists what would be written."""
    assert main.run(["import", "argocd", str(REPOSITORIES / "argo"), "--to", "moved", "--dry-run"]) == 0
    assert "would write moved/applications/plain/application.yaml" in capsys.readouterr().out
    assert not (here / "moved").exists()


def test_several_environments_are_moved_one_at_a_time(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A repository with clusters/staging and clusters/production is not moved before one of them is chosen."""
    del here
    assert main.run(["import", "flux", str(REPOSITORIES / "flux")]) == 1
    assert "write --entry clusters/production or --entry clusters/staging" in capsys.readouterr().err


def test_what_cannot_be_converted_is_told_and_not_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake ends it with the documents' exit code, and no half of a repository is left."""
    shutil.copytree(REPOSITORIES / "argo", here / "theirs")
    plain = here / "theirs" / "apps" / "plain.yaml"
    plain.write_text(plain.read_text(encoding="utf-8").replace("directory:", "plugin: {name: x}\n    directory:"), encoding="utf-8")
    assert main.run(["import", "argocd", "theirs", "--to", "moved"]) == 3
    assert "theirs/apps/plain.yaml:13:5: spec.source.plugin is not supported" in capsys.readouterr().err
    assert not (here / "moved").exists()


def test_a_folder_without_documents_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to move is a failure, with the kinds that were looked for."""
    (here / "empty").mkdir()
    (here / "empty" / "a.yaml").write_text("a: b\n", encoding="utf-8")
    assert main.run(["import", "flux", "empty"]) == 1
    assert "GitRepository, Kustomization" in capsys.readouterr().err
