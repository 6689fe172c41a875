"""Whole sets, from files to a catalog: what is generated, what it takes, and that a set with a mistake deletes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.applicationsets.ground import CONFIG_MAP, SET, a_set, catalog, problems, told
from transom.catalog import drawing, graph, stored

FOLDERS = "- git: {directories: [{path: 'applications/*'}, {path: applications/sets, exclude: true}]}"
FROM_FOLDER = "source: {path: '{{path}}'}\ndestination: {cluster: one, namespace: '{{path.basename}}'}"


def test_one_application_for_each_cluster(tmp_path: Path) -> None:
    """What lies beside a set goes to every cluster of the environment, and to no other environment's."""
    found = catalog(tmp_path, {SET: a_set("- clusters: {}"), "applications/sets/settings.yaml": CONFIG_MAP})
    assert dict(found.placements) == {"web-one": "one", "web-two": "two"}
    assert [len(found.manifests[f"Application/{name}"]) for name in ("web-one", "web-two")] == [1, 1]
    assert {entry.generated_by for entry in found.applications.values()} == {"ApplicationSet/web"}


def test_one_application_for_each_folder(tmp_path: Path) -> None:
    """Folders below applications/ need no document of their own: a set gives each its Application, with base and overlays as ever."""
    files = {
        SET: a_set(FOLDERS, "{{path.basename}}", FROM_FOLDER),
        "applications/shop/settings.yaml": CONFIG_MAP,
        "applications/site/base/settings.yaml": CONFIG_MAP,
        "applications/site/base/kustomization.yaml": "resources: [settings.yaml]\n",
        "applications/site/overlays/dev/kustomization.yaml": "resources: [../../base]\nnamePrefix: dev-\n",
    }
    found = catalog(tmp_path, files)
    assert {name: [m.name for m in found.manifests[f"Application/{name}"]] for name in found.applications} == {
        "shop": ["settings"],
        "site": ["dev-settings"],
    }


def test_a_folder_of_another_environment_is_left_out(tmp_path: Path) -> None:
    """A folder that has overlays, but none for this environment, is no part of it, whoever names it."""
    files = {
        SET: a_set(FOLDERS, "{{path.basename}}", FROM_FOLDER),
        "applications/shop/settings.yaml": CONFIG_MAP,
        "applications/site/overlays/production/settings.yaml": CONFIG_MAP,
    }
    assert list(catalog(tmp_path, files).applications) == ["shop"]


def test_folders_outside_the_layout_are_rendered(tmp_path: Path) -> None:
    """A source's path may be any folder of the source; several applications may share one."""
    spec = "source: {path: charts/web}\ndestination: {cluster: one, namespace: '{{namespace}}'}"
    generators = "- list: {elements: [{namespace: shop}, {namespace: site}]}"
    files = {SET: a_set(generators, "web-{{namespace}}", spec), "charts/web/settings.yaml": CONFIG_MAP}
    found = catalog(tmp_path, files)
    assert {name: [m.namespace for m in found.manifests[f"Application/{name}"]] for name in found.applications} == {
        "web-shop": ["shop"],
        "web-site": ["site"],
    }


def test_a_hand_written_application_may_name_a_folder_too(tmp_path: Path) -> None:
    """`spec.source` is a field of every Application."""
    application = "apiVersion: transom.dev/v1\nkind: Application\nmetadata: {name: web}\nspec:\n  tenant: team-a\n"
    application += "  destination: {cluster: one, namespace: shop}\n  source: {path: manifests}\n"
    found = catalog(tmp_path, {"resources/web.yaml": application, "manifests/settings.yaml": CONFIG_MAP})
    assert [m.name for m in found.manifests["Application/web"]] == ["settings"]


