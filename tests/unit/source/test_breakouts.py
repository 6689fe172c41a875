"""Ways out of a source: each is refused at its line, and nothing from outside is read, rendered or shown."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import pytest

from tests import repository
from tests.repository import APPLICATION, BASIC, CLUSTER, ENVIRONMENT
from transom.catalog.project import Project
from transom.errors import InvalidDocuments
from transom.source.memory import MemorySource

SECRET = "example-of-what-lies-outside"
"""What the files outside hold: it must turn up nowhere."""

_MAP = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: leaked}}\ndata: {{a: {SECRET}}}\n"
_KUSTOMIZED = {name: text for name, text in BASIC.items() if "settings" not in name}

OUTSIDE = "../../../outside"
"""The folder outside, as seen from the application."""

Plant = Callable[[Path, Path], None]
"""Puts something into the source (first) that leads to the folder outside (second)."""


def _link(name: str, to: str = "") -> Plant:
    """A link in the source to something outside."""

    def plant(root: Path, outside: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(outside / to if to else outside)

    return plant


def _two_links(root: Path, outside: Path) -> None:
    """A link in the source to another one, which leads out."""
    _link("applications/hop")(root, outside)
    (root / "applications" / "shop").mkdir()
    (root / "applications" / "shop" / "leak.txt").symlink_to("../hop/secret.txt")


def _nothing(_: Path, __: Path) -> None:
    """All of it is in the documents."""


@dataclass(frozen=True)
class Way:
    """A way out: a link, documents, or both, and the reason for which it is refused."""

    files: Mapping[str, str]
    plant: Plant = _nothing
    reason: str = "PathOutsideSource"


def _unit(kustomization: str, files: Mapping[str, str] | None = None, resources: str = "application.yaml") -> dict[str, str]:
    """The application with this kustomization, and files beside it."""
    more = {f"applications/shop/{name}": text for name, text in (files or {}).items()}
    return {**_KUSTOMIZED, "applications/shop/kustomization.yaml": f"resources: [{resources}]\n{kustomization}\n", **more}


def _generated(what: str) -> dict[str, str]:
    return _unit(f"configMapGenerator: [{{name: a, {what}}}]")


def _program(key: str, how: str = "exec: {path: ./run.sh}") -> Way:
    return Way(_unit(f"{key}: [run.yaml]", {"run.yaml": _FUNCTION.format(how=how)}), reason="ForbiddenPlugin")


_FUNCTION = """\
apiVersion: example.com/v1
kind: Leak
metadata:
  name: leak
  annotations:
    config.kubernetes.io/function: |
      {how}
