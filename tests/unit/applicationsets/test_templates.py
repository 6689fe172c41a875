"""Templates: what placeholders come to, and how their mistakes are told."""

# ruff: noqa: E501 - tables have one case per line

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.applicationsets.ground import CONFIG_MAP, SET, a_set, catalog, problems, templates, told
from transom.catalog.applicationsets import gotemplates
from transom.catalog.applicationsets.gotemplates import GoTemplates, Program
from transom.catalog.applicationsets.placeholders import Fault, Names
from transom.errors import ToolMissing

PARAMS = {"name": "shop", "path[0]": "apps", "path.basename": "shop", "values.x": "1", "metadata.labels.a/b": "c", "none": None}

PLAIN = [
    ("{{name}}", "shop"),
    ("{{ name }}-{{path[0]}}", "shop-apps"),
    ("{{path.basename}}{{values.x}}", "shop1"),
    ("{{metadata.labels.a/b}}", "c"),
    ("nothing", "nothing"),
    ("a } b { c }}", "a } b { c }}"),
    ("", ""),
]


@pytest.mark.parametrize("text, expected", PLAIN)
def test_plain_placeholders(text: str, expected: str) -> None:
    """Names are replaced, blanks around them do not count, everything else stays."""
    assert Names().fill([(text, PARAMS)]) == [expected]


PLAIN_FAULTS = [
    ("{{nmae}}", "UnknownParameter", "did you mean name?"),
    ("{{none}}", "UnknownParameter", "give it a value"),
    ("{{.name}}", "UnknownParameter", "goTemplate: true"),
    ("{{ name | upper }}", "UnknownParameter", "goTemplate: true"),
    ("{{name}", "InvalidTemplate", "write }}"),
    ("{{ }}", "InvalidTemplate", "name between the braces"),
]


@pytest.mark.parametrize("text, reason, hint", PLAIN_FAULTS)
def test_faults_of_plain_placeholders(text: str, reason: str, hint: str) -> None:
    """What Argo CD would leave in the text is a mistake, with what to write instead."""
    (fault,) = Names().fill([(text, PARAMS)])
    assert isinstance(fault, Fault)
    assert fault.reason == reason
    assert hint in fault.hint


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    """The real program, running."""
    with Program(templates()) as one:
        yield one


NESTED: dict[str, Any] = {
    "name": "shop",
    "count": 3,
    "large": 12345678,
    "share": 0.5,
    "on": True,
    "path": {"path": "apps/Shop_One", "basename": "Shop_One", "segments": ["apps", "Shop_One"]},
    "metadata": {"labels": {"a/b": "c"}},
    "items": [{"n": 1}, {"n": 2}],
    "branch": "feature/A very long name indeed",
}

GO = [
    ("{{ .path.basename }}", "Shop_One"),
    ("{{ index .path.segments 1 }}", "Shop_One"),
    ('{{ index .metadata.labels "a/b" }}', "c"),
    ('{{ .path.basename | lower | replace "_" "-" }}', "shop-one"),
    ("{{ .path.basename | normalize }}", "shop-one"),
    ("{{ .branch | slugify 20 }}", "feature-a-very-long"),
    ("{{ .branch | slugify 12 false }}", "feature-a-ve"),
    ("{{ cat .name .branch | slugify }}", "shop-feature-a-very-long-name-indeed"),
    ("{{ .name | trunc 2 | upper | quote }}", '"SH"'),
    ('{{ dig "missing" "else" . }}{{ default "d" "" }}', "elsed"),
    ("{{ .items | toJson }}", '[{"n":1},{"n":2}]'),
    ("{{ .items | toYaml }}", '- "n": 1\n- "n": 2'),
    ('{{ (fromYaml "a: 1").a }}{{ len (fromYamlArray "[1, 2]") }}', "12"),
    ("{{ if .on }}yes{{ else }}no{{ end }}", "yes"),
    ("{{ range .items }}{{ .n }},{{ end }}", "1,2,"),
    ("{{ with .path }}{{ .basename }}{{ end }}", "Shop_One"),
    ("{{ range $i, $s := .path.segments }}{{ if $i }}-{{ end }}{{ $s }}{{ end }}", "apps-Shop_One"),
    ("{{- .name -}}", "shop"),
    ("{{ if eq .count 3 }}three{{ end }} {{ add .count 1 }} {{ .large }} {{ .share }}", "three 4 12345678 0.5"),
    ('{{ $x := set . "name" "other" }}{{ .name }}', "other"),
    ("{{ .name }}", "shop"),
    ('{{ printf "%s-%d" .name .count }}', "shop-3"),
    ("{{/* nothing */}}x", "x"),
    ('{{ "{{ kept }}" }}', "{{ kept }}"),
    ('{{ regexReplaceAll "[aeiou]" .name "x" }} {{ join "+" .path.segments }} {{ sha256sum "a" | trunc 6 }}', "shxp apps+Shop_One ca9781"),
]


