"""Who is told what of an environment: places, the events that each wants, and where their secrets are. Texts may be one's own."""

from __future__ import annotations

from string import Template
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from transom.specs.base import Spec, first_twice
from transom.specs.scalars import Bool, Int, Name

EventType = Literal[
    "sync.succeeded",
    "sync.failed",
    "sync.stalled",
    "health.degraded",
    "health.recovered",
    "drift.opened",
    "drift.closed",
    "guard.waiting",
]
"""What may be told; the names are those of the controller's events."""
EVENTS: tuple[EventType, ...] = get_args(EventType)

PLACEHOLDERS = ("environment", "application", "title", "message", "revision", "run", "time")
"""What a text of one's own may hold, as `$application` or `${application}`."""

PLACES = ("slack", "webhook", "email", "github", "gitlab")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SecretReference(Spec):
    """Where a secret is: in a variable of the controller's environment, or in a file beside it. Never in the document."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["env"]}, {"required": ["file"]}]})

    env: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=100)] | None = None
    """Name of a variable, e.g. `SLACK_WEBHOOK`."""
    file: Annotated[str, StringConstraints(pattern=r"^/\S+$", max_length=500)] | None = None
    """Absolute path of a file, e.g. of a mounted Secret; line breaks at its end do not count."""

    @model_validator(mode="before")
    @classmethod
    def _is_no_text(cls, value: object) -> object:
        if isinstance(value, str):  # which is not repeated: it is the secret itself
            raise PydanticCustomError("PlaintextSecret", "is a secret in plain text: write where it is, {env: NAME} or {file: /PATH}")
        return value

    @model_validator(mode="after")
    def _one_place(self) -> SecretReference:
        if (self.env is None) == (self.file is None):
            raise ValueError("a secret is in exactly one of env and file")
        return self


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError(f"{parts.scheme or 'it'} is not taken; write https://…")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("http:// would send it in clear; write https://…")
    if parts.username or parts.password:
        raise PydanticCustomError("PlaintextSecret", "holds credentials: write the address without what stands before the @")
    return url


Endpoint = Annotated[str, Field(max_length=2000), AfterValidator(_endpoint)]
"""An https address without credentials; http only on this machine."""


class SlackSpec(Spec):
    """A channel of Slack, Mattermost, Rocket.Chat or another that takes Slack's incoming webhooks."""

    url: SecretReference
    """Where the webhook's address is kept: whoever knows it can write there."""


class WebhookSpec(Spec):
    """Any program that takes JSON over https; each request is signed as Standard Webhooks says."""

    url: Endpoint
    """Where to."""
    secret: SecretReference
    """What requests are signed with: any text, or `whsec_` and a key in base64."""


class EmailSpec(Spec):
    """People by mail."""

    to: tuple[Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$", max_length=254)], ...] = Field(min_length=1)
    """To whom."""
    sender: Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$", max_length=254)] = Field(alias="from")
    """From whom."""
    server: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+$", max_length=253)]
    """Host that takes the mail."""
    port: Int = Field(default=587, ge=1, le=65535)
    """Its port: 587 for starttls, 465 for tls."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is protected; `none` only for a server on this machine."""
    username: str | None = Field(default=None, min_length=1)
    """Who logs in; nobody when left out."""
    password: SecretReference | None = None
    """Where the password is."""

    @model_validator(mode="after")
    def _nothing_goes_out_in_clear(self) -> EmailSpec:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together")
        if self.security == "none" and self.server not in _LOOPBACK:
            raise ValueError(f'security "none" would send mail to {self.server} in clear; write starttls or tls')
        return self


class CommitSpec(Spec):
    """Statuses of commits, and deployments, at the host that the sources lie at."""

    token: SecretReference
    """Where the token is. GitHub: contents read, commit statuses and deployments write. GitLab: api, role Developer."""
    api: Endpoint | None = None
    """Address of the API; that of github.com or gitlab.com when left out."""
    sources: tuple[Name, ...] = ()
    """The environment's sources whose commits are told of; all that lie at the API's host when left out."""
    status: Bool = True
    """Whether the commit gets a status named `transom/ENVIRONMENT`."""
    deployments: Bool = True
    """Whether the host's page of environments shows what is deployed."""

    @model_validator(mode="after")
    def _tells_something(self) -> CommitSpec:
        if not self.status and not self.deployments:
            raise ValueError("status and deployments are both false, so nothing would be told")
        return self


class PlaceSpec(Spec):
    """One place that is told of an environment."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [place]} for place in PLACES]})

    name: Name
    """What it is called in the list of deliveries."""
    events: Annotated[tuple[EventType, ...], Field(min_length=1)] = EVENTS
    """What is told; each only when it changes something. All when left out."""
    applications: tuple[Name, ...] = ()
    """Only what is about these applications; everything when left out, also what is about the environment as a whole."""
    texts: dict[EventType, Annotated[str, Field(min_length=1, max_length=2000)]] = Field(
        default_factory=dict, examples=[{"sync.failed": "$application in $environment: $message"}]
    )
    """Words of one's own by event, with `$environment`, `$application`, `$title`, `$message`, `$revision`, `$run` and `$time` in them."""
    slack: SlackSpec | None = None
    """A channel."""
    webhook: WebhookSpec | None = None
    """A program."""
    email: EmailSpec | None = None
    """People by mail."""
    github: CommitSpec | None = None
    """Commits and deployments on GitHub."""
    gitlab: CommitSpec | None = None
    """Commits and deployments on GitLab."""

    @field_validator("texts")
    @classmethod
    def _placeholders_are_known(cls, texts: dict[EventType, str]) -> dict[EventType, str]:
        for event, text in texts.items():
            template = Template(text)
            if not template.is_valid():
                raise ValueError(f'the text of {event} has a "$" without a name behind it; write "$$" for the sign itself')
            if unknown := sorted(set(template.get_identifiers()) - set(PLACEHOLDERS)):
                raise ValueError(f"the text of {event} has ${unknown[0]}; there are {', '.join(f'${one}' for one in PLACEHOLDERS)}")
        return texts

    @model_validator(mode="after")
    def _exactly_one_place(self) -> PlaceSpec:
        given = [place for place in PLACES if getattr(self, place) is not None]
        if len(given) != 1:
            raise ValueError(f"a notification goes to exactly one of {', '.join(PLACES)}")
        if event := first_twice(self.events):
            raise ValueError(f"events has {event} twice; remove one of the two")
        if event := next((one for one in self.texts if one not in self.events), None):
            raise ValueError(f"texts has words for {event}, which is not among events")
        if self.texts and (self.github or self.gitlab):
            raise ValueError("texts mean nothing to the status of a commit; remove them")
        return self

    @property
    def kind(self) -> str:
        """Which of the places it is."""
        return next(place for place in PLACES if getattr(self, place) is not None)


HOSTS = {"github": "https://api.github.com", "gitlab": "https://gitlab.com/api/v4"}
"""Addresses of the APIs that are meant when none is written."""


def git_host(api: str) -> str:
    """The host that repositories of an API lie at: `github.com` for `https://api.github.com`."""
    found = urlsplit(api).netloc.lower()
    return found.removeprefix("api.") if found == "api.github.com" else found
