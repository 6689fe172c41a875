"""Guards inside of the program: what a bare `pulumi up` is refused before anything is declared.

The program sees no plan, so that rules about what would be deleted or replaced cannot be asked here; `transom apply` asks them, and this
only what needs none: a held environment, a closed window, a commit that was not reviewed.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pulumi

from transom import guards
from transom.catalog.model import Catalog
from transom.catalog.project import GUARDED, Project
from transom.errors import PermanentError
from transom.history import held, opening
from transom.history.journal import Journal

_PLACES = ("TRANSOM_HISTORY", "PULUMI_BACKEND_URL")
"""Variables that may say where the history is."""


def refuse(catalog: Catalog, project: Project, now: datetime | None = None) -> None:
    """Refuses a run that changes something and that no command of ours has asked the guards about.

    Raises:
        GuardRefused: the environment is held, no window is open, or a commit was not reviewed.
    """
    if os.environ.get(GUARDED) or pulumi.runtime.is_dry_run():
        return
    if kept := _history(project):
        held.refuse(kept, catalog.name)
    guards.refuse(guards.beforehand(catalog, project.standings(catalog), now or datetime.now(UTC)))


def _history(project: Project) -> Journal | None:
    """The history, where the environment says where it is; a backend that keeps none holds nothing."""
    url = next((found for name in _PLACES if (found := os.environ.get(name))), "")
    if not url:
        return None
    try:
        return Journal(opening.store(url), project.name)
    except PermanentError:
        return None