def test_go_templates(program: Program) -> None:
    """Text/template with Sprig's and Argo CD's functions; what one template does to its parameters does not reach the next."""
    filled = GoTemplates(program, "missingkey=error").fill([(text, NESTED) for text, _ in GO])
    assert [(text, got) for (text, _), got in zip(GO, filled, strict=True)] == GO


GO_FAULTS = [
    ("{{ .nmae }}", "UnknownParameter", '.nmae needs a parameter "nmae"', "dig"),
    ("{{ .path.nothing }}", "UnknownParameter", '.path.nothing needs a parameter "nothing"', ""),
    ("{{ name }}", "InvalidTemplate", "there is no function name", "a parameter is written .name"),
    ("{{ .name | uper }}", "InvalidTemplate", "there is no function uper", "Sprig"),
    ("{{ now }}", "InvalidTemplate", "there is no function now", "something else in every run"),
    ('{{ env "HOME" }}', "InvalidTemplate", "there is no function env", "another machine"),
    ("{{ randAlphaNum 5 }}", "InvalidTemplate", "there is no function randAlphaNum", "something else in every run"),
    ('{{ genPrivateKey "rsa" }}', "InvalidTemplate", "there is no function genPrivateKey", "something else in every run"),
    ('{{ getHostByName "localhost" }}', "InvalidTemplate", "there is no function getHostByName", "another machine"),
    ("{{ if .on }}", "InvalidTemplate", "unexpected EOF", "text/template"),
    ("{{ .name", "InvalidTemplate", "unclosed action", ""),
    ("{{ index .items 7 }}", "InvalidTemplate", "index out of range: 7", ""),
    ("line\n{{ .nmae.x | foo }}", "InvalidTemplate", "there is no function foo", ""),
    ("line\n{{ index .items 7 }}", "InvalidTemplate", "in line 2", ""),
    ("{{ until 1000000000 }}", "InvalidTemplate", "10000 is the most", ""),
    ('{{ repeat 100000000 "x" }}', "InvalidTemplate", "10000 is the most", ""),
    ("{{ range until 10000 }}{{ range until 1000 }}xxxxxxxxxx{{ end }}{{ end }}", "InvalidTemplate", "produces more than", ""),
    ('{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}', "InvalidTemplate", "maximum template depth", ""),
    ('{{ fail "no such thing" }}', "InvalidTemplate", "no such thing", ""),
    ("{{ slugify 3 }}", "InvalidTemplate", "slugify cannot use 3 as a text", ""),
    ('{{ "x" | indent "y" }}', "InvalidTemplate", "indent cannot use y", ""),
]


def test_faults_of_go_templates(program: Program) -> None:
    """What Go says, as one line, with a hint where Go has none; nothing that reaches beyond the template or changes from run to run."""
    filled = GoTemplates(program, "missingkey=error").fill([(text, NESTED) for text, *_ in GO_FAULTS])
    for (text, reason, message, hint), fault in zip(GO_FAULTS, filled, strict=True):
        assert isinstance(fault, Fault), f"{text} gives {fault}"
        assert (fault.reason, message in fault.message, hint in fault.hint) == (reason, True, True), f"{text}: {fault}"


@pytest.mark.parametrize("option", ["missingkey=default", "missingkey=invalid", "missingkey=zero"])
def test_missing_keys(program: Program, option: str) -> None:
    """Whoever asks for Go's own word for nothing gets it."""
    assert GoTemplates(program, option).fill([("{{ .nmae }}", NESTED)]) == ["<no value>"]


