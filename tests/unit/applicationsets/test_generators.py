"""Each generator: the elements that it gives, as Argo CD's documentation and its tests have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.applicationsets.ground import complaints, nested, params

FILES = {
    "apps/shop/config.yaml": "owner: {name: ann, since: 2024-01-31}\nreplicas: 3\nsmall: true\nempty:\ntags: [a, b]\n",
    "apps/site_two/config.json": '{"owner": {"name": "bob"}}',
    "apps/.hidden/config.yaml": "a: b\n",
    "apps/many/config.yaml": "- {name: x}\n- {name: y}\n",
    "apps/nothing/config.yml": "# nothing\n",
}


def test_list(tmp_path: Path) -> None:
    """Elements are as they are written; `values` is flattened for plain placeholders."""
    generators = "- list: {elements: [{name: a, url: u}, {name: b, values: {x: '1'}, values.y: '2'}]}"
    assert params(tmp_path / "a", generators) == [{"name": "a", "url": "u"}, {"name": "b", "values.x": "1", "values.y": "2"}]
    assert nested(tmp_path / "b", generators)[1] == {"name": "b", "values": {"x": "1"}, "values.y": "2"}


def test_list_of_a_text(tmp_path: Path) -> None:
    """`elementsYaml` adds elements; JSON is YAML, too."""
    assert params(tmp_path, '- list: {elements: [{name: a}], elementsYaml: \'[{"name": "b", "n": {"m": 1}}]\'}') == [
        {"name": "a"},
        {"name": "b", "n.m": "1"},
    ]


def test_clusters(tmp_path: Path) -> None:
    """The environment's clusters with name, server, labels and annotations; `values` may hold them."""
    found = params(tmp_path, "- clusters: {values: {kept: 'x-{{name}}-{{metadata.labels.tier}}'}}")
    assert [one["name"] for one in found] == ["one", "two"]
    assert found[0] == {
        "name": "one",
        "nameNormalized": "one",
        "server": "context-one",
        "metadata.labels.environment": "dev",
        "metadata.labels.tier": "web",
        "metadata.annotations.team/room": "7",
        "values.kept": "x-one-web",
    }


def test_clusters_for_go(tmp_path: Path) -> None:
    """For Go templates metadata and values are mappings."""
    (found,) = nested(
        tmp_path, "- clusters: {selector: {matchLabels: {tier: web}}, values: {kept: '{{ index .metadata.labels \"tier\" }}'}}"
    )
    assert found["metadata"] == {"labels": {"environment": "dev", "tier": "web"}, "annotations": {"team/room": "7"}}
    assert found["values"] == {"kept": "web"}


SELECTORS = [
    ("{matchLabels: {tier: web}}", ["one"]),
    ("{matchExpressions: [{key: tier, operator: In, values: [web, data]}]}", ["one", "two"]),
    ("{matchExpressions: [{key: tier, operator: NotIn, values: [web]}]}", ["two"]),
    ("{matchExpressions: [{key: nothing, operator: NotIn, values: [web]}]}", ["one", "two"]),
    ("{matchExpressions: [{key: tier, operator: Exists}]}", ["one", "two"]),
    ("{matchExpressions: [{key: nothing, operator: DoesNotExist}, {key: tier, operator: In, values: [data]}]}", ["two"]),
    ("{matchLabels: {environment: dev}, matchExpressions: [{key: tier, operator: In, values: [data]}]}", ["two"]),
    ("{}", ["one", "two"]),
]


@pytest.mark.parametrize("selector, names", SELECTORS)
def test_selectors_of_clusters(tmp_path: Path, selector: str, names: list[str]) -> None:
    """Labels are chosen as Kubernetes chooses them."""
    assert [one["name"] for one in params(tmp_path, f"- clusters: {{selector: {selector}}}")] == names


def test_clusters_as_a_list(tmp_path: Path) -> None:
    """`flatList` gives one element for all."""
    (found,) = nested(tmp_path, "- clusters: {flatList: true}")
    assert [one["name"] for one in found["clusters"]] == ["one", "two"]


