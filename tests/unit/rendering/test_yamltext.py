"""YAML with positions: what people write, and what they write by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from transom.rendering import yamltext


def test_positions() -> None:
    """Every value and key has the line and column a person sees in an editor, counted from 1."""
    text = "a: 1\nspec:\n  ports:\n    - name: http\n      port: 80\n    - {name: admin, port: 9}\n"
    (written,), problems = yamltext.parse(text, "f")
    assert not problems
    assert written.position(("spec", "ports", 0, "port")) == (5, 13)
    assert written.position(("spec", "ports", 0, "port"), of_key=True) == (5, 7)
    assert written.position(("spec", "ports", 1, "port")) == (6, 27)
    assert written.position(("spec", "nothing")) is None
    assert written.nearest(("spec", "ports", 7, "port")) == (3, 3)
    assert written.nearest(("gone",)) == (1, 1)


def test_many_documents() -> None:
    """Lines count through the whole file; empty documents are no documents."""
    (first, second), problems = yamltext.parse("---\na: 1\n---\n---\n# only a comment\n---\nb: 2\n", "f")
    assert not problems
    assert (first.position(("a",)), second.position(("b",))) == ((2, 4), (7, 4))


@pytest.mark.parametrize(
    "text, reason, place, words, why",
    [
        ("a: 1\nb: 2\na: 3\n", "DuplicateKey", (3, 1), "first in line 1", "the last one would win unseen"),
        ("s:\n  x: 1\n  x: 2\n", "DuplicateKey", (3, 3), '"x" is given twice', "below the top too"),
        ("a: {b: 1, b: 2}\n", "DuplicateKey", (1, 11), '"b"', "in flow style too"),
        ("a: 1\n b: 2\n", "InvalidYaml", (2, 3), "not valid YAML", "wrong indentation"),
        ("a: b: c\n", "InvalidYaml", (1, 5), "not valid YAML", "a colon in plain text"),
        ("a: [1, 2\nb: 3\n", "InvalidYaml", (2, 2), "not valid YAML", "an open bracket"),
        ("a:\n\tb: 1\n", "InvalidYaml", (2, 1), "tab", "a tab as indentation"),
        ('a: "open\n', "InvalidYaml", (2, 1), "quote", "an open quotation mark"),
        ("a: *nobody\n", "InvalidYaml", (1, 4), "nobody", "an alias to nothing"),
        ("a: !secret x\n", "InvalidYaml", (1, 4), "!secret", "a tag of another tool"),
        ("a: !!python/object:os.system x\n", "InvalidYaml", (1, 4), "python", "a tag that would run code"),
        ("? [a, b]\n: 1\n", "InvalidKey", (1, 3), "plain word", "a list as a key"),
        ("a: \x07\n", "InvalidYaml", (1, 4), "not valid YAML", "a control character"),
        ("a: &x [*x]\n", "InvalidYaml", None, "", "an alias to itself"),
    ],
)  # fmt: skip
def test_mistakes(text: str, reason: str, place: tuple[int, int] | None, words: str, why: str) -> None:
    """Each mistake is told once, at its place, in words that say what to do."""
    _, (problem,) = yamltext.parse(text, "f.yaml")
    assert problem.reason == reason or place is None, why
    assert place is None or (problem.where.line, problem.where.column) == place, why
    assert words in f"{problem.message}; {problem.hint}", why
    assert problem.hint


def test_the_documents_before_a_mistake_are_read() -> None:
    """A syntax error in the second document does not hide the first."""
    written, problems = yamltext.parse("a: 1\n---\nb: [\n", "f")
    assert [one.data for one in written] == [{"a": 1}]
    assert len(problems) == 1


def test_every_duplicate_is_told() -> None:
    """Two mistakes in one document are two problems."""
    _, problems = yamltext.parse("a: 1\na: 2\nb: 1\nb: 2\n", "f")
    assert [problem.where.line for problem in problems] == [2, 4]


def test_aliases_and_merge_keys() -> None:
    """Anchors, aliases and merge keys mean what YAML says; a value that came by merge is found at its key's nearest place."""
    text = "base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nsame: *b\n"
    (written,), problems = yamltext.parse(text, "f")
    assert not problems
    assert written.data == {"base": {"x": 1, "y": 2}, "use": {"x": 1, "y": 3}, "same": {"x": 1, "y": 2}}
    assert written.position(("use", "y")) == (4, 6)


