"""The files of a commit, laid out in a folder: exactly what was committed, and nothing that means one thing here and another elsewhere."""

from __future__ import annotations

import shutil
import tarfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transom.errors import SourceError
from transom.source.command import Repository

LARGEST = 1024**3
"""Bytes that one source may unfold to."""
_MOST = 200_000
"""Files of one source."""

ATTRIBUTES = "* -export-ignore -export-subst -text -filter -ident -working-tree-encoding -eol\n"
"""`git archive` would leave out or change files where the repository's .gitattributes say so; here every file is as it was committed."""


@dataclass(frozen=True, slots=True)
class _Wrong:
    reason: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class _File:
    mode: str
    size: int
    path: str


def unpack(repository: Repository, commit: str, path: str, into: Path, *, submodules: str, where: str) -> None:  # noqa: PLR0913 - what, whence, whither
    """Lays out folder `path` of `commit` below `into`, at the same path.

    Raises:
        SourceError: something in it cannot be laid out, or should not be read.
        GitFailed: an object is missing.
    """
    pathspec = () if path == "." else (f":(top,literal){path}",)
    files = list(_files(repository.raw("ls-tree", "-r", "-l", "-z", "--full-tree", commit, *(() if path == "." else (path,)))))
    for wrong in _complaints(files, submodules):
        raise SourceError(f"{where}: {wrong.message}", reason=wrong.reason, hint=wrong.hint)
    if not files:
        return
    archive = into.parent / f"{into.name}.tar"
    try:
        repository.git("archive", "--format=tar", f"--output={archive.absolute()}", commit, *pathspec)
        with tarfile.open(archive) as tar:
            links = [member for member in tar if not _written(tar, member, into)]
        _link(links, into, where)
    finally:
        archive.unlink(missing_ok=True)


def _files(said: bytes) -> Iterator[_File]:
    for line in said.decode("utf-8", "surrogateescape").split("\0"):
        if line:
            head, _, path = line.partition("\t")
            mode, _, _, size = head.split()
            yield _File(mode, int(size) if size.isdecimal() else 0, path)


def _complaints(files: list[_File], submodules: str) -> Iterator[_Wrong]:
    """Whatever must not be laid out."""
    if submodules == "refuse" and (found := [file.path for file in files if file.mode == "160000"]):
        hint = "name its repository as a source of its own; submodules: ignore leaves the folder empty"
        yield _Wrong(reason="SubmoduleRefused", message=f"{found[0]} is a submodule, which is not fetched", hint=hint)
    total = sum(file.size for file in files)
    if total > LARGEST or len(files) > _MOST:
        largest = max(files, key=lambda file: file.size)
        hint = f"let path name the folder with the documents; the largest file is {largest.path}, {largest.size // 2**20} MiB"
        told = f"has {len(files)} files of {total // 2**20} MiB in all, more than any repository of documents"
        yield _Wrong(reason="SourceTooLarge", message=told, hint=hint)
    seen: dict[str, str] = {}
    for file in files:
        for name in _with_parents(file.path):
            alike = unicodedata.normalize("NFC", name).casefold()
            if seen.setdefault(alike, name) != name:
                told = f"{seen[alike]} and {name} differ in nothing but capitals or accents"
                yield _Wrong(reason="NameClash", message=told, hint="rename one of the two: some file systems would keep only one of them")
                return
        if any(part.casefold() in (".git", "git~1", "..", "") for part in file.path.split("/")):
            told = f"{file.path} has a name that git keeps to itself"
            yield _Wrong(reason="PathOutsideSource", message=told, hint="remove it from the repository")


def _with_parents(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[: count + 1]) for count in range(len(parts)))


def _written(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> bool:
    """Lays out a folder or a file; false for a link, which has to wait so that nothing is written through it."""
    target = into / member.name
    if member.issym():
        return False
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
    elif member.isreg() and (content := tar.extractfile(member)):
        target.parent.mkdir(parents=True, exist_ok=True)
        with content, target.open("xb") as file:
            shutil.copyfileobj(content, file)
    return True


def _link(links: list[tarfile.TarInfo], into: Path, where: str) -> None:
    """Lays out links; refuses one that leads out, by itself or by way of another."""
    for link in links:
        target = into / link.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(link.linkname)
    top = into.resolve()
    for link in links:
        try:
            inside = (into / link.name).resolve().is_relative_to(top)
        except (OSError, RuntimeError):  # a link to itself
            inside = False
        if not inside:
            raise SourceError(
                f"{where}: {link.name} is a link that leads out of the repository",
                reason="PathOutsideSource",
                hint="keep the file itself in the repository",
            )