def test_a_folder_within_another_unit_is_taken_out_of_it(tmp_path: Path) -> None:
    """applications/TEAM/APP: what a generated application takes is not the outer folder's any more, its patches included."""
    spec = "source: {path: '{{path}}'}\ndestination: {cluster: one, namespace: '{{path.basename}}'}"
    overlay = "resources: [../../base]\npatches: [{path: patch.yaml, target: {name: settings}}]\n"
    files = {
        "resources/set.yaml": a_set("- git: {directories: [{path: 'applications/*/*'}]}", "{{path.basename}}", spec),
        "applications/team/shop/base/settings.yaml": CONFIG_MAP,
        "applications/team/shop/base/kustomization.yaml": "resources: [settings.yaml]\n",
        "applications/team/shop/overlays/dev/kustomization.yaml": overlay,
        "applications/team/shop/overlays/dev/patch.yaml": "- {op: add, path: /data/b, value: '2'}\n",
    }
    found = catalog(tmp_path, files)
    assert [m.data["data"] for m in found.manifests["Application/shop"]] == [{"a": "1", "b": "2"}]


def test_a_set_with_a_mistake_generates_nothing_and_says_one_thing(tmp_path: Path) -> None:
    """What would have been generated is not missed a second time: not by its folders, and not by those who depend on it."""
    application = "apiVersion: transom.dev/v1\nkind: Application\nmetadata: {name: other}\nspec:\n  tenant: team-a\n"
    application += "  destination: {cluster: one, namespace: b}\n  dependsOn: [shop]\n"
    files = {
        SET: a_set("- git: {directories: [{path: 'application/*'}]}", "{{path.basename}}", FROM_FOLDER),
        "applications/shop/settings.yaml": CONFIG_MAP,
        "applications/other/application.yaml": application,
    }
    (line,) = told(tmp_path, files)
    assert line == (
        'GeneratorEmpty applications/sets/applicationset.yaml:6:34: "application/*" matches no folder of source platform, '
        "and none would delete what it gave before; did you mean applications/*?"
    )


def test_a_mistake_of_the_template_is_told_once(tmp_path: Path) -> None:
    """Two hundred applications with one unknown field are one mistake, at the template's line."""
    elements = ", ".join(f"{{n: n{number}}}" for number in range(200))
    spec = "destinaton: {cluster: one, namespace: shop}\nsource: {path: manifests}"
    files = {SET: a_set(f"- list: {{elements: [{elements}]}}", "web-{{n}}", spec), "manifests/settings.yaml": CONFIG_MAP}
    assert [(p.reason, str(p.where)) for p in problems(tmp_path, files)] == [
        ("MissingField", "applications/sets/applicationset.yaml:9:5"),
        ("UnknownField", "applications/sets/applicationset.yaml:11:7"),
    ]


def test_a_wrong_parameter_is_told_where_it_was_written(tmp_path: Path) -> None:
    """A value that came whole from an element is that element's mistake; one that was put together is told at both places."""
    generators = """
    - list:
        elements:
          - {name: Shop, where: shop}
          - {name: site, where: sit}
    """
    spec = "destination: {cluster: one, namespace: '{{where}}'}\nsource: {path: manifests}"
    first, second = told(tmp_path, {SET: a_set(generators, "web-{{name}}", spec), "manifests/settings.yaml": CONFIG_MAP})
    assert first == (
        'ForbiddenDestination applications/sets/applicationset.yaml:9:33: namespace "sit" does not belong to tenant team-a, '
        "which ApplicationSet web makes spec.destination.namespace of (applications/sets/applicationset.yaml:14:46); "
        "it owns a, b, c, shop, site"
    )
    assert second == (
        'InvalidValue applications/sets/applicationset.yaml:11:22: metadata.name "web-Shop" is not valid, '
        "generated by ApplicationSet web from name (applications/sets/applicationset.yaml:8:20); "
        "write lower case letters, digits and hyphens, at most 63, the first a letter, e.g. team-a"
    )


