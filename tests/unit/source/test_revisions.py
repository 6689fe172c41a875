"""Revisions: what stands in `targetRevision`, against real repositories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from transom.errors import SourceError
from transom.source.git import GitSource
from transom.specs.scalars import VersionRange
from transom.specs.source import SourceSpec


@pytest.mark.parametrize(
    "range_, tag",
    [
        (">=1.2 <2", "v1.3.0"),
        (">= 1.2, < 1.3", "v1.2.0"),
        ("~1.2", "v1.2.0"),
        ("1.x", "v1.3.0"),
        ("*", "2.0.0"),
        ("^1.0.0", "v1.3.0"),
        ("1.0 - 1.2", "v1.2.0"),
        ("1.2.x || 3.x", "v1.2.0"),
        ("<2", "v1.3.0"),
        (">=1.2.0-0 <2", "v1.10.0-rc.10"),
        ("<2.0.0-0", "v1.10.0-rc.10"),
    ],
)
def test_the_highest_tag_that_fits(repository: Any, source: Callable[..., GitSource], range_: str, tag: str) -> None:
    """A range takes the highest version; pre-releases count when asked for, and never as the release that they precede."""
    tags = ("v1.0.0", "v1.2.0", "v1.3.0", "v1.10.0-rc.2", "v1.10.0-rc.10", "2.0.0-rc.1", "2.0.0", "nightly", "v1.9", "shop/v1.9.0")
    commits = {}
    for name in tags:
        commits[name] = repository.commit({"tenants/a.yaml": name})
        repository.git("tag", name)
    assert source(range_).snapshot().revision == commits[tag]


def test_a_prefix_of_tags(repository: Any, source: Callable[..., GitSource]) -> None:
    """Products of one repository have versions of their own, told by what stands before them."""
    commits = {}
    for name in ("v9.0.0", "shop/v1.2.0", "shop/1.3.0", "shopping/v1.9.0"):
        commits[name] = repository.commit({"tenants/a.yaml": name})
        repository.git("tag", name)
    assert source("1.x", tag_prefix="shop/").snapshot().revision == commits["shop/1.3.0"]
    with pytest.raises(SourceError, match="none of its tags below ledger/ is a version"):
        source("1.x", tag_prefix="ledger/").snapshot()


@pytest.mark.parametrize("range_, said", [(">=2", "its highest version is v1.4.0"), (">1.4", "its highest version is v1.4.0")])
def test_no_tag_fits(repository: Any, source: Callable[..., GitSource], range_: str, said: str) -> None:
    """A range that nothing fits is an error that says what there is."""
    repository.git("tag", "v1.4.0")
    with pytest.raises(SourceError) as caught:
        source(range_).snapshot()
    assert (caught.value.reason, caught.value.hint) == ("NoMatchingVersion", said)


def test_a_pre_release_alone(repository: Any, source: Callable[..., GitSource]) -> None:
    """Where there are only pre-releases the message says how they are asked for."""
    repository.git("tag", "v1.4.0-rc.1")
    with pytest.raises(SourceError, match=r"e\.g\. >=1\.2\.0-0"):
        source("1.x").snapshot()


@pytest.mark.parametrize("name", ["release", "1.x"])
def test_what_can_be_read_in_two_ways(repository: Any, source: Callable[..., GitSource], name: str) -> None:
    """A branch and a tag of one name, or a name that is also a range, is an error that names the ways out; each of them works."""
    first = repository.git("rev-parse", "HEAD")
    repository.git("tag", name)
    second = repository.commit({"tenants/a.yaml": "two\n"}, branch=name)
    with pytest.raises(SourceError) as caught:
        source(name).snapshot()
    assert caught.value.reason == "RevisionAmbiguous"
    assert source(f"refs/tags/{name}").snapshot().revision == first
    assert source(f"refs/heads/{name}").snapshot().revision == second


def test_a_tag_without_its_v(repository: Any, source: Callable[..., GitSource]) -> None:
    """A version that lacks its letter is told with it."""
    repository.git("tag", "v1.4.0")
    with pytest.raises(SourceError) as caught:
        source("1.4.0").snapshot()
    assert caught.value.hint == "did you mean v1.4.0?"


def test_any_ref(repository: Any, source: Callable[..., GitSource]) -> None:
    """A full name reaches what is neither branch nor tag, e.g. a pull request."""
    head = repository.git("rev-parse", "HEAD")
    repository.git("update-ref", "refs/pull/7/head", head)
    repository.commit({"tenants/a.yaml": "two\n"})
    assert source("refs/pull/7/head").snapshot().revision == head


def test_a_commit_that_no_branch_has(repository: Any, source: Callable[..., GitSource]) -> None:
    """A full commit is read although no branch and no tag leads to it any more, and by its first digits where a branch does."""
    lost = repository.commit({"tenants/a.yaml": "two\n"})
    first = repository.git("rev-parse", "HEAD~1")
    third = repository.commit({"tenants/a.yaml": "three\n"})
    assert source(lost[:8]).snapshot().revision == lost
    repository.git("reset", "--quiet", "--hard", first)
    assert source(third).snapshot().revision == third
    with pytest.raises(SourceError) as caught:
        source("0" * 40).snapshot()
    assert caught.value.reason == "RevisionMissing"


def _spec(**fields: Any) -> SourceSpec:
    return SourceSpec.model_validate({"name": "platform", "repoURL": "https://git.example.com/a.git", **fields})


@pytest.mark.parametrize(
    "text", ["main", "release/1.x-fixes", "v1.2.3", "1.2", "feature/a=b", "ö", "refs/heads/main", "~1.4", ">=1 <2", "a" * 40]
)
def test_names_and_ranges(text: str) -> None:
    """What git takes as a name, and what is a range, may stand in a document."""
    assert _spec(targetRevision=text).target_revision == text


@pytest.mark.parametrize(
    "text", ["main~1", "main^", "main@{0}", ":/one", "a b", "a..b", "--all", ">=abc", "~", "", "a/", "/a", "x.lock", "a\nb", "*", "??"]
)
def test_expressions_are_neither(text: str) -> None:
    """`main~1` and reflogs mean something else tomorrow, and options are no names: refused where they are written."""
    if text == "*":
        assert _spec(targetRevision=text)
        return
    with pytest.raises(ValidationError):
        _spec(targetRevision=text)


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/a.git",
        "ssh://git@git.example.com:2222/a.git",
        "git@git.example.com:team/a.git",
        "file:///srv/git/a.git",
        "/srv/git/a.git",
        "../a",
        "https://[::1]:8443/a",
    ],
)
def test_addresses(url: str) -> None:
    """Every way in which people name a repository."""
    assert _spec(repoURL=url).repo_url == url


@pytest.mark.parametrize(
    "url, reason",
    [
        ("https://user:example-passw0rd@git.example.com/a.git", "PlaintextSecret"),
        ("https://example-t0ken@git.example.com/a.git", "PlaintextSecret"),
        ("ssh://git:example-passw0rd@git.example.com/a.git", "PlaintextSecret"),
        ("https://git.example.com/a.git?private_token=example-t0ken", "PlaintextSecret"),
        ("ext::sh -c true", "value_error"),
        ("fd::17", "value_error"),
        ("git://git.example.com/a.git", "value_error"),
        ("ftp://git.example.com/a.git", "value_error"),
        ("--upload-pack=touch", "value_error"),
        ("https:///a.git", "value_error"),
    ],
)
def test_addresses_that_are_refused(url: str, reason: str) -> None:
    """Credentials in a document, and addresses that would run a program, are refused; the message repeats no credentials."""
    with pytest.raises(ValidationError) as caught:
        _spec(repoURL=url)
    (error,) = caught.value.errors()
    assert error["type"] == reason
    assert "t0ken" not in error["msg"]
    assert "passw0rd" not in error["msg"]


@pytest.mark.parametrize(
    "fields",
    [
        {"repoURL": None, "targetRevision": "main"},
        {"repoURL": None, "verify": {"allowedSigners": "x"}},
        {"repoURL": None, "allowForcePush": True},
        {"repoURL": None, "submodules": "ignore"},
        {"verify": {}},
        {"tagPrefix": "shop/"},
        {"tagPrefix": "shop/", "targetRevision": "main"},
        {"path": "/etc"},
        {"path": "a/../../b"},
        {"path": ".git/hooks"},
        {"submodules": "fetch"},
        {"allowForcePush": "yes"},
    ],
)
def test_settings_that_mean_nothing(fields: dict[str, Any]) -> None:
    """A setting that would be without effect, or lead out of the repository, is refused rather than passed over."""
    with pytest.raises(ValidationError):
        _spec(**fields)


_NUMBERS = st.integers(0, 20)


@given(st.lists(st.tuples(_NUMBERS, _NUMBERS, _NUMBERS), min_size=1), _NUMBERS)
def test_ranges_by_arithmetic(versions: list[tuple[int, int, int]], major: int) -> None:
    """`N.x` takes the greatest of the versions that begin with N, and nothing where there is none."""
    tags = {"v" + ".".join(map(str, version)): ".".join(map(str, version)) for version in versions}
    found = VersionRange.check(f"{major}.x")
    assert isinstance(found, VersionRange)
    fitting = [version for version in versions if version[0] == major]
    wanted = "v" + ".".join(map(str, max(fitting))) if fitting else None
    assert found.highest(tags) == wanted