def test_a_template_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is ended, the fault is told, and the next template is filled in by another."""
    monkeypatch.setattr(gotemplates, "_SECONDS", 0.5)
    with Program(templates()) as program:
        filler = GoTemplates(program, "missingkey=error")
        (fault,) = filler.fill([("{{ range 100000000000 }}{{ end }}", NESTED)])
        assert isinstance(fault, Fault)
        assert "seconds" in fault.message
        assert filler.fill([("{{ .name }}", NESTED)]) == ["shop"]


def test_the_program_is_asked_for_only_where_it_is_needed() -> None:
    """A missing program is told by name, with the way to get it, and only to those who use Go templates."""
    with Program("no-such-program") as program, pytest.raises(ToolMissing, match="Go templates need it") as caught:
        GoTemplates(program, "missingkey=error").fill([("{{ .name }}", NESTED)])
    assert "make toolchain" in caught.value.hint


def test_a_whole_set_with_go_templates(tmp_path: Path) -> None:
    """Keys and values of the template are filled in, at any depth; generators' own templates override the set's."""
    text = """
apiVersion: transom.dev/v1
kind: ApplicationSet
metadata: {name: web}
spec:
  goTemplate: true
  generators:
    - list: {elements: [{name: a, team: x}]}
    - list: {elements: [{name: b, team: y}]}
      template:
        metadata: {labels: {of: '{{ .name }}'}}
        spec: {destination: {namespace: site}}
  template:
    metadata:
      name: 'web-{{ .name }}'
      labels: {'team-{{ .team }}': here, of: all}
    spec:
      tenant: team-a
      destination: {cluster: one, namespace: shop}
"""
    found = catalog(tmp_path, {SET: text, "applications/sets/settings.yaml": CONFIG_MAP})
    assert {name: (dict(e.document.metadata.labels), e.document.spec.destination.namespace) for name, e in found.applications.items()} == {
        "web-a": ({"team-x": "here", "of": "all"}, "shop"),
        "web-b": ({"team-y": "here", "of": "b"}, "site"),
    }


def test_one_mistake_of_many_elements_is_told_once(tmp_path: Path) -> None:
    """A line that fits no element is one mistake; one that misses some elements names the first of them and how many there are."""
    elements = ", ".join(f"{{n: n{number}{', extra: x' if number == 0 else ''}}}" for number in range(20))
    files = {SET: a_set(f"- list: {{elements: [{elements}]}}", "web-{{m}}", "destination: {cluster: one, namespace: 'shop{{extra}}'}")}
    assert told(tmp_path, files) == [
        f"UnknownParameter {SET}:8:22: {{{{m}}}} is no parameter of any element; known are extra, n",
        f"UnknownParameter {SET}:11:46: {{{{extra}}}} is no parameter of element 2 ({SET}:6:44) and 18 more; known are n",
    ]


CLASHES = [
    (
        "- list: {elements: [{n: a}, {n: a}]}",
        "web-{{n}}",
        f"Application web-a, generated by ApplicationSet web from element 2 ({SET}:6:33), is generated by the same set from element 1 ({SET}:6:25), too",
    ),
    (
        "- list: {elements: [{n: a}]}",
        "shop",
        f"Application shop, generated by ApplicationSet web from element 1 ({SET}:6:25), is written by hand at applications/shop/application.yaml:3:18, too",
    ),
]


@pytest.mark.parametrize("generators, name, message", CLASHES)
def test_names_are_generated_once(tmp_path: Path, generators: str, name: str, message: str) -> None:
    """Two elements of one name, and a name that somebody wrote by hand, are told with both places."""
    shop = "apiVersion: transom.dev/v1\nkind: Application\nmetadata: {name: shop}\nspec: {tenant: team-a, destination: {cluster: one, namespace: a}}\n"
    files = {SET: a_set(generators, name, "destination: {cluster: one, namespace: shop}"), "applications/shop/application.yaml": shop}
    (problem,) = problems(tmp_path, {**files, "applications/sets/settings.yaml": CONFIG_MAP, "applications/shop/settings.yaml": CONFIG_MAP})
    assert (problem.reason, problem.message) == ("DuplicateDocument", message)


def test_two_sets_of_one_name(tmp_path: Path) -> None:
    """ApplicationSets have names of their own, and each is there once."""
    text = a_set("- list: {elements: [{n: a}]}", "web-{{n}}", "destination: {cluster: one, namespace: shop}")
    found = problems(tmp_path, {SET: text, "applications/sets/settings.yaml": CONFIG_MAP, "resources/again.yaml": text})
    assert [(one.reason, str(one.where)) for one in found] == [("DuplicateDocument", "resources/again.yaml:3:18")]
