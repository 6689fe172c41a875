"""`transom import`: a repository of Argo CD or Flux becomes documents of ours, shown or written."""

from __future__ import annotations

from pathlib import Path

import click

from transom.catalog.neighbours import moving
from transom.catalog.neighbours.moving import Asked, Moved, Survey
from transom.cli import wiring
from transom.errors import InvalidDocuments, PermanentError, mistakes
from transom.exitcodes import ExitCode
from transom.source.directory import DirectorySource


@click.command("import")
@click.argument("system", type=click.Choice(tuple(moving.SYSTEMS)))
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--entry", "entries", multiple=True, help="Folder in PATH where the documents begin; may be given again.")
@click.option("--environment", help="Environment that the documents are for; the name of the entry's folder, else dev.")
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write into this folder; PATH itself moves in place."
)
@click.option("--dry-run", is_flag=True, help="Only list the files that would be written.")
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    system: str,
    path: Path,
    entries: tuple[str, ...],
    environment: str | None,
    folder: Path | None,
    dry_run: bool,  # noqa: FBT001 - click's way
) -> int:
    """Show the repository at PATH, laid out for SYSTEM, as documents of Transom, or write it so with --to."""
    asked, found = _asked(system, path, entries, environment)
    moved = moving.move(asked, wiring.project().renderer(), found)
    wrong = mistakes(moved.problems)
    if folder is None:
        for name, (text, where) in moved.files.items():
            click.echo(f"---\n# {name}, from {where}\n{text}", nl=False)
    elif not wrong:
        _write(moved, asked.snapshot.root, folder, dry_run=dry_run)
    for line in moved.told:
        click.echo(line, err=True)
    for problem in sorted(set(moved.problems)):
        click.echo(str(problem), err=True)
    if wrong:
        click.echo(InvalidDocuments(moved.problems).summary, err=True)
        return ExitCode.INVALID
    return ExitCode.DONE


def _asked(system: str, path: Path, entries: tuple[str, ...], environment: str | None) -> tuple[Asked, Survey]:
    snapshot = DirectorySource("moved", path).snapshot()
    found = moving.survey(snapshot, system)
    if not found.folders:
        kinds = ", ".join(sorted(moving.SYSTEMS[system]))
        raise PermanentError(f"{path} holds no document of {system}", reason="NothingToImport", hint=f"name a folder with {kinds} in it")
    tops = found.entries()
    if not entries and len(tops) > 1 and all(top.startswith("clusters/") for top in tops):
        shown = " or ".join(f"--entry {top}" for top in tops)
        hint = f"one environment is moved at a time: write {shown}"
        raise PermanentError(f"{path} holds documents for several environments", reason="EntryNeeded", hint=hint)
    chosen = tuple(entry.strip("/") for entry in entries) or tops
    name = environment or (Path(chosen[0]).name if chosen[0].startswith("clusters/") else "dev")
    return Asked(snapshot, system, chosen, name, moving.addresses_of(found.documents)), found


def _write(moved: Moved, root: Path, folder: Path, *, dry_run: bool) -> None:
    """Writes the new files, and those of the repository that they use when it lies elsewhere. Nothing that is there is changed."""
    copies = {} if folder.resolve() == root else {name: (root / name).read_text(encoding="utf-8") for name in sorted(moved.copies)}
    files = {name: f"# from {where}\n{text}" for name, (text, where) in moved.files.items()} | copies
    taken = [name for name, text in files.items() if (folder / name).exists() and (folder / name).read_text(encoding="utf-8") != text]
    if taken:
        hint = "write into another folder, or remove what is there"
        raise PermanentError(f"{folder / taken[0]} exists already ({len(taken)} such files)", reason="FileExists", hint=hint)
    for name, text in files.items():
        click.echo(f"{'would write' if dry_run else 'wrote'} {folder / name}")
        if not dry_run:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