"""
_GO = "apiVersion: example.com/v1\nkind: Leak\nmetadata: {name: leak}\n"
_INLINE = "transformers:\n- |-\n" + indent(_FUNCTION.format(how="exec: {path: ./run.sh}"), "  ").rstrip()

WAYS: Mapping[str, Way] = {
    "a file of a plain unit is a link": Way(BASIC, _link("applications/shop/leak.yaml", "map.yaml")),
    "a unit's folder is a link": Way(BASIC, _link("applications/evil")),
    "a unit's folder is a link to a kustomization": Way(BASIC, _link("applications/evil", "kustomized")),
    "an overlay is a link": Way(_KUSTOMIZED, _link("applications/shop/overlays/dev", "kustomized")),
    "a base is a link": Way(BASIC, _link("applications/evil/base", "kustomized")),
    "a room is a link": Way(BASIC, _link("resources")),
    "a cluster's folder is a link": Way(BASIC, _link("infrastructure/clusters/other", "cluster")),
    "a cluster's file is a link": Way(BASIC, _link("infrastructure/clusters/other/cluster.yaml", "cluster/cluster.yaml")),
    "a kustomization is a link": Way(_KUSTOMIZED, _link("applications/shop/kustomization.yaml", "kustomized/kustomization.yaml")),
    "a resource is a link": Way(_unit("", resources="application.yaml, leak.yaml"), _link("applications/shop/leak.yaml", "map.yaml")),
    "a resource's folder is a link": Way(_unit("", resources="application.yaml, leak"), _link("applications/shop/leak", "kustomized")),
    "a component is a link": Way(_unit("components: [leak]"), _link("applications/shop/leak", "kustomized")),
    "a patch is a link": Way(_unit("patches: [{path: patch.yaml}]"), _link("applications/shop/patch.yaml", "patch.yaml")),
    "a generator's file is a link": Way(_generated("files: [leak.txt]"), _link("applications/shop/leak.txt", "secret.txt")),
    "a generator's variables are a link": Way(_generated("envs: [leak.env]"), _link("applications/shop/leak.env", "secret.env")),
    "a link by way of a link": Way(_generated("files: [leak.txt]"), _two_links),
    "a resource above the source": Way(_unit("", resources=f"application.yaml, {OUTSIDE}/kustomized")),
    "a generator's file above the source": Way(_generated(f"files: [{OUTSIDE}/secret.txt]")),
    "a generator's file under another key": Way(_generated(f"files: ['k={OUTSIDE}/secret.txt']")),
    "an absolute path": Way(_generated("files: [/etc/hostname]")),
    "the machine's environment": Way(_generated("envs: [/proc/self/environ]")),
    "replacements above the source": Way(_unit(f"replacements: [{{path: {OUTSIDE}/patch.yaml}}]")),
    "definitions above the source": Way(_unit(f"openapi: {{path: {OUTSIDE}/secret.txt}}")),
    "a base on another host": Way(_unit("components: ['https://example.com/leak.yaml']"), reason="RemoteBase"),
    "a base over SSH": Way(_unit("components: ['git@example.com:leak.git']"), reason="RemoteBase"),
    "a base in short": Way(_unit("components: ['github.com/example/leak?ref=main']"), reason="RemoteBase"),
    "a base with a path": Way(_unit("components: ['example.com/team/leak.git//deploy?ref=v1']"), reason="RemoteBase"),
    "a program as transformer": _program("transformers"),
    "a program as generator": _program("generators"),
    "a program as validator": _program("validators"),
    "an image as transformer": _program("transformers", "container: {image: example.com/leak}"),
    "a program written inline": Way(_unit(_INLINE), reason="ForbiddenPlugin"),
    "a Go plugin": Way(_unit("transformers: [run.yaml]", {"run.yaml": _GO}), reason="ForbiddenPlugin"),
    "a plugin in a folder": Way(
        _unit("transformers: [run]", {"run/kustomization.yaml": "resources: [run.yaml]\n", "run/run.yaml": _GO}), reason="ForbiddenPlugin"
    ),
}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the source, with something in it for each way out."""
    folder = tmp_path / "outside"
    (folder / "kustomized").mkdir(parents=True)
    (folder / "cluster").mkdir()
    (folder / "secret.txt").write_text(SECRET)
    (folder / "secret.env").write_text(f"A={SECRET}\n")
    (folder / "map.yaml").write_text(_MAP)
    (folder / "patch.yaml").write_text(APPLICATION + f"  leak: {SECRET}\n")
    (folder / "kustomized" / "map.yaml").write_text(_MAP)
    (folder / "kustomized" / "kustomization.yaml").write_text("resources: [map.yaml]\n")
    (folder / "cluster" / "cluster.yaml").write_text(CLUSTER.replace("main", SECRET))
    return folder


@pytest.mark.parametrize("name", WAYS)
def test_no_way_leads_out(name: str, tmp_path: Path, outside: Path) -> None:
    """Whatever a document or a link in the source names outside of it is a mistake at its place, and is not repeated."""
    way = WAYS[name]
    way.plant(tmp_path / "platform", outside)
    with pytest.raises(InvalidDocuments) as caught:
        repository.catalog(tmp_path, way.files)
    assert way.reason in {problem.reason for problem in caught.value.problems}
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", [".git/config", "./.git/config", "../shop/.git/config"])
def test_gits_own_files_are_not_read(name: str, tmp_path: Path) -> None:
    """A checkout's `.git/config` may hold credentials: no document reads it, however it is spelt."""
    git = tmp_path / "platform" / "applications" / "shop" / ".git"
    git.mkdir(parents=True)
    (git / "config").write_text(SECRET)
    (problem,) = repository.problems(tmp_path, _generated(f"files: ['{name}']"))
    assert problem.reason == "PathOutsideSource"


_RUNS = """\
#!/bin/sh
cat > /dev/null
printf 'apiVersion: config.kubernetes.io/v1\\nkind: ResourceList\\nitems:\\n'
printf -- '- {apiVersion: v1, kind: ConfigMap, metadata: {name: made}, data: {token: "%s"}}\\n' "$EXAMPLE_TOKEN"
"""


