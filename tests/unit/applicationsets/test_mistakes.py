"""Mistakes in generators: each at the line and column that a person has to change, with what to write instead."""

# ruff: noqa: E501 - the table has one case per line

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.applicationsets.ground import SET, a_set, complaints, told

FILES = {
    "apps/shop/config.yaml": "name: shop\nname: twice\n",
    "apps/two.yaml": "a: b\n---\na: c\n",
    "apps/text.yaml": "just text\n",
    "apps/some.yaml": "- a\n- {a: b}\n",
    "apps/broken.yaml": "a: [b\n",
    "apps/binary.yaml": "a: \x00\n",
}
DEEP = "- matrix: {generators: [{clusters: {}}, {merge: {mergeKeys: [a], generators: [{list: {elements: []}}, {matrix: {generators: [{clusters: {}}, {clusters: {}}]}}]}}]}"

CASES = [
    ("a number without quotes", "- list: {elements: [{name: 3}]}", {}, "WrongType 6:32 parameter name must be text, not 3; put it in quotes"),
    ("a list without Go templates", "- list: {elements: [{name: [a]}]}", {}, 'WrongType 6:32 parameter name must be text, not ["a"]; other values than texts need goTemplate: true'),
    ("a text that is no list", "- list: {elementsYaml: 'a: b'}", {}, "InvalidValue 6:28 elementsYaml comes to no list of mappings: a: b; write a list, as YAML or JSON"),
    ("flatList without Go templates", "- clusters: {flatList: true}", {}, "InvalidGenerator 6:28 flatList gives a list, and only Go templates can walk one; write goTemplate: true beside generators"),
    ("a source that is not there", "- git: {source: platfrom, directories: [{path: apps}]}", {}, 'UnknownReference 6:21 source "platfrom" is not one of the environment\'s; did you mean platform?'),
    ("a pattern with a slash in front", "- git: {directories: [{path: /apps/*}]}", {}, 'InvalidGenerator 6:34 pattern "/apps/*" begins at the source\'s folder: leave out the / in front; write it as in applications/*'),
    ("a pattern that leads out", "- git: {directories: [{path: ../apps}]}", {}, 'InvalidGenerator 6:34 pattern "../apps" leads out of the source; write it as in applications/*'),
    ("a pattern with an open class", "- git: {directories: [{path: 'apps/[ab'}]}", {}, 'InvalidGenerator 6:34 pattern "apps/[ab" has a [ that is not closed; write it as in applications/*'),
    ("a pattern that is misspelt", "- git: {files: [{path: app/**/config.yaml}]}", {}, 'GeneratorEmpty 6:28 "app/**/config.yaml" matches no file of source platform, and none would delete what it gave before; did you mean apps/**/config.yaml?'),
    ("a pattern like nothing", "- git: {files: [{path: 'nowhere/*'}]}", {}, 'GeneratorEmpty 6:28 "nowhere/*" matches no file of source platform, and none would delete what it gave before; correct it, or write allowEmpty: true beside git'),
    ("one of two patterns matches nothing", "- git: {directories: [{path: apps}, {path: apss}]}", {}, 'GeneratorEmpty 6:48 "apss" matches no folder of source platform, and none would delete what it gave before; did you mean apps?'),
    ("a key twice in a file", "- git: {files: [{path: apps/shop/config.yaml}]}", {}, 'DuplicateKey 2:1 key "name" is given twice, first in line 1; keep the one that is meant'),
    ("two documents in a file", "- git: {files: [{path: apps/two.yaml}]}", {}, "NotADocument 3:1 holds 2 documents, and a file of parameters holds one; write a list of mappings instead"),
    ("a text in a file", "- git: {files: [{path: apps/text.yaml}]}", {}, "NotADocument 1:1 is not a mapping; a file of parameters is a mapping, or a list of them"),
    ("a text in a list in a file", "- git: {files: [{path: apps/some.yaml}]}", {}, "NotADocument 1:3 is not a mapping; a file of parameters is a mapping, or a list of them"),
    ("a cluster that is not there", "- clusters: {selector: {matchLabels: {tier: wbe}}}", {}, "GeneratorEmpty 6:7 clusters gives no element, and none would delete every application that it gave before; the environment's clusters are one (environment: dev, tier: web), two (environment: dev, tier: data); correct the selector, or write allowEmpty: true beside it"),
    ("a selector that keeps nothing", "- list: {elements: [{name: a}]}\n  selector: {matchLabels: {name: b}}", {}, "GeneratorEmpty 6:7 list gives no element, and none would delete every application that it gave before; its selector keeps none of its elements: correct it, or write allowEmpty: true"),
    ("two paths in a matrix", "- matrix: {generators: [{git: {directories: [{path: apps}]}}, {git: {directories: [{path: apps/shop}]}}]}", {}, "InvalidGenerator 6:67 both generators of the matrix give path, with different values; write pathParamPrefix for one of the two"),
    ("one name twice in a matrix", "- matrix: {generators: [{list: {elements: [{a: '1'}]}}, {list: {elements: [{a: '2'}]}}]}", {}, "InvalidGenerator 6:61 both generators of the matrix give a, with different values; rename it in one of the two, or write a merge"),
    ("two paths in a matrix for Go", "- matrix: {generators: [{git: {directories: [{path: apps}]}}, {git: {directories: [{path: apps/shop}]}}]}", {"goTemplate": "true"}, "InvalidGenerator 7:67 both generators of the matrix give path, with different values; write pathParamPrefix for one of the two"),
    ("a parameter of nobody in a matrix", "- matrix: {generators: [{list: {elements: [{tier: web}]}}, {clusters: {selector: {matchLabels: {tier: '{{tire}}'}}}}]}", {}, f"UnknownParameter 6:107 {{{{tire}}}} is no parameter, filled in from element 1 ({SET}:6:48); did you mean tier?"),
    ("a parameter of nobody in values", "- clusters: {selector: {matchLabels: {tier: web}}, values: {a: '{{nmae}}'}}", {}, "UnknownParameter 6:68 {{nmae}} is no parameter, filled in from cluster one (infrastructure/clusters/one/cluster.yaml:3:18); did you mean name?"),
    ("merge keys of nobody", "- merge: {mergeKeys: [nam], generators: [{clusters: {}}, {list: {elements: [{nam: one}]}}]}", {}, "UnknownParameter 6:27 nam is no parameter of the first generator, so nothing can be merged; did you mean name?"),
    ("elements that cannot be told apart", "- merge: {mergeKeys: [name], generators: [{clusters: {}}, {list: {elements: [{name: one}, {name: one, a: b}]}}]}", {}, f"InvalidGenerator 6:63 element 1 ({SET}:6:82) and element 2 ({SET}:6:95) have the same name; leave one of them out: which one counts is not clear"),
    ("three levels", DEEP, {}, "InvalidGenerator 6:107 is a matrix inside of 2 others; two levels of matrix and merge are the most; write the elements into a file, and read that"),
    ("a template inside", "- matrix: {generators: [{clusters: {}, template: {metadata: {name: x}}}, {clusters: {}}]}", {}, "InvalidGenerator 6:44 a template inside of a matrix or merge has no effect; move it to the outermost generator"),
    ("too many", "- matrix: {generators: [{git: {files: [{path: many.yaml}]}}, {git: {files: [{path: many.yaml}], pathParamPrefix: x}}]}", {"goTemplate": "true"}, "TooLarge 7:15 gives more than 5000 elements (5100 so far); narrow the generators, or cut the set into several"),
]  # fmt: skip


