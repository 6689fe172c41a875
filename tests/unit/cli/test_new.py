"""`transom new`: documents that are valid as they are written, in their place, and nothing else touched."""

# ruff: noqa: E501 - the tables have one case per line

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests import repository
from tests.repository import CHECKOUT
from transom.catalog.project import Project
from transom.cli import main
from transom.scaffold import kustomization, text
from transom.scaffold.text import LEAST, Owner
from transom.specs import schema
from transom.specs.kinds import KINDS

PLATFORM = "examples/platform"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example repository with its environments and schemas; the working directory."""
    for folder in ("environments", "examples", "schemas"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(repository.kustomize()).parent}:/usr/bin:/bin")
    return tmp_path


PLACES = [
    ("Environment", "trial", [], "environments/trial.yaml"),
    ("Cluster", "big", [], f"{PLATFORM}/infrastructure/clusters/big/cluster.yaml"),
    ("Network", "dev", [], f"{PLATFORM}/infrastructure/clusters/dev/network.yaml"),
    ("Network", "shared", [], f"{PLATFORM}/resources/shared.yaml"),
    ("Tenant", "team-c", [], f"{PLATFORM}/tenants/team-c.yaml"),
    ("Application", "board", ["--tenant", "team-b"], f"{PLATFORM}/applications/board/base/application.yaml"),
    ("Database", "reports", ["--tenant", "team-a"], f"{PLATFORM}/databases/reports.yaml"),
    ("Database", "books", ["--app", "ledger"], f"{PLATFORM}/applications/ledger/base/database.yaml"),
    ("Database", "more", ["--app", "shop"], f"{PLATFORM}/applications/shop/base/database-more.yaml"),
    ("Bucket", "files", ["--tenant", "team-a"], f"{PLATFORM}/resources/files.yaml"),
    ("Queue", "mail", ["--app", "site", "--env", "staging"], f"{PLATFORM}/applications/site/overlays/staging/queue.yaml"),
    ("Topic", "news", ["--app", "ledger"], f"{PLATFORM}/applications/ledger/base/topic.yaml"),
    ("Cache", "sessions", ["--app", "ledger"], f"{PLATFORM}/applications/ledger/base/cache.yaml"),
    ("Table", "carts", ["--app", "ledger"], f"{PLATFORM}/applications/ledger/base/table.yaml"),
    ("CompositeDefinition", "order-store", [], f"{PLATFORM}/infrastructure/compositions/order-store.yaml"),
]  # fmt: skip


@pytest.mark.parametrize("kind, name, options, place", PLACES)
def test_a_new_document(kind: str, name: str, options: list[str], place: str, project: Path) -> None:
    """It lies where its kind belongs, is part of the repository, valid for editor and Transom, and names its schema."""
    assert main.run(["new", kind, name, *options]) == 0
    file = project / place
    written = file.read_text(encoding="utf-8")
    data = yaml.safe_load(written)
    Draft202012Validator(schema.of(kind)).validate(data)
    first = written.splitlines()[0].partition("$schema=")[2]
    assert (file.parent / first).resolve() == project / "schemas" / f"{kind}.json"
    if kind == "Environment":  # which has no cluster yet
        assert Project(Path()).environment(name).document.spec.sources[0].path == PLATFORM
        return
    assert main.run(["validate"]) == 0
    # a cluster belongs to the environments that select it, a definition to none
    if kind not in ("Cluster", "CompositeDefinition"):
        assert f"{kind}/{name}" in Project(Path()).catalog("staging" if "--env" in options else "dev").entries


def test_every_kind_has_a_text() -> None:
    """A kind without a text cannot be begun with `transom new`."""
    assert set(LEAST) == set(KINDS)


@pytest.mark.parametrize("kind", LEAST)
def test_every_field_is_there_and_every_example_is_valid(kind: str) -> None:
    """Each field of the kind is shown; taking the comment sign away from one of them gives a valid document."""
    written = text.of(kind, "shop", Owner("team-a", "shop"), "x.json")
    data = yaml.safe_load(written)
    Draft202012Validator(schema.of(kind)).validate(data)
    KINDS[kind].model_validate(data)
    for field in schema.of(kind)["$defs"][f"{kind}Spec"]["properties"]:
        lines = written.splitlines()
        at = next((i for i, line in enumerate(lines) if line.startswith((f"  {field}:", f"  # {field}:"))), None)
        assert at is not None, field
        if not lines[at].startswith("  # ") or lines[at].endswith(":"):
            continue
        end = next((i for i in range(at, len(lines)) if not lines[i].strip()), len(lines))
        opened = [*lines[:at], *(line.replace("  # ", "  ", 1) for line in lines[at:end]), *lines[end:]]
        changed = yaml.safe_load("\n".join(opened).replace("spec: {}", "spec:"))
        assert field in changed["spec"], field
        if kind == "Cluster" and field == "eks":
            continue  # instead of, not beside, `existing`
        Draft202012Validator(schema.of(kind)).validate(changed)
        if field != "localIndexes":  # which need a sort key
            KINDS[kind].model_validate(changed)


REFUSED = [
    ("a kind that there is not", ["new", "Databse", "x"], "did you mean Database?"),
    ("a name that cannot be", ["new", "Tenant", "My_Team"], "lower case"),
    ("nobody's", ["new", "Queue", "x"], "there are team-a, team-b"),
    ("nobody's application", ["new", "Application", "x"], "--tenant TENANT (there are team-a, team-b)"),
    ("two owners", ["new", "Queue", "x", "--app", "shop", "--tenant", "team-a"], "two owners"),
    ("an application that there is not", ["new", "Queue", "x", "--app", "shpo"], "did you mean shop?"),
    ("a tenant that there is not", ["new", "Queue", "x", "--tenant", "team-x"], "did you mean"),
    ("an overlay that there is not", ["new", "Queue", "x", "--app", "shop", "--env", "test"], "is not there"),
    ("an overlay of nothing", ["new", "Queue", "x", "--tenant", "team-a", "--env", "dev"], "write --app too"),
    ("a tenant of a tenant", ["new", "Tenant", "x", "--tenant", "team-a"], "belongs to the platform"),
    ("an application in an application", ["new", "Application", "x", "--app", "shop"], "a folder of its own"),
    ("a file that is there", ["new", "Tenant", "team-a"], "nothing is overwritten"),
    ("a document that is there", ["new", "Database", "shop", "--tenant", "team-a"], "is declared already, in examples/platform/applications/shop/base/database.yaml"),
    ("an application that is there", ["new", "Application", "shop", "--tenant", "team-a"], "nothing is overwritten"),
    ("a way out of the repository", ["new", "Tenant", "../../x"], "is no name"),
]  # fmt: skip


@pytest.mark.parametrize("words, said", [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused(words: list[str], said: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake on the command line is told with what to write, and no file is written or changed."""
    before = {file: file.read_bytes() for file in project.rglob("*") if file.is_file()}
    assert main.run(words) == 1
    assert said in capsys.readouterr().err
    assert {file: file.read_bytes() for file in project.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("word", ["database", "databases", "DATABASE", "Databases"])
def test_ways_to_write_a_kind(word: str) -> None:
    """Whoever writes a kind as kubectl takes it is understood."""
    assert main.run(["new", word, "reports", "--tenant", "team-a"]) == 0


def test_a_schema_that_is_missing_is_written(project: Path) -> None:
    """A repository without schemas gets the one that the document names."""
    shutil.rmtree(project / "schemas")
    assert main.run(["new", "Tenant", "team-c"]) == 0
    assert (project / "schemas" / "Tenant.json").read_text(encoding="utf-8") == schema.text("Tenant")


KUSTOMIZATIONS = [
    ("a block", "resources:\n  - a.yaml # first\n  - b.yaml # last\nnamespace: x\n", "resources:\n  - a.yaml # first\n  - b.yaml # last\n  - n.yaml\nnamespace: x\n"),
    ("a block without indentation", "resources:\n- a.yaml\nimages: []\n", "resources:\n- a.yaml\n- n.yaml\nimages: []\n"),
    ("a block at the end of a file without a line end", "resources:\n  - a.yaml", "resources:\n  - a.yaml\n  - n.yaml\n"),
    ("a list in brackets", "# c\nresources: [a.yaml, b.yaml] # d\n", "# c\nresources: [a.yaml, b.yaml, n.yaml] # d\n"),
    ("brackets over lines", "resources: [\n  a.yaml, # d\n]\n", "resources: [\n  a.yaml, n.yaml, # d\n]\n"),
    ("an empty list", "resources: []\nnamespace: x\n", "resources: [n.yaml]\nnamespace: x\n"),
    ("no value", "resources:\nnamespace: x\n", "resources: [n.yaml]\nnamespace: x\n"),
    ("no resources", "namespace: x\n", "namespace: x\nresources:\n  - n.yaml\n"),
    ("nothing", "", "resources:\n  - n.yaml\n"),
    ("a comment alone", "# to do\n", "# to do\nresources:\n  - n.yaml\n"),
    ("named already", "resources:\n  - n.yaml\n", "resources:\n  - n.yaml\n"),
    ("quotes and odd signs", "resources:\n  - 'ü b.yaml'\n  - \"a\"\n# end\n", "resources:\n  - 'ü b.yaml'\n  - \"a\"\n  - n.yaml\n# end\n"),
]  # fmt: skip


@pytest.mark.parametrize("before, after", [case[1:] for case in KUSTOMIZATIONS], ids=[case[0] for case in KUSTOMIZATIONS])
def test_named_in_a_kustomization(before: str, after: str) -> None:
    """The file's name is added to the resources; every other sign stays."""
    assert kustomization.with_resource(before, "n.yaml") == after
    assert "n.yaml" in yaml.safe_load(after)["resources"]


@pytest.mark.parametrize("written", ["{resources: [a.yaml]}\n", "- a\n", "resources: a.yaml\n", "resources: [\n"])
def test_a_kustomization_that_is_not_understood(written: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be added to is left alone, and no document is written either."""
    file = project / PLATFORM / "applications/ledger/base/kustomization.yaml"
    file.write_text(written, encoding="utf-8")
    assert main.run(["new", "Queue", "x", "--app", "ledger"]) == 1
    assert "by hand" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == written
    assert not (file.parent / "queue.yaml").exists()
