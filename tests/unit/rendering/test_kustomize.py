"""Kustomizations: what is wrong with one is told at its line, before and after the real Kustomize was asked."""

# ruff: noqa: E501 - the table of mistakes has one per line

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import repository
from transom.errors import Problem, ToolMissing
from transom.rendering.render import Renderer, Rendering
from transom.rendering.units import Room, find
from transom.source.base import Snapshot
from transom.source.memory import MemorySource

SETTINGS = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: "1"}\n'
WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n"
OVERLAY = "overlays/dev/kustomization.yaml"
GOOD: Mapping[str, str] = {
    "base/kustomization.yaml": "resources: [settings.yaml, web.yaml]\n",
    "base/settings.yaml": SETTINGS,
    "base/web.yaml": WEB,
    OVERLAY: "resources: [../../base]\n",
}


def snapshot(folder: Path, files: Mapping[str, str]) -> Snapshot:
    """A repository with the application `shop` made of GOOD and these files."""
    whole = {f"applications/shop/{name}": text for name, text in {**GOOD, **files}.items() if text}
    return MemorySource("platform", whole, folder / "platform").snapshot()


def render(folder: Path, files: Mapping[str, str], renderer: Renderer | None = None) -> Rendering:
    """That repository, rendered for `dev` by the real Kustomize."""
    return (renderer or repository.renderer()).render(find(snapshot(folder, files), "dev"))


WAYS = {"in batch": repository.renderer, "one by one": lambda: Renderer(repository.program("kustomize"))}
"""Both ways to run Kustomize: what is rendered and what is told is the same."""


