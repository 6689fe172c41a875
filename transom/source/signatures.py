"""Signatures: whether a commit was signed by somebody whom the project trusts.

`git verify-commit` judges. Whom to trust is written in the project, beside the environment, and never in the source that is judged: who
may push there could name themselves.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from transom.errors import SourceError
from transom.source.command import Repository
from transom.source.failures import GitFailed, words

_SSH_KEY = re.compile(r"(?:^|\s)(?:sk-)?(?:ssh-|ecdsa-)\S+\s+AAAA")
_ALGORITHM = r"(?:sk-)?(?:ssh-|ecdsa-)\S+"
_VALIDITY = re.compile(r'\bvalid-(?:after|before)="?[0-9]+Z?"?,?')


@dataclass(frozen=True, slots=True)
class Signers:
    """Whose signatures count.

    Attributes:
        ssh: lines of an allowed signers file (ssh-keygen, ALLOWED SIGNERS).
        gpg: armoured public keys.
    """

    ssh: str = field(default="", repr=False)
    gpg: str = field(default="", repr=False)


def read(ssh: str, gpg: str, project: Path, where: str) -> Signers:
    """The signers that a source's `verify` names: texts, or paths of files relative to `project`.

    Raises:
        SourceError: a file is not there or names nobody.
    """
    lines = ssh if "\n" in ssh or _SSH_KEY.search(ssh) else _file(ssh, project, where)
    keys = gpg if "-----BEGIN" in gpg else _file(gpg, project, where)
    if ssh and not _SSH_KEY.search(lines):
        raise _unusable(where, "allowedSigners names no key", "a line reads: alice@example.com ssh-ed25519 AAAA…")
    if gpg and "-----BEGIN PGP PUBLIC KEY BLOCK-----" not in keys:
        raise _unusable(where, "gpgKeys holds no public key", "write what gpg --armor --export prints")
    return Signers(lines, keys)


def _file(name: str, project: Path, where: str) -> str:
    if not name:
        return ""
    file = (project / name).resolve()
    if not file.is_relative_to(project.resolve()):
        raise _unusable(where, f"{name} lies outside of the project", "keep the file in the project, so that a change of it is reviewed")
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise _unusable(where, f"{name} cannot be read", "write the path of a file of the project, or the lines themselves") from None


def _unusable(where: str, what: str, hint: str) -> SourceError:
    return SourceError(f"{where}: {what}", reason="SignersInvalid", hint=hint)


def check(repository: Repository, commit: str, signers: Signers, where: str) -> None:
    """Asks that `commit` was signed by one of `signers`.

    Raises:
        SourceError: it was not, or not in time, or the signature does not fit the commit.
    """
    told = f"{where}: commit {commit[:12]}"
    kind = _kind(repository.git("cat-file", "commit", commit))
    if not kind:
        raise SourceError(
            f"{told} is not signed", reason="CommitUnsigned", hint="sign it (git commit -S) and push again, or leave verify out"
        )
    if kind == "ssh":
        _ssh(repository, commit, signers, told)
    elif kind == "gpg":
        _gpg(repository, commit, signers, told)
    else:
        hint = "sign with an SSH or a GPG key"
        raise SourceError(f"{told} has a signature of a kind that is not known", reason="SignatureInvalid", hint=hint)


def _kind(commit: str) -> str:
    header = commit.partition("\n\n")[0]
    found = re.search(r"^gpgsig(?:-sha256)? -----BEGIN (SSH|PGP)? ?", header, re.MULTILINE)
    return {"SSH": "ssh", "PGP": "gpg"}.get(found[1] or "", "other") if found else ""


def _ssh(repository: Repository, commit: str, signers: Signers, told: str) -> None:
    if not signers.ssh:
        raise _unknown(f"{told} is signed with an SSH key, and verify names GPG keys only", "add allowedSigners, or sign with a GPG key")
    good, said = _ssh_verdict(repository, commit, signers.ssh)
    if good:
        return
    # the same without the times between which keys are valid: was it the key, or the time?
    if _VALIDITY.search(signers.ssh) and _ssh_verdict(repository, commit, _timeless(signers.ssh))[0]:
        raise SourceError(
            f"{told} was signed with a key that was not valid at the time of the commit",
            reason="SignatureExpired",
            hint="sign with a valid key, or correct valid-before and valid-after in allowedSigners",
        )
    if _ssh_verdict(repository, commit, _bare(signers.ssh))[0]:
        raise _unknown(f"{told} is signed with a key that allowedSigners names for something else", "add git to its namespaces")
    if 'Good "git" signature' in said or "No principal matched" in said:
        key = re.search(r"key (SHA256:\S+)", said)
        raise _unknown(f"{told} is signed with a key{f' ({key[1]})' if key else ''} that allowedSigners does not name")
    raise SourceError(
        f"{told} has a signature that does not fit it: {words(said)}",
        reason="SignatureInvalid",
        hint="what is signed was changed afterwards",
    )


def _ssh_verdict(repository: Repository, commit: str, lines: str) -> tuple[bool, str]:
    with tempfile.NamedTemporaryFile("w", prefix="transom-signers-", encoding="utf-8") as file:
        file.write(lines if lines.endswith("\n") else lines + "\n")
        file.flush()
        settings = (("gpg.format", "ssh"), ("gpg.ssh.allowedSignersFile", file.name), ("gpg.ssh.program", "ssh-keygen"))
        asked = replace(repository, settings=(*settings, ("gpg.ssh.revocationFile", ""), ("gpg.minTrustLevel", "undefined")))
        return _verdict(asked, commit)


def _timeless(lines: str) -> str:
    without = (_VALIDITY.sub("", line) for line in lines.splitlines())
    return "\n".join(re.sub(rf",(?=\s+{_ALGORITHM})", "", line) for line in without)


def _bare(lines: str) -> str:
    """The keys alone, without what they may be used for."""
    return "\n".join(f"* {found[0]}" for found in re.finditer(rf"{_ALGORITHM}\s+AAAA\S+", lines))


def _gpg(repository: Repository, commit: str, signers: Signers, told: str) -> None:
    if not signers.gpg:
        raise _unknown(f"{told} is signed with a GPG key, and verify names SSH keys only", "add gpgKeys, or sign with an SSH key")
    if shutil.which("gpg") is None:
        raise SourceError(f"{told} is signed with a GPG key, and gpg is not on this machine", reason="SignersInvalid", hint="install GnuPG")
    with _keyring(signers.gpg, told) as home:
        asked = replace(
            repository, settings=(("gpg.program", "gpg"), ("gpg.minTrustLevel", "undefined")), variables={"GNUPGHOME": str(home)}
        )
        try:
            asked.git("verify-commit", "--raw", commit)
        except GitFailed as failed:
            status = set(re.findall(r"\[GNUPG:\] (\w+)", failed.said))
        else:
            return
    if status & {"EXPKEYSIG", "EXPSIG", "KEYEXPIRED"} and not status & {"BADSIG"}:
        raise SourceError(
            f"{told} was signed with a key that has expired", reason="SignatureExpired", hint="sign with a valid key, or renew it"
        )
    if status & {"REVKEYSIG"}:
        raise SourceError(f"{told} was signed with a key that is revoked", reason="SignatureExpired", hint="sign with a valid key")
    if status & {"NO_PUBKEY"}:
        raise _unknown(f"{told} is signed with a key that gpgKeys does not hold")
    raise SourceError(
        f"{told} has a signature that does not fit it", reason="SignatureInvalid", hint="what is signed was changed afterwards"
    )


@contextmanager
def _keyring(keys: str, told: str) -> Iterator[Path]:
    """A keyring with these keys alone; the user's own is not looked at."""
    import subprocess

    with tempfile.TemporaryDirectory(prefix="transom-gpg-") as name:
        command = ["gpg", "--homedir", name, "--batch", "--quiet", "--no-autostart", "--import"]
        done = subprocess.run(command, input=keys.encode(), capture_output=True, timeout=60, check=False)
        if done.returncode:
            raise _unusable(told, "gpgKeys cannot be read", "write what gpg --armor --export prints")
        yield Path(name)


def _verdict(repository: Repository, commit: str) -> tuple[bool, str]:
    try:
        repository.git("verify-commit", commit)
    except GitFailed as failed:
        return False, failed.said
    return True, ""


def _unknown(
    what: str, hint: str = "sign with a key that is named, or add the key to verify if its owner may change this source"
) -> SourceError:
    return SourceError(what, reason="SignerUnknown", hint=hint)
