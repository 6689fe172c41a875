"""The process exit codes, the same for every verb."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a verb's exit code means."""

    DONE = 0
    """Done, or nothing to do."""
    FAILED = 1
    """Failed."""
    CHANGES = 2
    """Changes or drift present; only with `--detailed-exitcode`."""
    INVALID = 3
    """The documents are invalid."""
    REFUSED = 4
    """Refused by a guard."""
    LOCKED = 5
    """Locked by another run."""