def test_programs_where_the_platform_allows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `allow: [plugins]` the program runs, in each run anew, and finds no credentials in its environment."""
    files = _unit("generators: [run.yaml]", {"run.yaml": _FUNCTION.format(how="exec: {path: ./run.sh}"), "run.sh": _RUNS})
    monkeypatch.setenv("EXAMPLE_TOKEN", SECRET)
    monkeypatch.setenv("PATH", str(Path(repository.kustomize()).parent), prepend=os.pathsep)
    root = MemorySource("platform", files, tmp_path / "platform").snapshot().root
    (root / "applications/shop/run.sh").chmod(0o755)
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/dev.yaml").write_text(ENVIRONMENT + "  allow: [plugins]\n")
    found = Project(tmp_path).catalog("dev")
    made = {manifest.name: manifest for manifest in found.manifests["Application/shop"]}
    assert made["made"].data["data"] == {"token": ""}
    assert made["made"].at().path.startswith(str(tmp_path))
    (root / "applications/shop/run.sh").write_text(_RUNS.replace("name: made", "name: changed"))
    again = Project(tmp_path).catalog("dev")
    assert [manifest.name for manifest in again.manifests["Application/shop"]] == ["changed"]


def test_bases_on_other_hosts_where_the_platform_allows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `allow: [remoteBases]` a base is fetched from its repository, and a mistake in it is told at the kustomization that names it."""
    monkeypatch.setenv("PATH", str(Path(repository.kustomize()).parent), prepend=os.pathsep)
    library = tmp_path / "library"
    library.mkdir()
    (library / "kustomization.yaml").write_text("resources: [map.yaml]\n")
    (library / "map.yaml").write_text(_MAP)
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=library, check=True)
    MemorySource("platform", _unit("", resources=f"application.yaml, 'file://{library}//.?ref=main'"), tmp_path / "platform").snapshot()
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/dev.yaml").write_text(ENVIRONMENT + "  allow: [remoteBases]\n")
    found = Project(tmp_path).catalog("dev")
    (manifest,) = found.manifests["Application/shop"]
    assert (manifest.name, manifest.at().path.rpartition("/")[2]) == ("leaked", "kustomization.yaml")


@pytest.mark.parametrize("name", ["applications/shop/pipe.yaml", "applications/shop/kustomization.yaml", "tenants/pipe.yaml"])
def test_pipes_do_not_hang(name: str, tmp_path: Path) -> None:
    """A pipe where a file is looked for is passed over or told; nobody waits for something to be written into it."""
    pipe = tmp_path / "platform" / name
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    repository.problems(tmp_path, dict(BASIC))
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("key", ["files", "envs"])
def test_a_generator_of_a_pipe(key: str, tmp_path: Path) -> None:
    """A generator that names a pipe or a device is told."""
    pipe = tmp_path / "platform" / "applications" / "shop" / "pipe"
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    (problem,) = repository.problems(tmp_path, _generated(f"{key}: [pipe]"))
    assert problem.reason == "MissingFile"


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """A file that no person wrote is told by its size, before it fills the memory."""
    huge = tmp_path / "platform" / "applications" / "shop" / "huge.yaml"
    huge.parent.mkdir(parents=True)
    with huge.open("wb") as file:
        file.truncate(100 * 2**30)  # takes no room on the disk
    (problem,) = repository.problems(tmp_path, dict(BASIC))
    assert problem.reason == "TooLarge"


@pytest.mark.parametrize("where", ["settings.yaml", "file.txt"])
def test_pointers_of_large_files(where: str, tmp_path: Path) -> None:
    """A pointer of Git LFS is told where it is read, as a document or by a generator, and never taken for the file itself."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"
    files = {**BASIC, "applications/shop/settings.yaml": pointer}
    if where == "file.txt":
        files = _unit("configMapGenerator: [{name: a, files: [file.txt]}]", {"file.txt": pointer})
    (problem,) = repository.problems(tmp_path, files)
    assert problem.reason == "LfsPointer"


def test_an_ordinary_repository_is_no_way_out(tmp_path: Path) -> None:
    """Links inside of the source, and files called like git's, are what they are."""
    shop = tmp_path / "platform" / "applications" / "shop"
    shop.mkdir(parents=True)
    (shop / "again.txt").symlink_to("../../notes.txt")
    named = "files: [.gitignore, gitconfig]"
    files = _unit(f"configMapGenerator: [{{name: a, {named}}}]", {".gitignore": "x", "gitconfig": "x"}) | {"notes.txt": "x"}
    assert repository.problems(tmp_path, files) == ()
