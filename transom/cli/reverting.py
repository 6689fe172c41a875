"""How a rollback becomes a branch: the files as they were at the commit that was gone back to, on top of what is there now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import click

from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.cli.promote import origin_of
from transom.errors import SourceError
from transom.history.restore import Restored
from transom.source import branches
from transom.source.branches import Changes, Files, Origin
from transom.source.revisions import COMMIT


@dataclass(frozen=True, slots=True)
class Why:
    """What the commit says: where it goes back to, in whose words, and which applications alone."""

    to: str
    message: str
    applications: tuple[str, ...]


def write(project: Project, back: Restored, earlier: Catalog, name: str, why: Why) -> None:
    """One branch in each repository whose commit differs; tells each.

    Files of documents that stay, because they hold data, are left as they are.

    Raises:
        SourceError: a source was applied from files that no commit has, or the branch cannot be written.
    """
    made = False
    for snapshot in earlier.snapshots:
        commit = snapshot.revision
        if not COMMIT.fullmatch(commit):
            raise SourceError(
                f"source {snapshot.source} was applied from {commit}, which is no commit: the rollback is done, and there is no branch",
                reason="BranchRefused",
                hint="write the change by hand: transom diff says what it is",
            )
        origin = origin_of(project, back.catalog, snapshot.source)
        folders = _folders(project, earlier, snapshot.source, origin, why.applications)
        stay = _files_that_stay(project, back, snapshot.source, origin)

        def change(
            files: Files, commit: str = commit, folders: tuple[str, ...] = folders, stay: frozenset[str] = stay
        ) -> tuple[str, Changes]:
            return _reverted(files, commit, folders, stay, why)

        branch = branches.write(origin, name, change)
        if branch is not None:
            made = True
            click.echo(f"branch {branch.name} in {branch.url}, commit {branch.commit[:7]}: {', '.join(branch.files)}", err=True)
    if not made:
        click.echo("Git has those files already: no branch was needed", err=True)


def _folders(project: Project, earlier: Catalog, source: str, origin: Origin, applications: tuple[str, ...]) -> tuple[str, ...]:
    """What is taken back of a source: its whole folder, or those of single applications."""
    if not applications:
        return (origin.below,)
    found = []
    for name in applications:
        entry = earlier.applications.get(name)
        if entry is not None and entry.trace.snapshot.source == source:
            folder = PurePosixPath(_path(project, origin, entry.at().path)).parent
            if folder.name == "base" or folder.parent.name == "overlays":
                folder = folder.parent if folder.name == "base" else folder.parents[1]
            found.append(f"{folder}/")
    return tuple(found)


def _files_that_stay(project: Project, back: Restored, source: str, origin: Origin) -> frozenset[str]:
    entries = [back.catalog.entries[identity] for identity in back.stayed if identity in back.catalog.entries]
    return frozenset(_path(project, origin, entry.at().path) for entry in entries if entry.trace.snapshot.source == source)


def _path(project: Project, origin: Origin, shown: str) -> str:
    """A file that the history names, by its path in the repository: messages name those of a directory as seen from the project."""
    local = Path(origin.url)
    if local.is_dir():
        file = (project.root / shown).resolve()
        if file.is_relative_to(local):
            return file.relative_to(local).as_posix()
    inside = shown.removeprefix(f"{origin.source}:")
    return inside if inside.startswith(origin.below) else origin.below + inside


def _reverted(files: Files, commit: str, folders: tuple[str, ...], stay: frozenset[str], why: Why) -> tuple[str, Changes]:
    if not folders:
        return "", {}
    if not files.has(commit):
        raise SourceError(
            f"the branch does not come from {commit[:7]}: its history was rewritten, or the rollback went to another branch",
            reason="BranchRefused",
            hint="the rollback is done; write the change by hand",
        )
    changes: dict[str, bytes | None] = {}
    for folder in folders:
        old, new = files.tree(folder, commit), files.tree(folder)
        for path in sorted({*old, *new} - stay):
            if old.get(path) != new.get(path):
                changes[path] = files.read(path, commit)
    taken = files.log(commit, *[folder for folder in folders if folder])
    head = f"Revert {', '.join(why.applications) or 'everything'} to {commit[:7]} ({why.to})"
    lines = [f"This takes back {line[:40]}: {line[41:]}" for line in taken]
    lines += [f"{path} stays as it is: it holds data" for path in sorted(stay)]
    return "\n\n".join([head, *([why.message] if why.message else []), *(["\n".join(lines)] if lines else [])]) + "\n", changes
