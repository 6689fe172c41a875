"""What hosts answer when they do not do it becomes our errors: what is missing, and where to give it."""

from __future__ import annotations

from transom.errors import HostBusy, HostRefused, TransomError
from transom.redaction import redact

_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


def of(host: str, act: str, status: int | None, said: str, permission: str) -> TransomError:
    """The error for an answer.

    Args:
        host: its name for people.
        act: what was tried, e.g. `create the comment`.
        status: of HTTP; None where there was no answer.
        said: the host's own words.
        permission: what the token must be allowed to.
    """
    words = redact(" ".join(said.split()))[:300]
    told = f"{host} did not {act}" + (f": {status} {words}" if status else f": {words}" if words else "")
    if status is None:
        return HostBusy(told, hint="look whether the address of its API is right, and run it again")
    if status in _BUSY or (status == 403 and "rate limit" in words.lower()):  # noqa: PLR2004 - GitHub's secondary limits
        return HostBusy(told, hint="run it again later")
    hints = {
        401: "the token is missing, wrong or expired",
        403: f"the token needs the permission {permission}",
        404: f"look whether repository and number are right, and whether the token has {permission}: a host hides what it does not show",
        409: "somebody else changed it at the same moment: run it again",
        410: "it is locked or switched off for this repository",
        422: "the host found the request invalid; its words say why",
    }
    return HostRefused(told, hint=hints.get(status, "its words say why"))
