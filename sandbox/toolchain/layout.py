"""Where things lie under `.tools`, the one git-ignored folder of everything that is built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders under one `.tools`."""

    root: Path

    @classmethod
    def of(cls, checkout: Path) -> Layout:
        """The layout of a checkout. A `.tools` that is a link (shared by several checkouts) is followed."""
        return cls(root=(checkout / ".tools").resolve())

    @property
    def programs(self) -> Path:
        """The built programs."""
        return self.root / "bin"

    @property
    def plugins(self) -> Path:
        """Launchers of the stand-in plugins."""
        return self.root / "plugins"

    @property
    def go(self) -> Path:
        """A Go toolchain of our own, where the machine has none."""
        return self.root / "go"

    def program(self, name: str) -> Path:
        """One built program."""
        return self.programs / name

    def stamp(self, name: str) -> Path:
        """What a part was built from."""
        return self.root / "stamps" / f"{name}.json"

    def lock(self, name: str) -> Path:
        """Held by the one process that builds a part."""
        return self.root / "locks" / f"{name}.lock"

    def log(self, name: str) -> Path:
        """What the compiler said."""
        return self.root / "logs" / f"{name}.log"


def checkout() -> Path:
    """The folder this package was cloned into."""
    return Path(__file__).resolve().parents[2]
