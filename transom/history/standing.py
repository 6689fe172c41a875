"""How long a document has been what it is, as the history tells. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from transom.history.records import Deployment, Result

_TROUBLE = frozenset({Result.FAILED, Result.LOST})


@dataclass(frozen=True, slots=True)
class Standing:
    """A document's time in an environment.

    Attributes:
        since: when what it is now was applied first, without a break; None where it was not.
        quiet: since when no deployment of the environment has failed or was lost either; None where the newest one did.
    """

    since: datetime | None = None
    quiet: datetime | None = None


def of(identity: str, deployments: Iterable[Deployment]) -> Standing:
    """The standing of a document; `deployments` of the environment, newest first."""
    digest: str | None = None
    since: datetime | None = None
    quiet: datetime | None = None
    trouble = False
    for deployment in deployments:
        if deployment.result is Result.SUCCEEDED:
            digest = deployment.documents.get(identity) if since is None else digest
            if digest is None or deployment.documents.get(identity) != digest:
                break
            since = deployment.ended
            quiet = quiet if trouble else since
        trouble = trouble or deployment.result in _TROUBLE
    return Standing(since, quiet)