def test_a_key_may_not_be_given_twice_beside_a_merge() -> None:
    """A merge key does not switch off the check for keys given twice."""
    _, problems = yamltext.parse("base: &b {x: 1}\nuse:\n  <<: *b\n  y: 1\n  y: 2\n", "f")
    assert [problem.reason for problem in problems] == ["DuplicateKey"]


def test_bombs() -> None:
    """Aliases that unfold to billions of values end in an error, not in a full memory."""
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(ord('a') + i)}: &{chr(ord('a') + i)} [{', '.join(['*' + chr(ord('a') + i - 1)] * 10)}]\n" for i in range(1, 10)
    )
    _, problems = yamltext.parse(text, "f")
    assert [problem.reason for problem in problems] == ["TooLarge"]


def test_merge_bombs() -> None:
    """Merge keys cannot unfold without end either."""
    text = "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}]\n  k{i}: 1\n" for i in range(1, 40))
    _, problems = yamltext.parse(text, "f")
    assert [problem.reason for problem in problems] in (["TooLarge"], [])


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting(opening: str) -> None:
    """Nesting beyond any document ends in an error, not in a crash."""
    _, problems = yamltext.parse(opening * 5000, "f")
    assert len(problems) == 1


@pytest.mark.parametrize(
    "content, value, why",
    [
        (b"\xef\xbb\xbfa: 1\n", 1, "a byte order mark, as Windows editors write it"),
        (b"a: 1\r\nb: 2\r\n", 1, "line ends of Windows"),
        ("a: größe 数据 😀\n".encode(), "größe 数据 😀", "text in any language"),
        (b"a: yes\n", True, "YAML 1.1 words, as Kubernetes reads them"),
        (b"%YAML 1.1\n---\na: 1\n", 1, "a directive"),
        (b"a: |\n  x\n  y\n", "x\ny\n", "a block"),
    ],
)
def test_files(tmp_path: Path, content: bytes, value: object, why: str) -> None:
    """What editors write is read."""
    file = tmp_path / "f.yaml"
    file.write_bytes(content)
    (written,), problems = yamltext.read(file, "f.yaml")
    assert (written.data["a"], problems) == (value, ()), why


def test_windows_lines_count_once(tmp_path: Path) -> None:
    """CRLF is one line end in positions."""
    file = tmp_path / "f.yaml"
    file.write_bytes(b"a: 1\r\nb: 2\r\nc: 3\r\n")
    (written,), _ = yamltext.read(file, "f.yaml")
    assert written.position(("c",)) == (3, 4)


@pytest.mark.parametrize(
    "content, reason",
    [(b"\x89PNG\r\n\x1a\n\x00\xff", "Unreadable"), (b"a: \x00\n", "InvalidYaml"), ("a: ü\n".encode("latin-1"), "Unreadable")],
)
def test_binary_files(tmp_path: Path, content: bytes, reason: str) -> None:
    """A file that is no UTF-8 text says so."""
    file = tmp_path / "f.yaml"
    file.write_bytes(content)
    assert [problem.reason for problem in yamltext.read(file, "f.yaml")[1]] == [reason]


def test_missing_and_huge_files(tmp_path: Path) -> None:
    """A file that cannot be read, or that nobody wrote by hand, is told by name."""
    assert [problem.reason for problem in yamltext.read(tmp_path / "gone.yaml", "gone.yaml")[1]] == ["Unreadable"]
    (tmp_path / "huge.yaml").write_text("a: " + "x" * (4 * 1024 * 1024 + 1))
    assert [problem.reason for problem in yamltext.read(tmp_path / "huge.yaml", "huge.yaml")[1]] == ["TooLarge"]


