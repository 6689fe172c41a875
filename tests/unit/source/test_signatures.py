"""Signatures of commits, with real SSH and GPG keys."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transom.errors import SourceError
from transom.source import signatures
from transom.source.git import GitSource
from transom.source.signatures import Signers


@pytest.fixture
def key(tmp_path: Path) -> Callable[[str], tuple[str, str]]:
    """Makes an SSH key; gives the path of the private one and the public one's text."""

    def make(name: str) -> tuple[str, str]:
        file = tmp_path / f"key-{name}"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(file)], check=True)
        return str(file), Path(f"{file}.pub").read_text().strip()

    return make


def _sign(repository: Any, key: str, **more: str) -> str:
    """A commit that is signed with the key."""
    words = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={key}", "commit", "--quiet", "--allow-empty", "-S", "-m", "signed")
    repository.git(*words, **more)
    return repository.git("rev-parse", "HEAD")


def _reason(source: GitSource) -> str:
    with pytest.raises(SourceError) as caught:
        source.snapshot()
    assert caught.value.hint
    return caught.value.reason


def test_a_good_signature(repository: Any, source: Callable[..., GitSource], key: Callable[..., tuple[str, str]]) -> None:
    """A commit that somebody signed who is named is read, by branch and by commit, from the host and from the cache."""
    private, public = key("alice")
    commit = _sign(repository, private)
    signers = Signers(ssh=f"alice@example.com {public}\n")
    for revision in ("main", commit, commit):
        assert source(revision, signers=signers).snapshot().revision == commit


def test_whose_signature_is_missing(repository: Any, source: Callable[..., GitSource], key: Callable[..., tuple[str, str]]) -> None:
    """No signature, and one by somebody else, are different errors; a commit that was read without the check is checked all the same."""
    (_, alice), (mallory, _) = key("alice"), key("mallory")
    signers = Signers(ssh=f"alice@example.com {alice}")
    first = repository.git("rev-parse", "HEAD")
    source(first).snapshot()
    assert _reason(source(first, signers=signers)) == "CommitUnsigned"
    _sign(repository, mallory)
    assert _reason(source("main", signers=signers)) == "SignerUnknown"
    assert _reason(source("main", signers=Signers(gpg="-----BEGIN PGP PUBLIC KEY BLOCK-----"))) == "SignerUnknown"


@pytest.mark.parametrize("written", ['valid-before="20200101"', 'valid-before="20200101Z",namespaces="git"', 'valid-after="20990101"'])
def test_a_key_that_was_not_valid(
    repository: Any, source: Callable[..., GitSource], key: Callable[..., tuple[str, str]], written: str
) -> None:
    """A key counts only for commits of its time."""
    private, public = key("alice")
    _sign(repository, private)
    assert _reason(source("main", signers=Signers(ssh=f"alice@example.com {written} {public}"))) == "SignatureExpired"


def test_a_key_for_something_else(repository: Any, source: Callable[..., GitSource], key: Callable[..., tuple[str, str]]) -> None:
    """A key that is allowed to sign files, and not commits, does not count."""
    private, public = key("alice")
    _sign(repository, private)
    assert _reason(source("main", signers=Signers(ssh=f'alice@example.com namespaces="file" {public}'))) == "SignerUnknown"


def test_a_signature_of_another_commit(repository: Any, source: Callable[..., GitSource], key: Callable[..., tuple[str, str]]) -> None:
    """A good signature that was moved to other content is told as such."""
    private, public = key("alice")
    signed = repository.git("cat-file", "commit", _sign(repository, private))
    forged = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        cwd=repository.folder,
        input=signed.replace("\n\nsigned", "\n\nsigned, and more") + "\n",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    repository.git("update-ref", "refs/heads/main", forged)
    assert _reason(source("main", signers=Signers(ssh=f"alice@example.com {public}"))) == "SignatureInvalid"