@pytest.mark.parametrize("generators, more, expected", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_mistakes(tmp_path: Path, generators: str, more: dict[str, str], expected: str) -> None:
    """One mistake, one line."""
    many = "".join(f"- {{n: {number}}}\n" for number in range(100))
    assert complaints(tmp_path, generators, {**FILES, "many.yaml": many}, **more) == [expected]


def test_a_file_that_is_no_yaml_is_told_at_its_line(tmp_path: Path) -> None:
    """What the YAML reader says is told once, at the file's own line."""
    for number, name in enumerate(("broken", "binary")):
        (line,) = complaints(tmp_path / str(number), f"- git: {{files: [{{path: apps/{name}.yaml}}]}}", FILES)
        assert line.startswith("InvalidYaml ")


MODEL = [
    ("- list: {elements: [{a: b}]}\n  clusters: {}", f"InvalidValue {SET}:6:7: spec.generators[0]: a generator is exactly one of list, clusters, git, matrix, merge, and this one has list and clusters: give each an entry of its own"),
    ("- git: {repoURL: x, directories: [{path: a}]}", f"InvalidValue {SET}:6:22: spec.generators[0].git: repoURL is not read here: write source: with the name of one of the environment's sources, or leave it out for this one"),
    ("- git: {directories: [{path: a}], files: [{path: a}]}", f"InvalidValue {SET}:6:12: spec.generators[0].git: a git generator has either directories or files"),
    ("- git: {directories: [{path: a, exclude: true}]}", f"InvalidValue {SET}:6:12: spec.generators[0].git: every path of this generator is excluded; write one without exclude: true"),
    ("- scmProvider: {}", f"InvalidValue {SET}:6:20: spec.generators[0]: scmProvider asks a service while nobody looks; keep what it would find in a file, and write git: files"),
    ("- cluster: {}", f"UnknownField {SET}:6:7: spec.generators[0].cluster is not a field; did you mean clusters?"),
    ("- clusters: {selector: {matchExpressions: [{key: a, operator: in}]}}", f'InvalidValue {SET}:6:67: spec.generators[0].clusters.selector.matchExpressions[0].operator "in" is not allowed; write one of In, NotIn, Exists, DoesNotExist'),
    ("- clusters: {selector: {matchExpressions: [{key: a, operator: In}]}}", f"InvalidValue {SET}:6:67: spec.generators[0].clusters.selector.matchExpressions[0]: operator In needs values"),
    ("- matrix: {generators: [{clusters: {}}]}", f"InvalidValue {SET}:6:28: spec.generators[0].matrix.generators needs at least 2 items; add one"),
    ("- merge: {generators: [{clusters: {}}, {clusters: {}}]}", f"MissingField {SET}:6:7: spec.generators[0].merge.mergeKeys is missing; it has no default: write it"),
]  # fmt: skip


SET_FIELDS = [
    ({"templatePatch": "x"}, "templatePatch is not supported"),
    ({"ignoreApplicationDifferences": "[]"}, "ignoreApplicationDifferences has no meaning here"),
    ({"strategy": "{}"}, "strategy is not supported"),
    ({"preservedFields": "{}"}, "preservedFields has no meaning here"),
    ({"applyNestedSelectors": "true"}, "applyNestedSelectors is not needed"),
    ({"goTemplateOptions": "[missingkey=error]"}, "goTemplateOptions has an effect only with goTemplate: true"),
]


@pytest.mark.parametrize("more, words", SET_FIELDS)
def test_fields_without_an_effect(tmp_path: Path, more: dict[str, str], words: str) -> None:
    """What Argo CD has and what cannot act here is refused at its line, with what to write instead."""
    (line,) = told(tmp_path, {SET: a_set("- clusters: {}", **more)})
    assert line.startswith(f"InvalidValue {SET}:5:")
    assert words in line


@pytest.mark.parametrize("generators, expected", MODEL)
def test_what_the_model_refuses(tmp_path: Path, generators: str, expected: str) -> None:
    """The shape of a generator, and fields of Argo CD that can have no effect here."""
    assert told(tmp_path, {SET: a_set(generators)}) == [expected]