def test_an_edited_file_is_read_again(tmp_path: Path) -> None:
    """What was read is remembered only as long as the file stays as it is."""
    file = tmp_path / "f.yaml"
    file.write_text("a: 1\n")
    assert yamltext.read(file, "f")[0][0].data == {"a": 1}
    file.write_text("a: 22\n")
    assert yamltext.read(file, "f")[0][0].data == {"a": 22}


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever a file holds, reading it gives documents and problems, nothing else."""
    written, problems = yamltext.parse(text, "f")
    for problem in problems:
        assert problem.where.line >= 1
        assert problem.message
    for one in written:
        assert one.nearest(("a", 0)) >= (1, 1)


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=8)
"""PyYAML's own emitter does not keep some line separators: not what is tried here."""


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | _WORDS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
        max_leaves=12,
    )
)
@example("0E0")
@example("1e3")
@example("22:30")
@example("=")
@example("2024-01-01")
def test_reads_what_a_machine_writes(data: object) -> None:
    """Plain data comes back as it was dumped, and every key has a position."""
    import yaml

    text = yaml.dump({"root": data}, Dumper=yamltext.Dumper, allow_unicode=True)
    (written,), problems = yamltext.parse(text, "f")
    assert (written.data, problems) == ({"root": data}, ())
    assert written.position(("root",), of_key=True) == (1, 1)


@pytest.mark.parametrize(
    "word, value",
    [
        ("2027-01-31", "2027-01-31"), ("2027-01-31T10:00:00Z", "2027-01-31T10:00:00Z"), ("22:30", "22:30"), ("1:2.5", "1:2.5"), ("=", "="),
        ("0o17", 15), ("017", 15), ("0x1F", 31), ("1_000", 1000), ("1e3", 1000.0), (".5", 0.5), ("1.2.3", "1.2.3"), ("08", 8.0),
        ("yes", True), ("~", None), ("y", "y"), ("1e", "1e"),
    ],
)  # fmt: skip
def test_words_are_read_as_kubectl_reads_them(word: str, value: object) -> None:
    """What YAML 1.1 takes for a date or a time of day is text, as it is for kubectl and Kustomize; the output of Kustomize reads alike."""
    (written,), problems = yamltext.parse(f"a: {word}\n", "f")
    assert not problems
    assert written.data == {"a": value}
    assert type(written.data["a"]) is type(value)
    assert yamltext.plain(f"a: {word}\n") == [{"a": value}]


def test_keys_are_text() -> None:
    """JSON knows no other keys; the position of a key is found all the same."""
    text = "1: a\ntrue: b\n2027-01-31: c\n"
    (written,), problems = yamltext.parse(text, "f")
    assert not problems
    assert written.data == {"1": "a", "true": "b", "2027-01-31": "c"}
    assert yamltext.plain(text) == [written.data]
    assert written.position(("1",)) == (1, 4)


@pytest.mark.parametrize(
    "word", [".inf", "-.INF", ".nan", "!!binary aGk=", "!!set {a}", "!foo bar", "!foo {a: 1}", "!!timestamp 2027-01-31"]
)
def test_what_json_has_no_word_for(word: str) -> None:
    """Infinities, tags of one's own and bytes cannot be said to an API server: told where they stand."""
    _, problems = yamltext.parse(f"a: {word}\n", "f")
    assert [(str(problem.where), problem.reason) for problem in problems] == [("f:1:4", "InvalidYaml")]


@pytest.mark.parametrize("key", ["!foo a", "~", "? [a]", "? {a: 1}", "!!binary aGk="])
def test_what_is_no_key(key: str) -> None:
    """Lists, mappings, nothing and tagged words are no keys."""
    _, problems = yamltext.parse(f"{key}\n: 1\n" if key.startswith("?") else f"{key}: 1\n", "f")
    assert [problem.reason for problem in problems] == ["InvalidKey"]
