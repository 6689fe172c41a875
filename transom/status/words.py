"""The words of health, as Argo CD's users know them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Word(StrEnum):
    """Health, the worst last."""

    HEALTHY = "Healthy"
    SUSPENDED = "Suspended"
    PROGRESSING = "Progressing"
    MISSING = "Missing"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """A word and, where it is not Healthy, why."""

    word: Word = Word.HEALTHY
    message: str = ""
