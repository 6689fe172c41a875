"""GitHub and GitHub Enterprise, through PyGithub, which waits for rate limits, tries again and turns pages.

Comments: https://docs.github.com/rest/issues/comments. Annotations: https://docs.github.com/rest/checks/runs, which only an app's token may
write (that of a workflow is one); with any other token the commit gets a status instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from transom.outlets import failures
from transom.outlets.base import Host, Posted, Release, Target
from transom.review.comment import GITHUB_LIMIT
from transom.review.verdict import Annotation, Verdict

if TYPE_CHECKING:
    from github.Repository import Repository

_PER_REQUEST = 50
"""Annotations that one request may carry."""
_DESCRIPTION = 140
"""Characters of a status' description."""
_FORBIDDEN = 403
_LABEL = "transom"
_GONE = (404, 410)


@dataclass(slots=True)
class GitHub(Host):
    """One pull request.

    Attributes:
        target: which one.
        tries: how often a request is made again after a fault of the host's.
        longest_wait: seconds that one wait for a rate limit may last; a longer one ends as HostBusy.
    """

    target: Target
    tries: int = 5
    longest_wait: float = 120.0
    limit: int = GITHUB_LIMIT
    line: str = "#L"
    _repository: Any = field(default=None, repr=False)

    @property
    def repository(self) -> Repository:
        """The repository; nothing is asked yet."""
        if self._repository is None:
            from github import Auth, Github, GithubRetry

            retry = GithubRetry(total=self.tries, secondary_rate_wait=min(60.0, self.longest_wait), max_rate_limit_wait=self.longest_wait)
            client = Github(
                base_url=self.target.api.rstrip("/"),
                auth=Auth.Token(self.target.token) if self.target.token else None,
                retry=retry,
                per_page=100,
                seconds_between_requests=None,
                seconds_between_writes=None,
                lazy=True,
            )
            self._repository = client.get_repo(self.target.repository)
        return cast("Repository", self._repository)

    def head(self) -> str:
        """Head of the pull request, in whatever repository it lies."""
        with _asking("find the pull request", "pull-requests: read"):
            return str(self.repository.get_pull(self.target.number).head.sha)

    def comment(self, marker: str, body: str) -> Posted:
        """Create or change; one that was deleted meanwhile is created anew."""
        from github import GithubException

        with _asking("find the comment", "issues: read or pull-requests: read"):
            issue = self._issue()
            found = next((one for one in issue.get_comments() if one.body.startswith(marker)), None)
        with _asking("write the comment", "pull-requests: write"):
            if found is not None:
                try:
                    found.edit(body)
                except GithubException as error:
                    if error.status not in _GONE:
                        raise
                else:
                    return Posted(found.html_url, created=False)
            return Posted(issue.create_comment(body).html_url, created=True)

    def _issue(self) -> Any:
        """The pull request as the issue that it is, without asking for it: comments are all that is needed of it."""
        from github.Issue import Issue

        repository = self.repository
        return Issue(repository.requester, {}, {"url": f"{repository.url}/issues/{self.target.number}", "number": self.target.number})

    def status(self, name: str, verdict: Verdict) -> Posted:
        """A check run with annotations, or where the token may not write one a status."""
        from github import GithubException

        with _asking("write the check run", "checks: write or statuses: write"):
            try:
                return self._check_run(name, verdict)
            except GithubException as error:
                if error.status != _FORBIDDEN:
                    raise
            commit = self.repository.get_commit(self.target.head)
            state = "success" if verdict.good else "failure"
            made = commit.create_status(state, description=verdict.summary[:_DESCRIPTION], context=name)
            return Posted(made.url, created=True)

    def _check_run(self, name: str, verdict: Verdict) -> Posted:
        """A new run replaces an older one of its name on the page of the commit."""
        annotations = [_annotation(one) for one in verdict.annotations]
        output: dict[str, Any] = {"title": verdict.summary, "summary": f"Transom: {verdict.summary}"}
        run = self.repository.create_check_run(
            name,
            self.target.head,
            status="completed",
            conclusion="success" if verdict.good else "failure",
            output={**output, "annotations": annotations[:_PER_REQUEST]},
        )
        for start in range(_PER_REQUEST, len(annotations), _PER_REQUEST):
            run.edit(output={**output, "annotations": annotations[start : start + _PER_REQUEST]})
        return Posted(run.html_url or run.url, created=True)

    def release(self, release: Release) -> Posted:
        """A deployment and its status (https://docs.github.com/rest/deployments); no other check of the commit is waited for."""
        name, head = release.environment, self.target.head
        with _asking("find the deployment", "deployments: read"):
            found = next(iter(self.repository.get_deployments(sha=head, environment=name)), None)
        with _asking("write the deployment", "deployments: write"):
            made = found or self.repository.create_deployment(
                head, auto_merge=False, required_contexts=[], environment=name, description="Transom", task="deploy"
            )
            more: dict[str, Any] = {"environment_url": release.address} if release.address else {}
            made.create_status("success" if release.good else "failure", description=release.summary[:_DESCRIPTION], **more)
        return Posted(made.url, created=found is None)

    def issue(self, marker: str, title: str, body: str) -> Posted:
        """Open, change or close the one issue with the marker, found by label."""
        with _asking("find the issue", "issues: read"):
            listed = self.repository.get_issues(state="open", labels=[_LABEL])
            found = next((one for one in listed if (one.body or "").startswith(marker)), None)
        with _asking("write the issue", "issues: write"):
            if not body:
                if found is not None:
                    found.create_comment("Nothing of it is left.")
                    found.edit(state="closed")
                return Posted(found.html_url if found else "", created=False)
            if found is not None:
                if found.body != body or found.title != title:
                    found.edit(title=title, body=body)
                return Posted(found.html_url, created=False)
            return Posted(self.repository.create_issue(title, body=body, labels=[_LABEL]).html_url, created=True)


def _annotation(one: Annotation) -> dict[str, Any]:
    return {
        "path": one.path,
        "start_line": one.line,
        "end_line": one.line,
        "annotation_level": one.level.value,
        "title": one.title,
        "message": one.message,
    }


@contextmanager
def _asking(act: str, permission: str) -> Iterator[None]:
    """What the library raises becomes our errors."""
    import requests
    from github import GithubException

    try:
        yield
    except GithubException as error:
        said = error.data.get("message", "") if isinstance(error.data, dict) else str(error.data or error.message or "")
        raise failures.of("GitHub", act, error.status, f"{said} {_details(error.data)}", permission) from None
    except requests.RequestException as error:
        raise failures.of("GitHub", act, None, type(error).__name__, permission) from None


def _details(data: Any) -> str:
    """What is wrong with single fields (422)."""
    errors = data.get("errors") if isinstance(data, dict) else None
    told = [str(one.get("message") or one.get("code", "")) if isinstance(one, dict) else str(one) for one in errors or ()]
    return ", ".join(word for word in told if word)
