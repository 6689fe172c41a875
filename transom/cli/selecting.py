"""Which applications a plan or an apply takes: those that were named, or all but those that wait to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.cli import deploying
from transom.engine import Engine, Request
from transom.errors import PermanentError
from transom.history import selection
from transom.history.journal import Journal

app_option = click.option(
    "--app", "applications", multiple=True, help="Only this application, with what it needs. May be given several times."
)


def chosen(project: Project, engine: Engine, catalogs: Mapping[str, Catalog], names: Sequence[str]) -> dict[str, Catalog]:
    """The catalogs as they are to be applied; what waits is told on standard error."""
    out: dict[str, Catalog] = {}
    kept: Journal | None = None
    for name, catalog in catalogs.items():
        if not names and not selection.manual(catalog):
            out[name] = catalog  # the history is not asked where nothing depends on it
            continue
        kept = kept or deploying.journal(engine, project)
        last = kept.last_applied(name)
        if last is None:
            _refuse_unrecorded(engine, name)
        applied = kept.catalog(last) if last else None
        found = selection.named(catalog, applied, names) if names else selection.automatic(catalog, applied)
        for waiting in found.waiting:
            click.echo(f"Application/{waiting} waits: its sync.automated is false; transom apply {name} --app {waiting}", err=True)
        out[name] = found.catalog
    return out


def _refuse_unrecorded(engine: Engine, environment: str) -> None:
    """What was applied without a record would look as if it were not there, and be deleted.

    Raises:
        PermanentError: the environment's stack has something in it.
    """
    request = Request(stack=environment, environment=environment)
    if engine.exists(request) and engine.outputs(request):
        raise PermanentError(
            f"the history does not tell what was applied to {environment}, so part of it cannot be left as it is",
            reason="NoHistory",
            hint="apply all of it once with transom, with every application automated and without --app",
        )
