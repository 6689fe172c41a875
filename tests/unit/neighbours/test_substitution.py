"""Variables of Flux's postBuild: each function, escapes, what is missing and what cannot be read."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transom.catalog.neighbours.substitution import NoVariable, Substitution

VARIABLES = {"NAME": "echo", "PATH": "/srv/www/index.html", "MIXED": "aBcAbc", "EMPTY": "", "OTHER": "NAME"}

CASES = [
    ("a value", "${NAME}", "echo"),
    ("two in a text", "a ${NAME} b ${OTHER}", "a echo b NAME"),
    ("without braces it is text", "$NAME costs 5$", "$NAME costs 5$"),
    ("escaped", "$${NAME}", "${NAME}"),
    ("escaped with one inside", "$${x:=${NAME}}", "${x:=echo}"),
    ("two dollars alone", "pid $$ ${NAME}", "pid $$ echo"),
    ("default of what is missing", "${GONE:=here}", "here"),
    ("default with a hyphen", "${GONE:-here}", "here"),
    ("default of what is there", "${NAME:=here}", "echo"),
    ("default of what is empty", "${EMPTY:=here}", "here"),
    ("a default that is a variable", "${GONE:=${NAME}-1}", "echo-1"),
    ("a default that has a default", "${GONE:=${GONE_TOO:=deep}}", "deep"),
    ("an empty default", "${GONE:=}", ""),
    ("length", "${#NAME}", "4"),
    ("capitals", "${NAME^^}", "ECHO"),
    ("one capital", "${NAME^}", "Echo"),
    ("small letters", "${MIXED,,}", "abcabc"),
    ("one small letter", "${OTHER,}", "nAME"),
    ("from a position", "${PATH:5}", "www/index.html"),
    ("a part", "${PATH:5:3}", "www"),
    ("from the end", "${PATH: -4}", "html"),
    ("without the last", "${NAME:0:-1}", "ech"),
    ("behind the end", "${NAME:9}", ""),
    ("shortest beginning", "${PATH#*/}", "srv/www/index.html"),
    ("longest beginning", "${PATH##*/}", "index.html"),
    ("shortest end", "${PATH%/*}", "/srv/www"),
    ("longest end", "${PATH%%/*}", ""),
    ("an end that is not there", "${NAME%.txt}", "echo"),
    ("the first is replaced", "${MIXED/c/-}", "aB-Abc"),
    ("all are replaced", "${MIXED//c/-}", "aB-Ab-"),
    ("the beginning is replaced", "${MIXED/#aB/-}", "-cAbc"),
    ("the end is replaced", "${MIXED/%bc/-}", "aBcA-"),
    ("something put in front", "${NAME/#/my-}", "my-echo"),
    ("a slash is replaced", "${PATH//\\//-}", "-srv-www-index.html"),
    ("replaced by nothing", "${MIXED//c/}", "aBAb"),
    ("replaced by a variable", "${MIXED/aBc/${NAME}}", "echoAbc"),
]


@pytest.mark.parametrize("text, wanted", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_fills_in(text: str, wanted: str) -> None:
    """Each function of Flux gives what it gives there."""
    assert Substitution(VARIABLES).fill(text) == wanted


@pytest.mark.parametrize("text", ["${GONE}", "${#GONE}", "${GONE^^}", "${GONE/a/b}", "${GONE:1}", "${GONE%x}"])
def test_what_has_no_value_becomes_empty_and_is_remembered(text: str) -> None:
    """A variable without value is known afterwards, so that it can be told; a default counts as a value."""
    substitution = Substitution(VARIABLES)
    assert substitution.fill(text) in ("", "0")
    assert substitution.missing == {"GONE"}


def test_a_default_is_a_value() -> None:
    """Nothing is told of a variable that has a default."""
    substitution = Substitution({})
    substitution.fill("${GONE:=x}${GONE:-x}${GONE=x}")
    assert substitution.missing == set()


@pytest.mark.parametrize(
    "text", ["${", "${NAME", "a ${NAME b", "${}", "${1}", "${NAME:?must}", "${NAME:+x}", "${#NAME:1}", "${a b}", "${NAME!}"]
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    """Braces that hold no variable, or a function that Flux does not have, are not guessed at."""
    with pytest.raises(NoVariable):
        Substitution(VARIABLES).fill(text)


@given(st.text(alphabet="$NAME{}:=-/#%^,x\\ "))
def test_any_text_is_filled_in_or_refused(text: str) -> None:
    """No text makes it fail in any other way, or run on."""
    with contextlib.suppress(NoVariable):
        Substitution(VARIABLES).fill(text)


@given(st.text().filter(lambda text: "$" not in text))
def test_text_without_a_dollar_stays(text: str) -> None:
    """What holds no variable is not touched."""
    assert Substitution(VARIABLES).fill(text) == text