def test_folders(tmp_path: Path) -> None:
    """Every folder that a pattern takes in gives its path, in pieces, too; hidden ones never."""
    assert params(tmp_path / "a", "- git: {directories: [{path: apps/*}, {path: apps/many, exclude: true}]}", FILES)[1:] == [
        {"path": "apps/shop", "path.basename": "shop", "path.basenameNormalized": "shop", "path[0]": "apps", "path[1]": "shop"},
        {
            "path": "apps/site_two",
            "path.basename": "site_two",
            "path.basenameNormalized": "site-two",
            "path[0]": "apps",
            "path[1]": "site_two",
        },
    ]
    assert nested(
        tmp_path / "b", "- git: {directories: [{path: apps/shop}], pathParamPrefix: app, values: {n: '{{ .app.path.basename }}'}}", FILES
    ) == [
        {
            "app": {"path": {"path": "apps/shop", "basename": "shop", "basenameNormalized": "shop", "segments": ["apps", "shop"]}},
            "values": {"n": "shop"},
        }
    ]


def test_what_is_left_out_stays_out(tmp_path: Path) -> None:
    """`exclude` wins whatever the order, and a range stands for one character."""
    generators = "- git: {directories: [{path: 'apps/[ms]*', exclude: true}, {path: 'apps/*'}, {path: apps/shop}]}"
    assert [one["path"] for one in params(tmp_path, generators, FILES)] == ["apps/nothing"]


def test_files(tmp_path: Path) -> None:
    """An object is one element, a list several, an empty file its path alone; nested values are named by dots."""
    found = params(tmp_path, "- git: {files: [{path: 'apps/**/config.*'}]}", FILES)
    assert [one["path.basename"] for one in found] == ["many", "many", "nothing", "shop", "site_two"]
    assert [one.get("name") for one in found[:2]] == ["x", "y"]
    assert found[3] == {
        "owner.name": "ann",
        "owner.since": "2024-01-31",
        "replicas": "3",
        "small": "true",
        "empty": None,
        "tags.0": "a",
        "tags.1": "b",
        "path": "apps/shop",
        "path.basename": "shop",
        "path.basenameNormalized": "shop",
        "path.filename": "config.yaml",
        "path.filenameNormalized": "config.yaml",
        "path[0]": "apps",
        "path[1]": "shop",
    }


def test_files_for_go(tmp_path: Path) -> None:
    """Go templates get values as they are: numbers, texts, lists, mappings."""
    (found,) = nested(tmp_path, "- git: {files: [{path: apps/shop/config.yaml}]}", FILES)
    assert (found["replicas"], found["small"], found["tags"], found["owner"]["name"]) == (3, True, ["a", "b"], "ann")
    assert found["path"]["filename"] == "config.yaml"


def test_matrix(tmp_path: Path) -> None:
    """Every combination, the first generator's elements outermost; the second may hold what the first gives."""
    generators = """
    - matrix:
        generators:
          - list: {elements: [{tier: web, n: '1'}, {tier: data, n: '2'}]}
          - clusters: {selector: {matchLabels: {tier: '{{tier}}'}}, values: {both: '{{tier}}-{{name}}'}}
    """
    found = params(tmp_path / "a", generators)
    assert [(one["tier"], one["n"], one["name"], one["values.both"]) for one in found] == [
        ("web", "1", "one", "web-one"),
        ("data", "2", "two", "data-two"),
    ]
    assert [one["values"]["both"] for one in nested(tmp_path / "b", generators.replace("{{", "{{."))] == ["web-one", "data-two"]


