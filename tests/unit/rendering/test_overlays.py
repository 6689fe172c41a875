"""Kustomized units: nothing is rendered twice, every edit counts, and it makes no difference which way a unit is rendered."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import repository
from transom.rendering.render import Renderer, Rendering
from transom.rendering.store import Store
from transom.rendering.units import find
from transom.source.base import Snapshot
from transom.source.git import GitSource
from transom.source.memory import MemorySource

SETTINGS = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: "1"}\n'
WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n"
FILES: Mapping[str, str] = {
    "applications/shop/base/kustomization.yaml": (
        "resources: [settings.yaml, web.yaml]\nconfigMapGenerator: [{name: g, envs: [extra.env]}, {name: f, files: [a.txt]}]\n"
    ),
    "applications/shop/base/settings.yaml": SETTINGS,
    "applications/shop/base/web.yaml": WEB,
    "applications/shop/base/extra.env": "A=1\n",
    "applications/shop/base/a.txt": "x",
    "applications/shop/base/README.md": "not part of it",
    "applications/shop/overlays/dev/kustomization.yaml": (
        "resources: [../../base]\ncomponents: [../../../../components/labels]\npatches: [{path: patch.yaml}]\n"
    ),
    "applications/shop/overlays/dev/patch.yaml": WEB.replace("1}", "2}"),
    "applications/shop/overlays/production/kustomization.yaml": "resources: [../../base]\n",
    "applications/site/kustomization.yaml": "resources: [site.yaml]\ntransformers: [labels.yaml]\n",
    "applications/site/labels.yaml": (
        "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: more/patch.yaml\ntarget: {kind: ConfigMap}\n"
    ),
    "applications/site/more/patch.yaml": '[{"op": "add", "path": "/data/b", "value": "2"}]\n',
    "applications/site/site.yaml": SETTINGS,
    "components/labels/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nlabels: [{pairs: {team: a}}]\n"
    ),
}


@dataclass(frozen=True)
class Counting:
    """A Kustomize that writes down how often it was asked to build."""

    program: Path
    log: Path

    def renderer(self, cache: Path | None) -> Renderer:
        """One that asks it."""
        return Renderer(str(self.program), Store(cache))

    @property
    def builds(self) -> int:
        """How often it was asked to build."""
        return self.log.read_text().split().count("build") if self.log.exists() else 0


@pytest.fixture
def counting(tmp_path: Path) -> Counting:
    """The real program behind a script that counts."""
    program, log = tmp_path / "bin" / "kustomize", tmp_path / "calls"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$1" >> {log}\nexec {repository.program("kustomize")} "$@"\n')
    program.chmod(0o755)
    return Counting(program, log)


def laid_out(folder: Path, files: Mapping[str, str] = FILES) -> Snapshot:
    """The repository on disk."""
    return MemorySource("platform", files, folder / "platform").snapshot()


def told(rendering: Rendering) -> str:
    """Everything that is rendered, byte for byte, and where it comes from."""
    assert not rendering.problems, rendering.problems
    return json.dumps([(one.data, one.trace.file, str(one.trace.locate(one.data, ("metadata",)))) for one in rendering.documents])


def test_an_untouched_unit_is_not_rendered_again(tmp_path: Path, counting: Counting) -> None:
    """The second time nothing is run, and documents and places are the same."""
    made = laid_out(tmp_path)
    first = told(counting.renderer(tmp_path / "cache").render(find(made, "dev")))
    assert counting.builds == 2
    assert told(counting.renderer(tmp_path / "cache").render(find(made, "dev"))) == first
    assert counting.builds == 2


def test_another_checkout_shares_what_was_rendered(tmp_path: Path, counting: Counting) -> None:
    """The same content in another folder is the same; places are told there."""
    made = laid_out(tmp_path)
    counting.renderer(tmp_path / "cache").render(find(made, "dev"))
    shutil.copytree(made.root, tmp_path / "copy")
    second = counting.renderer(tmp_path / "cache").render(find(Snapshot("platform", "memory", tmp_path / "copy"), "dev"))
    assert counting.builds == 2
    assert second.documents[0].trace.origin.is_relative_to(tmp_path / "copy")


def test_a_commit_shares_what_a_folder_came_to(tmp_path: Path, counting: Counting) -> None:
    """A unit that was rendered from the working tree is not rendered again from the commit that holds it, nor from the next one."""
    made = laid_out(tmp_path)
    first = told(counting.renderer(tmp_path / "cache").render(find(made, "dev")))
    _git(made.root, "init", "-q", "-b", "main")
    _git(made.root, "add", "-A")
    _git(made.root, "commit", "-q", "-m", "one")
    source = GitSource("platform", str(made.root), "main", ".", tmp_path / "clones")
    snapshot = source.snapshot()
    assert snapshot.listing is not None
    assert told(counting.renderer(tmp_path / "cache").render(find(snapshot, "dev"))) == first
    (made.root / "applications/shop/base/README.md").write_text("changed")
    (made.root / "applications/site/site.yaml").write_text(SETTINGS.replace("1", "3"))
    _git(made.root, "commit", "-q", "-a", "-m", "two")
    assert told(counting.renderer(tmp_path / "cache").render(find(source.snapshot(), "dev"))) != first
    assert counting.builds == 3


def _git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


EDITS = [
    ("applications/shop/base/web.yaml", WEB.replace("1}", "3}"), 1),
    ("applications/shop/base/extra.env", "A=2\n", 1),
    ("applications/shop/base/a.txt", "y", 1),
    ("applications/shop/base/kustomization.yaml", "resources: [settings.yaml, web.yaml]\n", 1),
    ("applications/shop/overlays/dev/patch.yaml", WEB.replace("1}", "4}"), 1),
    ("components/labels/kustomization.yaml", FILES["components/labels/kustomization.yaml"].replace("team: a", "team: b"), 1),
    ("applications/site/labels.yaml", FILES["applications/site/labels.yaml"].replace("name: p", "name: q"), 1),
    ("applications/site/more/patch.yaml", '[{"op": "add", "path": "/data/b", "value": "3"}]\n', 1),
    ("applications/shop/base/README.md", "changed", 0),
    ("applications/shop/overlays/production/kustomization.yaml", "resources: [../../base]\nnamePrefix: x-\n", 0),
]


@pytest.mark.parametrize("name, text, builds", EDITS, ids=[edit[0] for edit in EDITS])
def test_one_edit_renders_what_depends_on_it(tmp_path: Path, counting: Counting, name: str, text: str, builds: int) -> None:
    """A change in a file that a result depends on is rendered anew, one in any other file is not; the other unit never is."""
    made = laid_out(tmp_path)
    counting.renderer(tmp_path / "cache").render(find(made, "dev"))
    (made.root / name).write_text(text)
    changed = told(counting.renderer(tmp_path / "cache").render(find(made, "dev")))
    assert counting.builds == 2 + builds
    assert told(repository.renderer().render(find(made, "dev"))) == changed


def test_an_edit_that_keeps_size_and_time_counts(tmp_path: Path, counting: Counting) -> None:
    """Rewritten within the clock's tick, with the old modification time put back: it is seen all the same."""
    made = laid_out(tmp_path)
    counting.renderer(tmp_path / "cache").render(find(made, "dev"))
    file = made.root / "applications/shop/base/a.txt"
    status = file.stat()
    file.write_text("y")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    counting.renderer(tmp_path / "cache").render(find(made, "dev"))
    assert counting.builds == 3


