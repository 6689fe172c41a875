"""Commits at their host: a status, and the page of environments, through the hosts of `transom.outlets`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from transom.notifications import quiet, secrets
from transom.notifications.messages import Message, Tone
from transom.notifications.places import Parcel, Place
from transom.outlets import Host, Release, Target
from transom.review.verdict import Verdict
from transom.specs.environment import EnvironmentSpec
from transom.specs.notifications import HOSTS, CommitSpec, git_host
from transom.specs.source import SourceSpec, host_of

_DEPLOYMENTS = frozenset({"sync.succeeded", "sync.failed"})
"""Events that end a deployment; the others are of a status alone."""


def made(kind: str, target: Target) -> Host:
    """The real host of a kind; nothing is asked yet."""
    if kind == "github":
        from transom.outlets.github import GitHub

        return GitHub(target)
    from transom.outlets.gitlab import GitLab

    return GitLab(target)


@dataclass(frozen=True, slots=True)
class Commits(Place):
    """Statuses and deployments of the commits that an event is about; an event about no commit is nothing to a host."""

    environ: Mapping[str, str] = field(repr=False)
    host: Callable[[str, Target], Host] = made

    def send(self, parcel: Parcel) -> str:
        """Each commit of each source that lies there."""
        kind, spec = parcel.spec.kind, parcel.spec.github or parcel.spec.gitlab
        assert spec is not None  # noqa: S101 - the kind was looked at
        token = ""
        said: list[str] = []
        for target in targets(kind, spec, parcel.environment, quiet.revision(parcel.event)):
            token = token or secrets.read(spec.token, self.environ)
            host = self.host(kind, Target(target.repository, 0, target.head, target.api, target.web, token))
            said += _tell(host, spec, parcel)
        return ", ".join(said) or "about no commit that lies there"


def _tell(host: Host, spec: CommitSpec, parcel: Parcel) -> Iterator[str]:
    message, event = parcel.message, parcel.event
    good = message.tone is not Tone.BAD
    if spec.status:
        yield host.status(f"transom/{event.environment}", Verdict(good, _summary(message))).address
    if spec.deployments and event.type in _DEPLOYMENTS and not event.application:
        yield host.release(Release(event.environment, good, _summary(message), message.address)).address


def _summary(message: Message) -> str:
    first = message.text.strip().partition("\n")[0]
    return f"{message.title}: {first}" if first else message.title


def targets(kind: str, spec: CommitSpec, environment: EnvironmentSpec, revision: str) -> tuple[Target, ...]:
    """Repositories and commits, without a token.

    Args:
        kind: `github` or `gitlab`.
        spec: which sources are meant, at which API.
        environment: with the sources.
        revision: `source@hash` with commas between.
    """
    commits = {name: commit for one in revision.split(",") for name, at, commit in [one.strip().partition("@")] if at}
    api = (spec.api or HOSTS[kind]).rstrip("/")
    found = []
    for source in environment.sources:
        commit = commits.get(source.name)
        meant = source.name in spec.sources if spec.sources else host_of(source.repo_url or "").partition(":")[0] == _host(api)
        if commit and source.repo_url and meant:
            path = _path(source)
            found.append(Target(path, 0, commit, api, f"https://{host_of(source.repo_url)}/{path}"))
    return tuple(found)


def _host(api: str) -> str:
    return git_host(api).partition(":")[0]


def _path(source: SourceSpec) -> str:
    """`team-a/platform`, of an address in any spelling."""
    url = source.repo_url or ""
    path = urlsplit(url).path if "://" in url else url.partition(":")[2]
    return path.strip("/").removesuffix(".git")