def test_matrix_of_two_git_generators(tmp_path: Path) -> None:
    """Prefixes keep their paths apart, and a pattern may hold the first one's parameters."""
    files = {
        "list/a.json": '{"app": "a"}',
        "list/b.json": '{"app": "b"}',
        "targets/a/east.json": '{"region": "east"}',
        "targets/b/east.json": '{"region": "east"}',
        "targets/b/west.json": '{"region": "west"}',
    }
    generators = """
    - matrix:
        generators:
          - git: {files: [{path: list/*.json}], pathParamPrefix: of}
          - git: {files: [{path: 'targets/{{app}}/*.json'}], pathParamPrefix: to}
    """
    found = params(tmp_path, generators, files)
    assert [(one["app"], one["region"], one["of.path.filename"], one["to.path.basename"]) for one in found] == [
        ("a", "east", "a.json", "a"),
        ("b", "east", "b.json", "b"),
        ("b", "west", "b.json", "b"),
    ]


def test_matrix_for_go_keeps_the_first_ones_values(tmp_path: Path) -> None:
    """The second generator may give defaults, at any depth: also where the first says false or nothing."""
    generators = """
    - matrix:
        generators:
          - list: {elements: [{stage: test, debug: false, size: {cpu: 1}}]}
          - list: {elements: [{debug: true, size: {cpu: 2, memory: 3}}]}
    """
    assert nested(tmp_path, generators) == [{"stage": "test", "debug": False, "size": {"cpu": 1, "memory": 3}}]


def test_elements_out_of_a_file(tmp_path: Path) -> None:
    """A list behind a Git generator may take its elements from the file (Argo CD: Generators-List, dynamically generated elements)."""
    generators = """
    - matrix:
        generators:
          - git: {files: [{path: parts.yaml}]}
          - list: {elementsYaml: '{{ .parts | toJson }}'}
    """
    files = {"parts.yaml": "parts: [{name: a, port: 1}, {name: b, port: 2}]\n"}
    assert [(one["name"], one["port"]) for one in nested(tmp_path, generators, files)] == [("a", 1), ("b", 2)]


def test_merge(tmp_path: Path) -> None:
    """The first generator gives the elements; the others override those with the same keys, last one last (Argo CD: Generators-Merge)."""
    generators = """
    - merge:
        mergeKeys: [server]
        generators:
          - clusters: {values: {kafka: 'true', redis: 'false'}}
          - clusters: {selector: {matchLabels: {tier: data}}, values: {kafka: 'false'}}
          - list: {elements: [{server: context-two, values.redis: 'true'}, {server: nowhere, values.redis: x}]}
    """
    found = params(tmp_path, generators)
    assert [(one["name"], one["values.kafka"], one["values.redis"]) for one in found] == [
        ("one", "true", "false"),
        ("two", "false", "true"),
    ]


MERGES: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("[b]", "[{a: '1_1', b: same, c: '1_3'}] [{a: '2_1', b: same}] [{a: '3_1', b: different}]", [{"a": "2_1", "b": "same", "c": "1_3"}]),
    ("[same]", "[{same: s}] [{same: s, n: '1'}] [{same: s, n: '2'}] [{same: s, n: '3'}]", [{"same": "s", "n": "3"}]),
    ("[a, a]", "[{a: x}, {a: y}] [{a: y, b: z}]", [{"a": "x"}, {"a": "y", "b": "z"}]),
    ("[a, b]", "[{a: '1', b: '1'}, {a: '1', b: '2'}] [{a: '1', b: '2', c: d}]", [{"a": "1", "b": "1"}, {"a": "1", "b": "2", "c": "d"}]),
    ("[a]", "[{a: x, n: '1'}, {a: x, n: '2'}] [{a: x, b: z}]", [{"a": "x", "n": "1", "b": "z"}, {"a": "x", "n": "2", "b": "z"}]),
    ("[a]", "[{a: x, b: '1'}, {b: '2'}] [{a: x, c: z}]", [{"a": "x", "b": "1", "c": "z"}, {"b": "2"}]),
]


