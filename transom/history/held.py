"""An environment that is held: why new commits stay out."""

from __future__ import annotations

from transom.errors import GuardRefused
from transom.history.journal import Journal


def refuse(kept: Journal, environment: str) -> None:
    """Refuses new commits for an environment that was rolled back and not released since.

    Raises:
        GuardRefused: it is held.
    """
    if hold := kept.held(environment):
        until = f" until {hold.until:%Y-%m-%d %H:%M} UTC" if hold.until else ""
        why = f" ({hold.message})" if hold.message else ""
        raise GuardRefused(
            f"environment {environment} is held at deployment {environment}/{hold.to}{until} by {hold.by.name}{why}",
            reason="EnvironmentHeld",
            hint=f"when the cause is mended: transom release {environment}",
        )
