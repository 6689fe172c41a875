"""Sources of an environment: which repository, at which revision, how far it is trusted."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from transom.specs.base import Spec
from transom.specs.scalars import Bool, Name, VersionRange

_SCHEMES = ("https", "ssh", "http", "file")
_SCP = re.compile(r"(?:(?P<user>[^@/:]+)@)?(?P<host>\[[^\]]+\]|[^@/:\[\]]+):(?!//)(?P<path>.+)")
"""`git@example.com:team/platform.git`, as ssh and scp write it."""
_NO_NAME = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)|^[-/.]|[/.]$|^@$")
"""What no branch and no tag has in its name (git-check-ref-format)."""


def host_of(url: str) -> str:
    """The host that `url` leads to, in lower case and with its port where one is written; empty for a path on this machine."""
    scheme, separator, rest = url.partition("://")
    if separator:
        return "" if scheme == "file" else rest.partition("/")[0].rpartition("@")[2].lower()
    found = _SCP.fullmatch(url)
    return found["host"].lower() if found else ""


def _address(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator:
        if "::" in url or url.startswith("-"):
            raise ValueError("a repository is named by https://…, ssh://…, user@host:path, or a path on this machine")
        return url
    if scheme not in _SCHEMES:
        raise ValueError(f"{scheme}:// is not taken; write one of {', '.join(f'{one}://' for one in _SCHEMES)}")
    user, at, _ = rest.partition("/")[0].rpartition("@")
    if at and (scheme != "ssh" or ":" in user):
        raise PydanticCustomError(
            "PlaintextSecret",
            "holds credentials, which are read from the environment only: write the address without what stands before the @",
        )
    if "?" in rest or "#" in rest:
        raise PydanticCustomError("PlaintextSecret", "has a query, which may hold credentials: write the address up to the question mark")
    if scheme != "file" and not host_of(url):
        raise ValueError("names no host")
    return url


def _revision(text: str) -> str:
    if VersionRange.looks_like(text):
        return VersionRange.check(text)
    if _NO_NAME.search(text):
        raise ValueError(f'"{text}" is neither the name of a branch or tag, nor a commit, nor a range of versions such as ">=1.2 <2"')
    return text


RepositoryURL = Annotated[str, Field(min_length=1), AfterValidator(_address)]
"""Address of a Git repository, without credentials."""

Revision = Annotated[
    str,
    Field(min_length=1, max_length=250),
    AfterValidator(_revision),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 250, "examples": ["main", "v1.4.0", ">=1.2 <2", "~1.4", "1.x"]}),
]
"""Branch, tag, commit, or a range of versions."""


class VerifySpec(Spec):
    """Whose signature a commit must carry."""

    allowed_signers: str | None = Field(default=None, min_length=1)
    """Lines of an allowed signers file (ssh-keygen), or the path of one, relative to the project; never read from the source itself."""
    gpg_keys: str | None = Field(default=None, min_length=1)
    """Public keys as `gpg --armor --export` writes them, or the path of such a file, relative to the project."""

    @model_validator(mode="after")
    def _somebody_may_sign(self) -> VerifySpec:
        if not self.allowed_signers and not self.gpg_keys:
            raise ValueError("names nobody: write allowedSigners, gpgKeys or both")
        return self


class EntrySpec(Spec):
    """A folder where reading documents of Argo CD or Flux begins."""

    path: str = Field(min_length=1)
    """Folder below the source's path, e.g. `clusters/staging`; what its documents point at is read from there."""
    cluster: Name | None = None
    """Cluster that Kustomizations and bare objects in it are for; may be left out when there is only one."""


class SourceSpec(Spec):
    """One Git repository at a revision, or a directory on disk."""

    name: Name
    """Short name of the source in messages, in the history, and in the variables that hold its credentials."""
    repo_url: RepositoryURL | None = Field(default=None, alias="repoURL")
    """Address of a Git repository (https, ssh, or a path). Without it `path` is a directory on disk, relative to the project."""
    target_revision: Revision | None = None
    """Branch, tag, commit, or a range of versions (`>=1.2 <2`, `~1.4`, `1.x`: the highest tag that fits); its default branch without."""
    tag_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", max_length=100)] | None = None
    """What stands before the version in tags of a repository with several products: `shop/` for `shop/v1.2.0`. Only with a range."""
    path: str = Field(default=".", min_length=1)
    """Folder inside the repository, or the directory on disk, that holds `infrastructure/`, `applications/`, `tenants/` …"""
    tenants: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    """Tenants whose applications and resources the source may declare, and nothing of the platform's; anything when left out."""
    verify: VerifySpec | None = None
    """Signatures that are asked for; none when left out."""
    allow_force_push: Bool = False
    """Whether a branch whose history was rewritten, and a tag that was moved, are followed instead of refused."""
    submodules: Literal["refuse", "ignore"] = "refuse"
    """What a submodule below `path` means: a mistake, or an empty folder. They are never fetched: name their repository as a source."""

    also_known_as: tuple[RepositoryURL, ...] = ()
    """Further addresses of the same repository, as documents of Argo CD and Flux name it."""
    entries: tuple[EntrySpec, ...] = ()
    """Where the documents of Argo CD or Flux begin, in a repository laid out as theirs are; our own layout is then not looked for in it."""

    @model_validator(mode="after")
    def _only_for_repositories(self) -> SourceSpec:
        given = {
            "targetRevision": self.target_revision,
            "tagPrefix": self.tag_prefix,
            "verify": self.verify,
            "allowForcePush": self.allow_force_push,
            "submodules": self.submodules != "refuse",
        }
        if self.repo_url is None:
            if wrong := next((name for name, value in given.items() if value), None):
                raise ValueError(f"{wrong} needs a repoURL: a directory on disk has no revisions")
            return self
        if self.tag_prefix and not VersionRange.looks_like(self.target_revision or ""):
            raise ValueError('tagPrefix needs a targetRevision that is a range of versions, such as "1.x"')
        parts = self.path.split("/")
        if self.path.startswith("/") or ".." in parts or ".git" in parts:
            raise ValueError("path leads out of the repository: name a folder inside it, without .. and without a slash in front")
        return self