@pytest.mark.parametrize("keys, lists, expected", MERGES)
def test_merges(tmp_path: Path, keys: str, lists: str, expected: list[dict[str, Any]]) -> None:
    """Cases of keys: several, given twice, missing in an element, the same in several elements of the base."""
    inner = "\n".join(f"          - list: {{elements: [{one}]}}" for one in lists.strip("[]").split("] ["))
    generators = f"- merge:\n        mergeKeys: {keys}\n        generators:\n{inner}"
    assert params(tmp_path / "a", generators) == expected
    assert nested(tmp_path / "b", generators) == expected


def test_merge_of_a_matrix(tmp_path: Path) -> None:
    """Matrix and merge may lie inside each other, once."""
    generators = """
    - merge:
        mergeKeys: [a, b]
        generators:
          - matrix:
              generators:
                - list: {elements: [{a: '1'}, {a: '2'}]}
                - list: {elements: [{b: '1'}, {b: '2'}]}
          - list: {elements: [{a: '1', b: '1', c: added}]}
    """
    assert params(tmp_path, generators) == [
        {"a": "1", "b": "1", "c": "added"},
        {"a": "1", "b": "2"},
        {"a": "2", "b": "1"},
        {"a": "2", "b": "2"},
    ]


def test_selectors_behind_generators(tmp_path: Path) -> None:
    """`selector` keeps elements by their parameters, nested ones by their dotted names, wherever it stands."""
    generators = """
    - list: {elements: [{name: a, env: staging}, {name: b, env: prod}]}
      selector: {matchLabels: {env: staging}}
    - matrix:
        generators:
          - list: {elements: [{name: c, n: '1'}, {name: d, n: '2'}]}
            selector: {matchExpressions: [{key: n, operator: In, values: ['2']}]}
          - list: {elements: [{x: '1'}]}
    """
    assert [one["name"] for one in params(tmp_path / "a", generators)] == ["a", "d"]
    files = {"x.yaml": "- {name: a, at: {tier: 1}}\n- {name: b, at: {tier: 2}}\n"}
    go = "- git: {files: [{path: x.yaml}]}\n  selector: {matchLabels: {at.tier: '2'}}"
    assert [one["name"] for one in nested(tmp_path / "b", go, files)] == ["b"]


EMPTY = [
    "- list: {elements: []}",
    "- clusters: {selector: {matchLabels: {tier: none}}}",
    "- git: {directories: [{path: app/*}]}",
    "- git: {files: [{path: apps/*/config.yml2}]}",
    "- list: {elements: [{name: a}]}\n  selector: {matchLabels: {name: b}}",
    "- matrix: {generators: [{clusters: {}}, {list: {elements: []}}]}",
    "- list: {elements: [{name: a}]}\n- clusters: {selector: {matchLabels: {tier: none}}}",
]


@pytest.mark.parametrize("generators", EMPTY)
def test_nothing_is_a_mistake(tmp_path: Path, generators: str) -> None:
    """A generator without an element would delete what it gave before, so it must say that it may be empty."""
    assert [one.split()[0] for one in complaints(tmp_path / "a", generators, FILES)] == ["GeneratorEmpty"]


@pytest.mark.parametrize(
    "generators",
    [
        "- {list: {elements: []}, allowEmpty: true}",
        "- {git: {directories: [{path: app/*}]}, allowEmpty: true}",
        "- {matrix: {generators: [{clusters: {}}, {list: {elements: []}}]}, allowEmpty: true}",
        "- matrix: {generators: [{clusters: {}}, {list: {elements: []}, allowEmpty: true}]}",
    ],
)
def test_nothing_may_be_allowed(tmp_path: Path, generators: str) -> None:
    """`allowEmpty: true` counts for a generator and those inside it."""
    assert params(tmp_path, generators, FILES) == []


def test_a_second_generator_may_be_empty_for_some(tmp_path: Path) -> None:
    """In a matrix the second generator must give something for one element of the first, not for each."""
    generators = """
    - matrix:
        generators:
          - list: {elements: [{app: many}, {app: none}]}
          - git: {files: [{path: 'apps/{{app}}/config.yaml'}]}
    """
    assert [one["name"] for one in params(tmp_path, generators, FILES)] == ["x", "y"]
