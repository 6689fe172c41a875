"""What git says when it fails, as errors of ours: each cause has its own reason and says what to do about it.

Git's words are those of its C locale. What no line of the table knows is told as unreachable, in git's own words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from transom.errors import SourceError, SourceUnreachable
from transom.redaction import redact

_LONGEST = 400
"""Characters of git's words that a message repeats."""


class GitFailed(Exception):  # noqa: N818 - never leaves transom.source: it becomes one of the errors below
    """Git ended badly; `said` is what it wrote to standard error, `late` whether it was stopped because it took too long."""

    def __init__(self, said: str, *, late: bool = False) -> None:
        self.said = said
        self.late = late
        super().__init__(said)


@dataclass(frozen=True, slots=True)
class _Cause:
    reason: str
    hint: str


_REFUSED: Mapping[str, _Cause] = MappingProxyType(
    {
        r"[Hh]ost key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|No \w+ host key is known": _Cause(
            reason="HostKeyUnknown",
            hint="put the host's key, compared with what its owner publishes, into {prefix}_KNOWN_HOSTS or into known_hosts",
        ),
        r"unable to update url base from redirection|returned error: 30\d|redirects? (?:is|are) not allowed": _Cause(
            reason="SourceMoved",
            hint="write the new address into repoURL: a redirect is not followed with credentials, which would reach another address",
        ),
        r"SSL certificate|certificate (?:verify|verification|has)|SSL peer|unable to get local issuer": _Cause(
            reason="CertificateRefused",
            hint="the host's certificate is not one that git trusts: correct repoURL, or give git the authority (http.sslCAInfo)",
        ),
        r"[Aa]uthentication failed|[Pp]ermission denied|could not read (?:Username|Password)|returned error: 40[13]|[Aa]ccess denied"
        r"|terminal prompts disabled|HTTP Basic: |Invalid username|Too many authentication failures|no mutual signature": _Cause(
            reason="CredentialsRefused",
            hint="set {prefix}_TOKEN with {prefix}_HOST, or {prefix}_SSH_KEY, to what may read the repository",
        ),
        r"dubious ownership": _Cause(
            reason="CredentialsRefused",
            hint="the repository belongs to another user of this machine: git config --global --add safe.directory PATH",
        ),
        r"not found|does not (?:exist|appear)|returned error: 4\d\d|not a git repository|[Rr]epository .* not": _Cause(
            reason="SourceMissing",
            hint="check repoURL; a host may also say so of a repository that it does not let you read",
        ),
        r"transport .* not allowed|is not a git command|protocol .* is not (?:allowed|supported)|Unable to find remote helper": _Cause(
            reason="SourceMissing",
            hint="write repoURL as https://…, ssh://…, user@host:path, or a path on this machine",
        ),
    }
)
"""What git says when asking again would change nothing: reason and hint."""

UNADVERTISED = re.compile(
    r"unadvertised object|not our ref|does not support shallow|couldn't find remote ref [0-9a-f]{40}|dumb http|does not support --depth"
)
"""The host gives no single commit: it is asked for its branches and tags then."""


def error(failed: GitFailed, where: str, prefix: str, seconds: int) -> SourceError | SourceUnreachable:
    """The error for what git said.

    Args:
        failed: git's end.
        where: the source and its address, without credentials.
        prefix: beginning of the variables that hold the source's credentials.
        seconds: how long git was waited for.
    """
    if failed.late:
        return SourceUnreachable(
            f"{where} did not answer within {seconds} seconds",
            reason="SourceTimedOut",
            hint="try again; TRANSOM_GIT_TIMEOUT sets another limit",
        )
    said = words(failed.said)
    for pattern, cause in _REFUSED.items():
        if re.search(pattern, failed.said):
            return SourceError(f"{where} cannot be read: {said}", reason=cause.reason, hint=cause.hint.format(prefix=prefix))
    return SourceUnreachable(f"{where} did not answer: {said}", hint="try again; nothing was changed")


_USUAL = re.compile(
    r"fatal: Could not read from remote repository\.\s+Please make sure you have the correct access rights\s+and the repository exists\."
)
"""What git says of every failure over SSH."""


def words(said: str) -> str:
    """Git's words in one line, without secrets and without the frames that it draws around warnings."""
    said = _USUAL.sub("", said) if _USUAL.sub("", said).strip() else said
    text = " ".join(redact(re.sub(r"@{3,}|^(?:warning|hint|remote): .*$", " ", said, flags=re.MULTILINE)).split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