def test_a_second_kustomization_file_counts(tmp_path: Path, counting: Counting) -> None:
    """Kustomize refuses a folder with two kustomizations; that one of them was rendered before hides nothing."""
    made = laid_out(tmp_path)
    counting.renderer(tmp_path / "cache").render(find(made, "dev"))
    (made.root / "applications/shop/base/Kustomization").write_text("resources: []\n")
    assert counting.renderer(tmp_path / "cache").render(find(made, "dev")).problems


def test_a_link_inside_the_source_is_followed(tmp_path: Path, counting: Counting) -> None:
    """A linked file counts by what it leads to."""
    made = laid_out(tmp_path)
    (made.root / "shared.env").write_text("A=1\n")
    (made.root / "applications/shop/base/extra.env").unlink()
    (made.root / "applications/shop/base/extra.env").symlink_to("real.env")
    (made.root / "applications/shop/base/real.env").write_text("A=1\n")
    first = told(counting.renderer(tmp_path / "cache").render(find(made, "dev")))
    assert told(counting.renderer(tmp_path / "cache").render(find(made, "dev"))) == first
    assert counting.builds == 2
    (made.root / "applications/shop/base/real.env").write_text("A=2\n")
    assert told(counting.renderer(tmp_path / "cache").render(find(made, "dev"))) != first


@pytest.mark.parametrize("damage", ["torn", "text", "folder", "swapped", "unwritable"])
def test_a_damaged_store_costs_time_only(tmp_path: Path, damage: str) -> None:
    """A torn, foreign, changed or unwritable store is as good as none."""
    made, cache = laid_out(tmp_path), tmp_path / "cache"
    first = told(repository.renderer(cache).render(find(made, "dev")))
    (file,) = cache.glob("*.sqlite")
    match damage:
        case "torn":
            file.write_bytes(file.read_bytes()[:3000] + b"\0" * 5000)
        case "text":
            file.write_text("not a database")
        case "folder":
            for one in cache.iterdir():
                one.unlink()
            file.mkdir()
        case "swapped":
            with sqlite3.connect(file) as database:
                database.execute("UPDATE entries SET body = ? WHERE key LIKE 'unit:%'", (b"[[{}, 'x']]",))
            database.close()
        case _:
            shutil.rmtree(cache)
            cache.write_text("a file where the folder should be")
    for _ in range(2):
        assert told(repository.renderer(cache).render(find(made, "dev"))) == first


def test_both_ways_and_the_store_give_the_same_bytes(tmp_path: Path) -> None:
    """One by one, in batch, and from the store: the documents are the same, and so is their order."""
    odd = (
        SETTINGS
        + 'b: 2024-01-01\nc: {on: yes, op: "=", e: 1e3, f: 1.0, t: "1:30", a10: 1, a2: 2, n: null, z: ~, big: 12345678901234567890}\n'
    )
    made = laid_out(
        tmp_path,
        {
            **FILES,
            "applications/shop/base/settings.yaml": odd,
            "applications/site/kustomization.yaml": "resources: [site.yaml]\nsortOptions: {order: fifo}\n",
        },
    )
    single = told(Renderer(repository.program("kustomize")).render(find(made, "dev")))
    assert told(repository.renderer(tmp_path / "cache").render(find(made, "dev"))) == single
    assert told(repository.renderer(tmp_path / "cache").render(find(made, "dev"))) == single
    assert told(Renderer(repository.program("kustomize"), Store(tmp_path / "cache")).render(find(made, "dev"))) == single