MISTAKES: list[tuple[str, dict[str, str], str, str, str]] = [
    ("a file that is not there", {OVERLAY: "resources:\n  - ../../base\n  - webb.yaml\n", "overlays/dev/web.yaml": WEB}, f"{OVERLAY}:3:5", "MissingFile", "did you mean web.yaml?"),
    ("a folder without a kustomization", {OVERLAY: "resources: [../../bare]\n", "bare/x.txt": "x"}, f"{OVERLAY}:1:13", "MissingFile", "no kustomization.yaml"),
    ("a base on the internet", {OVERLAY: "resources: [https://example.com/base.yaml]\n"}, f"{OVERLAY}:1:13", "RemoteBase", "keep a copy"),
    ("a base on a forge", {OVERLAY: "resources: ['github.com/o/r//base?ref=v1']\n"}, f"{OVERLAY}:1:13", "RemoteBase", "keep a copy"),
    ("a path out of the source", {OVERLAY: "resources: [../../../../../elsewhere]\n"}, f"{OVERLAY}:1:13", "PathOutsideSource", "inside the repository"),
    ("a file of another folder", {OVERLAY: "resources: [../../base/web.yaml]\n"}, f"{OVERLAY}:1:13", "FileOutsideFolder", "name the folder"),
    ("a patch file that is not there", {OVERLAY: "resources: [../../base]\npatches:\n  - path: wep.yaml\n"}, f"{OVERLAY}:3:11", "MissingFile", "does not exist"),
    ("a generator's file that is not there", {OVERLAY: "configMapGenerator:\n  - name: x\n    files: [a=a.txt]\n"}, f"{OVERLAY}:3:13", "MissingFile", "a.txt"),
    ("an empty entry", {OVERLAY: "resources:\n  - ../../base\n  -\n"}, f"{OVERLAY}:3:4", "InvalidKustomization", "no path"),
    ("a number for a path", {OVERLAY: "resources: [1]\n"}, f"{OVERLAY}:1:13", "WrongType", "must be text"),
    ("text for a list", {OVERLAY: "resources: ../../base\n"}, f"{OVERLAY}:1:1", "WrongType", "must be a list"),
    ("a list for a kustomization", {OVERLAY: "- ../../base\n"}, f"{OVERLAY}:1:1", "InvalidKustomization", "mapping"),
    ("an impossible name", {OVERLAY: f"resources: [{'x' * 300}]\n"}, f"{OVERLAY}:1:13", "MissingFile", "does not exist"),
    ("a name with a NUL", {OVERLAY: 'resources: ["a\\0b"]\n'}, f"{OVERLAY}:1:13", "MissingFile", "does not exist"),
    ("a syntax error in a base", {"base/web.yaml": "kind: [\n"}, "base/web.yaml:2:1", "InvalidYaml", "not valid YAML"),
    ("a document without a name", {"base/web.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n"}, "base/web.yaml:3:1", "MissingField", "metadata.name"),
    ("a document without a kind", {"base/web.yaml": "apiVersion: v1\nmetadata: {name: x}\n"}, "base/web.yaml:1:1", "MissingField", "kind is missing"),
    ("a list for a document", {"base/web.yaml": "- a\n"}, "base/web.yaml:1:1", "NotADocument", "not a mapping"),
    ("a misspelt field", {OVERLAY: "resources: [../../base]\nresorces: [x]\n"}, f"{OVERLAY}:2:1", "UnknownField", "did you mean resources"),
    ("a field of the wrong type", {OVERLAY: "resources: [../../base]\nreplicas: [{name: web, count: many}]\n"}, f"{OVERLAY}:2:31", "WrongType", "must be a whole number"),
    ("a merge patch for nobody", {OVERLAY: "resources: [../../base]\npatches: [{path: p.yaml}]\n", "overlays/dev/p.yaml": WEB.replace("web", "wep")}, "overlays/dev/p.yaml:3:18", "PatchWithoutTarget", "did you mean web?"),
    ("a target that nothing has", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {kind: Deployment, name: wep}\n    patch: '[{\"op\": \"remove\", \"path\": \"/spec\"}]'\n"}, f"{OVERLAY}:3:13", "PatchWithoutTarget", "in silence"),
    ("a JSON patch of nothing", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: replace\n        path: /spec/x/y\n        value: 1\n"}, f"{OVERLAY}:6:15", "PatchWithoutTarget", "/spec/x/y"),
    ("an operation that does not exist", {OVERLAY: "resources: [../../base]\npatches:\n  - target: {kind: Deployment}\n    patch: |-\n      - op: repace\n        path: /spec\n        value: 1\n"}, f"{OVERLAY}:5:13", "InvalidValue", "repace"),
    ("replicas of nobody", {OVERLAY: "resources: [../../base]\nreplicas: [{name: wep, count: 3}]\n"}, f"{OVERLAY}:2:19", "PatchWithoutTarget", "did you mean web?"),
    ("the same object twice", {OVERLAY: "resources: [../../base, web.yaml]\n", "overlays/dev/web.yaml": WEB}, "overlays/dev/web.yaml:3:18", "DuplicateObject", "first at applications/shop/base/web.yaml:3:18"),
    ("a generator that adds to nothing", {OVERLAY: "configMapGenerator:\n  - name: x\n    behavior: merge\n    literals: [A=1]\n"}, f"{OVERLAY}:2:11", "GeneratorWithoutBase", "leave behavior out"),
    ("the same generator twice", {OVERLAY: "configMapGenerator:\n  - {name: x, literals: [A=1]}\n  - {name: x, literals: [A=2]}\n"}, f"{OVERLAY}:3:12", "DuplicateObject", "behavior: merge"),
    ("a literal without a value", {OVERLAY: "configMapGenerator:\n  - {name: x, literals: [A]}\n"}, f"{OVERLAY}:2:26", "InvalidValue", "NAME=value"),
    ("a chart", {OVERLAY: "helmCharts: [{name: x}]\n"}, f"{OVERLAY}:1:1", "NotSupported", "helm: in the Application"),
    ("a kustomization that contains itself", {"base/kustomization.yaml": "resources: [settings.yaml, web.yaml, ../overlays/dev]\n"}, "base/kustomization.yaml:1:38", "InvalidKustomization", "contains this kustomization"),
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mistake", [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
def test_mistakes(tmp_path: Path, mistake: tuple[dict[str, str], str, str, str], way: str) -> None:
    """Each mistake is told once, at the line to change, in words that let a person mend it, and names no folder of the machine."""
    files, place, reason, words = mistake
    problems = render(tmp_path, files, WAYS[way]()).problems
    assert [(str(one.where).removeprefix("applications/shop/"), one.reason) for one in problems] == [(place, reason)], problems
    assert words in str(problems[0])
    assert problems[0].hint
    assert str(tmp_path) not in str(problems[0])
    assert "/transom-" not in str(problems[0])
    assert "wrapper" not in str(problems[0])


def test_mistakes_are_told_together(tmp_path: Path) -> None:
    """Two wrong paths and a syntax error are three problems, in one go."""
    files = {OVERLAY: "resources: [../../base, a.yaml, b.yaml]\n", "base/web.yaml": "kind: [\n"}
    assert sorted(one.reason for one in render(tmp_path, files).problems) == ["InvalidYaml", "MissingFile", "MissingFile"]


def test_links_out_of_the_source(tmp_path: Path) -> None:
    """A link that leads out of the source is refused, in a kustomization as beside one."""
    made = snapshot(tmp_path, {})
    (tmp_path / "secret.yaml").write_text(SETTINGS)
    (made.root / "applications/shop/base/web.yaml").unlink()
    (made.root / "applications/shop/base/web.yaml").symlink_to(tmp_path / "secret.yaml")
    (made.root / "tenants").mkdir()
    (made.root / "tenants" / "leak.yaml").symlink_to(tmp_path / "secret.yaml")
    problems = repository.renderer().render(find(made, "dev")).problems
    assert {(one.reason, one.where.path) for one in problems} == {
        ("PathOutsideSource", "applications/shop/base/kustomization.yaml"),
        ("PathOutsideSource", "tenants/leak.yaml"),
    }


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    """A link to itself or to nothing is a missing file, not a crash."""
    made = snapshot(tmp_path, {OVERLAY: "resources: [../../base, self.yaml, gone.yaml]\n"})
    (made.root / "applications/shop/overlays/dev/self.yaml").symlink_to("self.yaml")
    (made.root / "applications/shop/overlays/dev/gone.yaml").symlink_to("nowhere.yaml")
    problems = repository.renderer().render(find(made, "dev")).problems
    assert [one.reason for one in problems] == ["MissingFile", "MissingFile"]


def test_a_missing_program(tmp_path: Path) -> None:
    """Without Kustomize the run ends with what to do; nothing is skipped."""
    with pytest.raises(ToolMissing) as caught:
        Renderer("kustomize-that-is-not-there").render(find(snapshot(tmp_path, {}), "dev"))
    assert caught.value.hint


def test_origins_leave_no_trace(tmp_path: Path) -> None:
    """What we ask Kustomize to note for us is not in what is applied; annotations of the user's stay."""
    annotated = SETTINGS.replace("metadata: {name: settings}", "metadata: {name: settings, annotations: {mine: x}}")
    documents = render(tmp_path, {"base/settings.yaml": annotated}).documents
    assert [one.data["metadata"].get("annotations") for one in documents] == [{"mine": "x"}, None]


def test_other_units_are_rendered_all_the_same(tmp_path: Path) -> None:
    """A unit with mistakes does not hide the others."""
    made = snapshot(tmp_path, {OVERLAY: "resources: [gone.yaml]\n"})
    (made.root / "tenants").mkdir()
    (made.root / "tenants/a.yaml").write_text(repository.TENANT)
    rendering = repository.renderer().render(find(made, "dev"))
    assert [one.unit.room for one in rendering.documents] == [Room.TENANTS]
    assert len(rendering.problems) == 1


# -- units ------------------------------------------------------------------------------------------------------------


def test_units_of_the_layout(tmp_path: Path) -> None:
    """Each folder of the layout is a unit; an overlay of another environment only leaves the unit out; hidden folders are none."""
    text = {"x.yaml": "a: 1\n"}
    folders = (
        "infrastructure/base", "infrastructure/clusters/main", "tenants", "databases", "resources", "applications/plain",
        "applications/based/base", "applications/only-production/overlays/production", "applications/both/overlays/dev",
        "applications/.hidden", "elsewhere",
    )  # fmt: skip
    made = MemorySource("p", {f"{folder}/{name}": body for folder in folders for name, body in text.items()}, tmp_path).snapshot()
    found = {(unit.room.value, unit.name): unit.folder.relative_to(tmp_path).as_posix() for unit in find(made, "dev")}
    assert found == {
        ("base", "base"): "infrastructure/base",
        ("cluster", "main"): "infrastructure/clusters/main",
        ("tenants", "tenants"): "tenants",
        ("application", "based"): "applications/based/base",
        ("application", "both"): "applications/both/overlays/dev",
        ("application", "plain"): "applications/plain",
        ("resources", "databases"): "databases",
        ("resources", "resources"): "resources",
    }


def test_plain_folders_are_read_in_order(tmp_path: Path) -> None:
    """Without a kustomization every YAML file below counts, in the order of paths; other files and hidden ones do not."""
    files = {"tenants/b.yaml": "n: b\n", "tenants/a/c.yml": "n: c\n", "tenants/.x.yaml": "n: x\n", "tenants/README.md": "x"}
    made = MemorySource("p", files, tmp_path).snapshot()
    assert [one.data["n"] for one in repository.renderer().render(find(made, "dev")).documents] == ["c", "b"]


def _reasons(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.reason for problem in problems]


def test_plain_folders_refuse_what_is_no_document(tmp_path: Path) -> None:
    """A list or a lone word in a folder of documents is a mistake, told where it begins."""
    made = MemorySource("p", {"tenants/a.yaml": "\n- x\n---\nword\n"}, tmp_path).snapshot()
    problems = repository.renderer().render(find(made, "dev")).problems
    assert _reasons(problems) == ["NotADocument", "NotADocument"]
    assert [problem.where.line for problem in problems] == [2, 4]
