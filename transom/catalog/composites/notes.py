"""Mistakes of a definition that many claims run into: told once, naming them. Nothing heavy is imported: every catalog passes here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from transom.errors import Problem

FOR = "for "
"""How the note of a definition's line begins, before the claim."""


def named(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The problems with the notes of their places; one of a definition once for all claims that run into it, with the name of the first."""
    kept: list[Problem] = []
    grouped: dict[tuple[Any, ...], list[Problem]] = {}
    for problem in problems:
        if problem.where.note.startswith(FOR):
            grouped.setdefault((problem.where, problem.reason), []).append(problem)
        else:
            kept.append(_noted(problem, problem.where.note))
    for group in grouped.values():
        claims = sorted({problem.where.note for problem in group})
        first = min(group, key=lambda problem: problem.where.note)
        kept.append(_noted(first, f"{claims[0]} and {len(claims) - 1} more" if len(claims) > 1 else claims[0]))
    return tuple(kept)


def _noted(problem: Problem, note: str) -> Problem:
    return replace(problem, message=f"{problem.message} ({note})", where=replace(problem.where, note="")) if note else problem
