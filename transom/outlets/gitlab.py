"""GitLab, hosted or one's own, through python-gitlab, which waits for rate limits, tries again and turns pages.

Notes: https://docs.gitlab.com/api/notes. Statuses: https://docs.gitlab.com/api/commits. A job's own token may write neither: a project
access token with the scope `api` is needed. Annotations at lines come from a code quality report, which a job hands over as an artifact.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from transom.outlets import failures
from transom.outlets.base import Host, Posted, Release, Target
from transom.review.comment import GITLAB_LIMIT
from transom.review.verdict import Verdict

_DESCRIPTION = 255
_LABEL = "transom"
_SCOPE = "api, and at least the role Developer"
_GONE = 404


@dataclass(slots=True)
class GitLab(Host):
    """One merge request; the library makes a request again after a fault of the host's, and waits as it is told.

    Attributes:
        target: which one.
        tries: how often a request is made again; the pauses double from a tenth of a second, all seven are thirteen seconds.
    """

    target: Target
    tries: int = 7
    limit: int = GITLAB_LIMIT
    line: str = "#L"
    _project: Any = field(default=None, repr=False)

    @property
    def project(self) -> Any:
        """The project; nothing is asked yet."""
        if self._project is None:
            from gitlab import Gitlab

            address = self.target.api.rstrip("/").removesuffix("/api/v4")
            client = Gitlab(
                address,
                private_token=self.target.token or None,
                per_page=100,
                timeout=30,
                keep_base_url=True,
                retry_transient_errors=True,
            )
            client.http_request = partial(client.http_request, max_retries=self.tries)  # type: ignore[method-assign]  # no setting of the client
            self._project = client.projects.get(self.target.repository, lazy=True)
        return self._project

    def head(self) -> str:
        """Head of the merge request's branch, in whatever project it lies."""
        with _asking("find the merge request"):
            return str(self.project.mergerequests.get(self.target.number).sha)

    def comment(self, marker: str, body: str) -> Posted:
        """Create or change; one that was deleted meanwhile is created anew."""
        from gitlab import GitlabError

        request = self.project.mergerequests.get(self.target.number, lazy=True)
        with _asking("find the note"):
            found = next((one for one in request.notes.list(iterator=True, sort="asc") if one.body.startswith(marker)), None)
        with _asking("write the note"):
            if found is not None:
                try:
                    request.notes.update(found.id, {"body": body})
                except GitlabError as error:
                    if error.response_code != _GONE:
                        raise
                else:
                    return Posted(self._address(found.id), created=False)
            return Posted(self._address(request.notes.create({"body": body}).id), created=True)

    def _address(self, note: int) -> str:
        return f"{self.target.web}/-/merge_requests/{self.target.number}#note_{note}"

    def status(self, name: str, verdict: Verdict) -> Posted:
        """The commit's status; a status that is there already is no mistake."""
        with _asking("write the status"):
            commit = self.project.commits.get(self.target.head, lazy=True)
            state = "success" if verdict.good else "failed"
            commit.statuses.create({"state": state, "name": name, "description": verdict.summary[:_DESCRIPTION]})
        return Posted(f"{self.target.web}/-/commit/{self.target.head}", created=True)

    def release(self, release: Release) -> Posted:
        """A deployment of the project's environment (https://docs.gitlab.com/api/deployments); its end cannot be told twice."""
        state = "success" if release.good else "failed"
        name, head = release.environment, self.target.head
        with _asking("find the deployment"):
            listed = self.project.deployments.list(environment=name, order_by="id", sort="desc", per_page=20, get_all=False)
            found = next((one for one in listed if one.sha == head and one.status == state), None)
        if found is not None:
            return Posted(self._deployment(found.id), created=False)
        with _asking("write the deployment"):
            made = self.project.deployments.create({"environment": name, "sha": head, "ref": head, "tag": False, "status": state})
        return Posted(self._deployment(made.id), created=True)

    def _deployment(self, number: int) -> str:
        return f"{self.target.web}/-/deployments/{number}"

    def issue(self, marker: str, title: str, body: str) -> Posted:
        """Open, change or close the one issue with the marker, found by label."""
        with _asking("find the issue"):
            listed = self.project.issues.list(state="opened", labels=[_LABEL], iterator=True)
            found = next((one for one in listed if (one.description or "").startswith(marker)), None)
        with _asking("write the issue"):
            if not body:
                if found is not None:
                    self.project.issues.update(found.iid, {"state_event": "close"})
                return Posted(found.web_url if found else "", created=False)
            if found is not None:
                if found.description != body or found.title != title:
                    self.project.issues.update(found.iid, {"title": title, "description": body})
                return Posted(found.web_url, created=False)
            made = self.project.issues.create({"title": title, "description": body, "labels": [_LABEL]})
            return Posted(made.web_url, created=True)


@contextmanager
def _asking(act: str) -> Iterator[None]:
    """What the library raises becomes our errors."""
    import requests
    from gitlab import GitlabError

    try:
        yield
    except GitlabError as error:
        raise failures.of("GitLab", act, error.response_code, str(error.error_message), _SCOPE) from None
    except requests.RequestException as error:
        raise failures.of("GitLab", act, None, type(error).__name__, _SCOPE) from None
