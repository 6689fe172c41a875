"""A repository with ApplicationSets of Argo CD: lists, clusters, folders, a matrix, both forms of templates, a policy."""

# ruff: noqa: E501 - the table of mistakes has one per line

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import repository
from tests.repository import CLUSTER, ENVIRONMENT
from transom.catalog.model import Catalog


@pytest.fixture
def catalog(opened: Callable[[str, str, str], Catalog]) -> Catalog:
    """The repository as environment dev has it."""
    return opened("sets", "dev", "sets")


def test_every_generator_makes_its_applications(catalog: Catalog) -> None:
    """Lists, clusters by label and expression, folders without the excluded one, and a matrix of two."""
    assert {name: catalog.placements[name] for name in catalog.applications} == {
        "listed-alpha": "east",
        "listed-beta": "east",
        "east-greeter": "east",
        "west-greeter": "west",
        "one-west": "west",
        "two-west": "west",
    }


def test_templates_are_filled_in_everywhere(catalog: Catalog) -> None:
    """Placeholders count in names, labels, destinations and what is put over the manifests."""
    alpha = catalog.applications["listed-alpha"].document
    assert alpha.metadata.labels == {"stage": "alpha"}
    assert alpha.spec.destination.namespace == "alpha"
    found = catalog.manifests["Application/listed-beta"][0]
    assert found.name == "greeter-beta"
    assert found.data["metadata"]["annotations"] == {"greeting": "good day"}
    assert catalog.applications["west-greeter"].document.metadata.labels == {"size": "large"}


def test_one_folder_may_be_rendered_for_several(catalog: Catalog) -> None:
    """Applications of one path have their own objects, on their own clusters."""
    assert [one.namespace for name in ("east-greeter", "west-greeter") for one in catalog.manifests[f"Application/{name}"]] == [
        "greeter"
    ] * 2


def test_a_sets_policy_is_each_applications(catalog: Catalog) -> None:
    """What a set may only create is neither changed nor removed."""
    assert catalog.applications["east-greeter"].document.spec.sync.prune is False
    assert catalog.applications["east-greeter"].document.spec.sync.update is False
    assert catalog.applications["listed-alpha"].document.spec.sync.prune is True


def test_an_application_leads_to_its_template(catalog: Catalog) -> None:
    """A place is the line of the template, or of the parameter that a value is made of."""
    alpha = catalog.applications["listed-alpha"]
    assert "sets/sets/listed.yaml:23:" in str(alpha.at("spec", "destination", "cluster"))
    assert "sets/sets/listed.yaml:8:" in str(alpha.at("spec", "destination", "namespace"))


SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: hello}
spec:
  generators:
    - list: {elements: [{name: a}, {name: b}]}
  template:
    metadata: {name: "hello-{{name}}"}
    spec:
      project: default
      source: {repoURL: "https://git.example.com/acme/fleet", path: hello}
      destination: {server: "https://kubernetes.default.svc", namespace: "{{name}}"}
"""
GENERATOR = "    - list: {elements: [{name: a}, {name: b}]}\n"
S = "entry/set.yaml"

CASES = [
    ("pull requests", GENERATOR, "    - pullRequest: {github: {owner: acme}}\n", f"{S}:6:20", "InvalidValue", "pullRequest"),
    ("hosts of repositories", GENERATOR, "    - scmProvider: {github: {organization: acme}}\n", f"{S}:6:20", "InvalidValue", "scmProvider"),
    ("a plugin", GENERATOR, "    - plugin: {configMapRef: {name: x}}\n", f"{S}:6:15", "InvalidValue", "plugin"),
    ("decisions", GENERATOR, "    - clusterDecisionResource: {name: x}\n", f"{S}:6:32", "InvalidValue", "clusterDecisionResource"),
    ("a misspelt generator", GENERATOR, "    - lists: {elements: []}\n", f"{S}:6:7", "UnknownField", "did you mean list"),
    ("a parameter that is none", "hello-{{name}}", "hello-{{nme}}", f"{S}:8:22", "UnknownParameter", "did you mean name?"),
    ("one name for two", "hello-{{name}}", "hello", f"{S}:8:22", "DuplicateDocument", "put a parameter into metadata.name"),
    ("another repository", GENERATOR, "    - git: {repoURL: https://git.example.com/x, directories: [{path: hello}]}\n", f"{S}:6:22", "UnknownRepository", "alsoKnownAs"),
    ("no repository", GENERATOR, "    - git: {directories: [{path: hello}]}\n", f"{S}:6:12", "MissingField", "repoURL is missing"),
    ("a misspelt template", "  template:\n", "  tempalte:\n", f"{S}:7:3", "UnknownField", "did you mean template or templatePatch?"),
    ("a patch of the template", "  template:\n", "  templatePatch: x\n  template:\n", f"{S}:7:3", "NotSupported", "patch of the template"),
]  # fmt: skip


@pytest.mark.parametrize("old, new, place, reason, words", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_mistake(tmp_path: Path, old: str, new: str, place: str, reason: str, words: str) -> None:  # noqa: PLR0917 - a table's columns
    """A mistake in a set is told at its line; what we do not have is named."""
    environment = ENVIRONMENT.replace(
        "path: platform}", "path: platform, alsoKnownAs: ['https://git.example.com/acme/fleet'], entries: [{path: entry}]}"
    )
    files = {"entry/cluster.yaml": CLUSTER, "hello/hello.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hello}\n"}
    assert old in SET
    problems = repository.problems(tmp_path, {**files, S: SET.replace(old, new)}, environment)
    found = {(f"{one.where.path}:{one.where.line}:{one.where.column}", one.reason): str(one) for one in problems}
    assert words in found[place, reason]