def test_the_users_own_signers_do_not_count(
    repository: Any, source: Callable[..., GitSource], key: Callable[..., tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom the machine's own git configuration trusts is of no interest."""
    (private, public), (_, other) = key("alice"), key("bob")
    _sign(repository, private)
    (tmp_path / "own").write_text(f"alice@example.com {public}\n")
    (tmp_path / "config").write_text(f'[gpg]\nformat = ssh\n[gpg "ssh"]\nallowedSignersFile = {tmp_path / "own"}\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    assert _reason(source("main", signers=Signers(ssh=f"bob@example.com {other}"))) == "SignerUnknown"


@pytest.fixture
def gpg(tmp_path: Path) -> Callable[..., tuple[dict[str, str], str]]:
    """Makes a GPG key that is valid for a time; gives the variables to sign with and the public key."""

    def make(name: str, lasts: str = "never") -> tuple[dict[str, str], str]:
        home = tmp_path / f"gpg-{name}"
        home.mkdir(mode=0o700)
        variables = {"GNUPGHOME": str(home)}
        words = ["gpg", "--batch", "--quiet", "--passphrase", "", "--faked-system-time", "20250101T000000!"]
        generate = [*words, "--quick-generate-key", f"{name}@example.com", "ed25519", "sign", lasts]
        subprocess.run(generate, env={**os.environ, **variables}, check=True, capture_output=True)
        export = ["gpg", "--armor", "--export", f"{name}@example.com"]
        public = subprocess.run(export, env={**os.environ, **variables}, check=True, capture_output=True, text=True).stdout
        subprocess.run(["gpgconf", "--kill", "all"], env={**os.environ, **variables}, check=True)
        return variables, public

    return make


def _sign_with_gpg(repository: Any, name: str, variables: dict[str, str]) -> str:
    program = Path(variables["GNUPGHOME"]) / "gpg"
    program.write_text('#!/bin/sh\nexec gpg --ignore-time-conflict "$@"\n')
    program.chmod(0o755)
    words = (
        "-c",
        f"gpg.program={program}",
        "-c",
        f"user.signingKey={name}@example.com",
        "commit",
        "--quiet",
        "--allow-empty",
        "-S",
        "-m",
        "x",
    )
    repository.git(*words, **variables)
    subprocess.run(["gpgconf", "--kill", "all"], env={**os.environ, **variables}, check=True)
    return repository.git("rev-parse", "HEAD")


def test_gpg(repository: Any, source: Callable[..., GitSource], gpg: Callable[..., tuple[dict[str, str], str]]) -> None:
    """A GPG key that is named counts, another one does not; an SSH key beside it changes nothing."""
    (variables, public), (_, other) = gpg("alice"), gpg("bob")
    commit = _sign_with_gpg(repository, "alice", variables)
    assert source("main", signers=Signers(gpg=public)).snapshot().revision == commit
    assert source("main", signers=Signers(gpg=public + other, ssh="a ssh-ed25519 AAAA")).snapshot().revision == commit
    assert _reason(source("main", signers=Signers(gpg=other))) == "SignerUnknown"
    assert _reason(source("main", signers=Signers(ssh="a ssh-ed25519 AAAA"))) == "SignerUnknown"


def test_where_signers_are_read_from(tmp_path: Path) -> None:
    """Signers are texts or files of the project, and of nowhere else."""
    line = "alice@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA"
    project = tmp_path / "project"
    project.mkdir()
    (project / "signers").write_text(line)
    (tmp_path / "outside").write_text(line)
    (project / "link").symlink_to(tmp_path / "outside")
    (project / "empty").write_text("# nobody\n")
    assert signatures.read(line, "", project, "x").ssh == signatures.read("signers", "", project, "x").ssh == line
    for wrong in ("../outside", str(tmp_path / "outside"), "link", "nowhere", "empty", "."):
        with pytest.raises(SourceError) as caught:
            signatures.read(wrong, "", project, "x")
        assert caught.value.reason == "SignersInvalid"
