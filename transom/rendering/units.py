"""Units: the folders of a snapshot that are rendered as one, by the layout of a user's repository.

A unit with `overlays/<env>` renders that; with a kustomization renders that; otherwise its YAML files are read as they are.
A unit that has overlays, but none for this environment, is no part of it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from transom.source.base import Snapshot

KUSTOMIZATION_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


class Room(StrEnum):
    """Which part of the layout a unit stands in; it decides what may be declared there."""

    BASE = "base"
    CLUSTER = "cluster"
    ENVIRONMENTS = "environments"
    TENANTS = "tenants"
    APPLICATION = "application"
    RESOURCES = "resources"
    COMPOSITIONS = "compositions"


@dataclass(frozen=True, slots=True)
class Unit:
    """A folder that is rendered as one.

    Attributes:
        room: the part of the layout it stands in.
        name: its own name: of the application, of the cluster, or of the room.
        folder: what is rendered: the overlay, the folder with the kustomization, or the folder with plain files.
        kustomized: whether Kustomize renders it.
        snapshot: the files it is part of.
        skip: files inside that are not read with it.
    """

    room: Room
    name: str
    folder: Path
    kustomized: bool
    snapshot: Snapshot
    skip: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[Path, str]:
        """What makes it the same unit: its folder, and its name where one folder is rendered for several."""
        return self.folder, self.name


def kustomization_of(folder: Path) -> Path | None:
    """The folder's kustomization file, None when it has none."""
    return next((folder / name for name in KUSTOMIZATION_FILES if os.path.isfile(f"{folder}/{name}")), None)  # noqa: PTH113 - asked often


def find(snapshot: Snapshot, environment: str) -> tuple[Unit, ...]:
    """All units of a snapshot that are part of an environment, in the order of the layout, sorted by name."""
    root = snapshot.root
    found: list[Unit | None] = [of_folder(snapshot, Room.BASE, root / "infrastructure/base", environment)]
    found += [of_folder(snapshot, Room.CLUSTER, folder, environment) for folder in _folders(root / "infrastructure/clusters")]
    found += [of_folder(snapshot, Room.ENVIRONMENTS, root / "infrastructure/environments", environment)]
    found += [of_folder(snapshot, Room.COMPOSITIONS, root / "infrastructure/compositions", environment)]
    found += [of_folder(snapshot, Room.TENANTS, root / "tenants", environment)]
    found += [of_folder(snapshot, Room.APPLICATION, folder, environment) for folder in _folders(root / "applications")]
    found += [of_folder(snapshot, Room.RESOURCES, root / name, environment) for name in ("databases", "resources")]
    return tuple(unit for unit in found if unit is not None)


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(folder for folder in parent.iterdir() if folder.is_dir() and not folder.name.startswith("."))


def of_folder(snapshot: Snapshot, room: Room, folder: Path, environment: str) -> Unit | None:
    """The unit that a folder is for an environment; None when it is not there, or has overlays and none for this environment."""
    if not folder.is_dir():
        return None
    overlays, overlay = folder / "overlays", folder / "overlays" / environment
    skip: tuple[str, ...] = ("cluster.yaml",) if room is Room.CLUSTER else ()
    if overlay.is_dir():
        rendered = overlay
    elif overlays.is_dir():
        return None
    elif kustomization_of(folder) is None and (folder / "base").is_dir():
        rendered = folder / "base"
    else:
        rendered = folder
    if room is Room.COMPOSITIONS:
        skip = tuple(file.relative_to(rendered).as_posix() for file in tests_of(rendered))
    return Unit(room, folder.name, rendered, kustomization_of(rendered) is not None, snapshot, skip)


def compositions(snapshot: Snapshot, environment: str) -> tuple[Unit, ...]:
    """The unit with composite definitions, where a snapshot has one."""
    unit = of_folder(snapshot, Room.COMPOSITIONS, snapshot.root / "infrastructure/compositions", environment)
    return (unit,) if unit is not None else ()


def tests_of(folder: Path) -> tuple[Path, ...]:
    """Files with tests of composite definitions: those in folders called `tests` or `DEFINITION.tests`, sorted."""
    found = (file for file in folder.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file())
    return tuple(sorted(file for file in found if any(_TESTS.fullmatch(part) for part in file.relative_to(folder).parts[:-1])))


_TESTS = re.compile(r"(.*\.)?tests")