def test_many_alike_are_counted(tmp_path: Path) -> None:
    """A line that is wrong for each of a hundred elements in another way is told for five, with how many there are."""
    elements = ", ".join(f"{{n: n{number:03}}}" for number in range(100))
    spec = "destination: {cluster: one, namespace: 'x-{{n}}'}\nsource: {path: manifests}"
    files = {SET: a_set(f"- list: {{elements: [{elements}]}}", "web-{{n}}", spec), "manifests/settings.yaml": CONFIG_MAP}
    lines = told(tmp_path, files)
    assert len(lines) == 6
    assert 'namespace "x-n000"' in lines[0]
    assert lines[-1] == f"ForbiddenDestination {SET}:11:46: … and 95 more like these"


FOLDERS_THAT_CANNOT_BE = [
    ("applications", "DuplicateApplication", "holds others that are rendered by themselves, such as applications/"),
    ("applications/other", "DuplicateApplication", "has an Application of its own (applications/other/application.yaml:3:18)"),
    ("applications/sets", "MissingFile", "holds no manifest"),
    ("applications/shpo", "MissingFile", 'path "applications/shpo" is no folder of source platform'),
    ("../elsewhere", "InvalidValue", "leads out of the source"),
]


@pytest.mark.parametrize("path, reason, words", FOLDERS_THAT_CANNOT_BE)
def test_folders_that_cannot_be_an_applications(tmp_path: Path, path: str, reason: str, words: str) -> None:
    """Whose folder somebody else's is, or nobody's, is told once, at the template's line, and nothing is taken from anybody."""
    spec = "spec: {tenant: team-a, destination: {cluster: two, namespace: a}}"
    other = f"apiVersion: transom.dev/v1\nkind: Application\nmetadata: {{name: other}}\n{spec}\n"
    files = {
        SET: a_set(
            "- list: {elements: [{n: a}]}", "web-{{n}}", f"destination: {{cluster: one, namespace: shop}}\nsource: {{path: '{path}'}}"
        ),
        "applications/other/application.yaml": other,
        "applications/other/settings.yaml": CONFIG_MAP,
    }
    (problem,) = problems(tmp_path, files)
    assert (problem.reason, problem.where.line) == (reason, 12)
    assert words in problem.message


def test_which_set_generated_what(tmp_path: Path) -> None:
    """The tree, its data and a stored catalog say which set an application was generated by."""
    found = catalog(tmp_path, {SET: a_set("- clusters: {}"), "applications/sets/settings.yaml": CONFIG_MAP})
    read_back = stored.load(stored.dump(found))
    assert {entry.generated_by for entry in read_back.applications.values()} == {"ApplicationSet/web"}
    for one in (found, read_back):
        drawn = graph.of(one)
        lines = [line.text for line in drawing.owned(drawn, objects=False)]
        assert any(line.endswith("Application/web-one (by ApplicationSet/web)") for line in lines), lines
        assert {node["generatedBy"] for node in drawing.data(drawn)["nodes"] if node["kind"] == "Application"} == {"ApplicationSet/web"}


def test_what_lies_in_a_folder_of_two_tenants(tmp_path: Path) -> None:
    """A queue beside manifests that two tenants' applications take belongs to neither by itself."""
    generators = "- list: {elements: [{tenant: team-a, where: shop}, {tenant: team-b, where: other}]}"
    spec = "destination: {cluster: one, namespace: '{{where}}'}\nsource: {path: manifests}"
    files = {
        SET: a_set(generators, "web-{{tenant}}", spec).replace("tenant: team-a\n", "tenant: '{{tenant}}'\n"),
        "manifests/queue.yaml": "apiVersion: transom.dev/v1\nkind: Queue\nmetadata: {name: orders}\n",
        "tenants/team-b.yaml": "apiVersion: transom.dev/v1\nkind: Tenant\nmetadata: {name: team-b}\nspec: {namespaces: [other]}\n",
    }
    (line,) = told(tmp_path / "a", files)
    assert line.startswith("MissingTenant manifests/queue.yaml:1:1: lies in a folder that applications of tenants team-a and team-b take")
    files["manifests/queue.yaml"] += "spec: {tenant: team-b}\n"
    assert catalog(tmp_path / "b", files).owners["Queue/orders"] == "team-b"
