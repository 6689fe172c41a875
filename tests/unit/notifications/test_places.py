"""Places as they are: a signed request, a channel's message, a mail on a real mail server, a commit's status and deployment."""

from __future__ import annotations

import json
import smtplib
import socket
import ssl
import sys
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from aiosmtpd.smtp import AuthResult, LoginPassword
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

sys.path.insert(0, str(Path(__file__).parent))

from happening import COMMIT, NOW, Received, environment, event, serving

from sandbox import certificates
from transom.errors import NotificationRefused, NotificationUndelivered
from transom.notifications import messages
from transom.notifications.commits import Commits, targets
from transom.notifications.mail import Mail
from transom.notifications.places import Parcel
from transom.notifications.web import Slack, Webhook, slack
from transom.outlets import Host, Target
from transom.outlets.memory import MemoryHost

SECRET = "not-a-real-secret"


def parcel(notification: dict[str, Any], type_: str = "sync.failed", **more: Any) -> Parcel:
    """What goes to a place."""
    declared = environment({"name": "there", **notification})
    happened = event(type_, **more)
    spec = declared.notifications[0]
    return Parcel("msg_1", messages.written(happened, spec, "https://transom.example.com"), happened, spec, declared)


@pytest.fixture(name="server")
def _server() -> Iterator[Received]:
    with serving() as received:
        yield received


def hook(server: Received) -> dict[str, Any]:
    """A webhook to the server."""
    return {"webhook": {"url": f"{server.address}/hook", "secret": {"env": "OPS"}}}


def test_a_webhook_is_signed_as_the_standard_says(server: Received) -> None:
    """The reference implementation accepts it, and refuses it with another secret or another body."""
    key = "whsec_bm90LWEtcmVhbC1zaWduaW5nLXRva2VuLWF0LWFsbCE="
    Webhook({"OPS": key}).send(parcel(hook(server)))
    ((path, headers, body),) = server.requests
    assert path == "/hook"
    assert headers["webhook-id"] == "msg_1"
    told = Verifier(key).verify(body, headers)
    assert (told["type"], told["data"]["application"], told["data"]["revision"]) == ("sync.failed", "shop", f"platform@{COMMIT}")
    for wrong, content in ((key.replace("bm90", "Ym90"), body), (key, body + b" ")):
        with pytest.raises(WebhookVerificationError):
            Verifier(wrong).verify(content, headers)


def test_a_webhook_s_time_is_signed(server: Received) -> None:
    """What was caught cannot be sent again later: the receiver sees its age, and the age is signed."""
    key = "whsec_bm90LWEtcmVhbC1zaWduaW5nLXRva2VuLWF0LWFsbCE="
    Webhook({"OPS": key}, clock=lambda: NOW.timestamp() - 10**6).send(parcel(hook(server)))
    ((_, headers, body),) = server.requests
    with pytest.raises(WebhookVerificationError, match="too old"):
        Verifier(key).verify(body, headers)


@pytest.mark.parametrize(
    "answer, error, after",
    [
        ((503, {}), NotificationUndelivered, 0.0),
        ((429, {"Retry-After": "120"}), NotificationUndelivered, 120.0),
        ((404, {}), NotificationRefused, None),
        ((302, {"Location": "http://169.254.169.254/"}), NotificationRefused, None),
    ],
    ids=["failing", "busy", "gone", "elsewhere"],
)
def test_answers_decide_whether_it_is_sent_again(
    server: Received, answer: tuple[int, dict[str, str]], error: type[Exception], after: float | None
) -> None:
    """Trouble of the place is waited out as it asks; a refusal is final; a redirect is never followed."""
    server.answers = [answer]
    with pytest.raises(error) as told:
        Webhook({"OPS": SECRET}).send(parcel(hook(server)))
    assert getattr(told.value, "after", None) == after
    assert SECRET not in str(told.value)


def test_a_place_that_is_not_there_is_told_without_its_address() -> None:
    """The address of a channel is a secret: only its host is named."""
    with pytest.raises(NotificationUndelivered, match=r"127\.0\.0\.1 did not answer") as told:
        Slack({"CHAT": "http://127.0.0.1:9/services/T0/B0/secret-part"}).send(parcel({"slack": {"url": {"env": "CHAT"}}}))
    assert "secret-part" not in str(told.value)


@pytest.mark.parametrize("reference", [{"env": "MISSING"}, {"file": "/does/not/exist"}])
def test_a_missing_secret_is_said(reference: dict[str, str]) -> None:
    """What is missing where, and nothing is sent."""
    with pytest.raises(NotificationRefused, match="holds no secret") as told:
        Slack({}).send(parcel({"slack": {"url": reference}}))
    assert told.value.reason == "SecretNotFound"


def test_a_channel_gets_what_all_of_them_show(server: Received, tmp_path: Path) -> None:
    """Text and one attachment; the address may come from a file."""
    file = tmp_path / "address"
    file.write_text(f"{server.address}/services/x\n")
    Slack({}).send(parcel({"slack": {"url": {"file": str(file)}}}))
    ((path, _, body),) = server.requests
    sent = json.loads(body)
    assert path == "/services/x"
    assert sent["text"] == "shop in dev could not be brought to platform@4f2c91d0aa5e"
    assert sent["attachments"][0]["title_link"].startswith("https://transom.example.com/")


def test_a_message_mentions_nobody() -> None:
    """Words from a repository do not call a channel together, and are no links."""
    found = json.dumps(slack(parcel({"slack": {"url": {"env": "X"}}}, message="<!channel> @here <https://evil.example.com|look>").message))
    assert "<!" not in found
    assert "<https" not in found
    assert "@here" not in found


class Postbox(MessageHandler):
    """Keeps mails."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Any] = []
        self.refusal = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802, ARG002 - aiosmtpd's
        """Take the address, or answer what the test asks for."""
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def handle_message(self, message: Any) -> None:
        """Keep it."""
        self.mails.append(message_from_bytes(message.as_bytes()))


@pytest.fixture(name="box", scope="module")
def _box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postbox, int, ssl.SSLContext]]:
    """A real mail server with STARTTLS and a login; its mails, its port, and whom a client must trust."""
    folder = tmp_path_factory.mktemp("mail")
    authority = certificates.authority(folder)
    pair = certificates.issue(folder, certificates.Subject("server", "mail", names=("localhost",)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:  # noqa: ARG001 - aiosmtpd's
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"transom", SECRET.encode())
        return AuthResult(success=good, handled=False)

    box = Postbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(
        box, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True, authenticator=login, auth_required=True
    )
    controller.start()
    yield box, port, ssl.create_default_context(cafile=str(authority.certificate))
    controller.stop(no_assert=True)


@pytest.fixture(autouse=True)
def _empty(request: pytest.FixtureRequest) -> None:
    if "box" in request.fixturenames:
        box = request.getfixturevalue("box")[0]
        box.mails.clear()
        box.refusal = ""


def mail(port: int, **more: Any) -> dict[str, Any]:
    """A place that is reached by mail."""
    given = {"to": ["ops@example.com", "team-a@example.com"], "from": "transom@example.com", "server": "127.0.0.1", "port": port}
    return {"email": {**given, "username": "transom", "password": {"env": "MAIL"}, **more}}


def test_mail_arrives(box: tuple[Postbox, int, ssl.SSLContext]) -> None:
    """Over STARTTLS, logged in, with a head that mail programs understand."""
    postbox, port, trust = box
    Mail({"MAIL": SECRET}, trust).send(parcel(mail(port), message="the database said no"))
    (found,) = postbox.mails
    assert found["Subject"].replace("\n", "") == "[dev] shop in dev could not be brought to platform@4f2c91d0aa5e"
    assert found["To"] == "ops@example.com, team-a@example.com"
    assert found["Message-ID"] == "<msg_1@example.com>"
    assert "the database said no" in found.get_payload(decode=True).decode()


def test_mail_with_a_wrong_password_is_refused(box: tuple[Postbox, int, ssl.SSLContext]) -> None:
    """Sending again would change nothing; the password is not told."""
    with pytest.raises(NotificationRefused, match="user and password") as told:
        Mail({"MAIL": "another-secret"}, box[2]).send(parcel(mail(box[1])))
    assert "another-secret" not in str(told.value)


def test_mail_to_a_stranger_is_not_sent(box: tuple[Postbox, int, ssl.SSLContext]) -> None:
    """A server whose certificate nobody vouches for gets neither password nor mail."""
    with pytest.raises(NotificationRefused, match="certificate"):
        Mail({"MAIL": SECRET}).send(parcel(mail(box[1])))
    assert box[0].mails == []


@pytest.mark.parametrize("answer, error", [("450 mailbox busy", NotificationUndelivered), ("550 no such user", NotificationRefused)])
def test_what_a_mail_server_says_decides(box: tuple[Postbox, int, ssl.SSLContext], answer: str, error: type[Exception]) -> None:
    """Later is waited for, never is final."""
    box[0].refusal = answer
    with pytest.raises(error, match="takes mail for none"):
        Mail({"MAIL": SECRET}, box[2]).send(parcel(mail(box[1])))


def test_a_mail_server_that_is_away_is_waited_for() -> None:
    """As any place."""
    with pytest.raises(NotificationUndelivered, match="did not answer"):
        Mail({"MAIL": SECRET}).send(parcel(mail(9)))
    assert issubclass(smtplib.SMTPServerDisconnected, OSError)


def commits(kind: str = "github", **more: Any) -> dict[str, Any]:
    """Commits at a host."""
    return {kind: {"token": {"env": "TOKEN"}, **more}}


@pytest.mark.parametrize("type_, good", [("sync.succeeded", True), ("sync.failed", False)])
def test_a_commit_gets_a_status_and_a_deployment(type_: str, good: bool) -> None:  # noqa: FBT001 - a case
    """Each commit that the environment was brought to; the token goes to the host and nowhere else."""
    hosts: dict[Target, MemoryHost] = {}

    def made(kind: str, target: Target) -> Host:
        assert (kind, target.token) == ("github", SECRET)
        return hosts.setdefault(target, MemoryHost())

    Commits({"TOKEN": SECRET}, made).send(parcel(commits(), type_, application=""))
    ((target, host),) = hosts.items()
    assert (target.repository, target.head) == ("team-a/platform", COMMIT)
    assert host.statuses["transom/dev"].good is good
    assert host.releases["dev"].good is good


def test_a_degraded_application_is_a_status_and_no_deployment() -> None:
    """The page of environments shows what was deployed."""
    host = MemoryHost()
    Commits({"TOKEN": SECRET}, lambda _kind, _target: host).send(parcel(commits(), "health.degraded"))
    assert not host.statuses["transom/dev"].good
    assert host.releases == {}


TARGETS = (
    ("github", {}, "https://github.com/team-a/platform.git", "team-a/platform", "by the host of its API"),
    ("github", {}, "git@github.com:team-a/platform", "team-a/platform", "as ssh writes it"),
    ("github", {}, "https://gitlab.com/team-a/platform", "", "lies elsewhere"),
    ("gitlab", {}, "https://gitlab.com/group/sub/platform", "group/sub/platform", "a group in a group"),
    (
        "gitlab",
        {"api": "https://git.example.com/api/v4"},
        "ssh://git@git.example.com:2222/team-a/platform.git",
        "team-a/platform",
        "one's own",
    ),
    ("github", {"sources": ["platform"]}, "https://mirror.example.com/team-a/platform", "team-a/platform", "named"),
)


@pytest.mark.parametrize("kind, more, url, wanted, why", TARGETS, ids=[case[4] for case in TARGETS])
def test_repositories_are_found_by_their_sources(kind: str, more: dict[str, Any], url: str, wanted: str, why: str) -> None:
    """Whatever the spelling of the address; nothing is told to a host that the repository does not lie at."""
    declared = environment({"name": "there", **commits(kind, **more)}, sources=[{"name": "platform", "repoURL": url}])
    spec = declared.notifications[0].github or declared.notifications[0].gitlab
    assert spec is not None
    found = targets(kind, spec, declared, f"platform@{COMMIT},other@{'1' * 40}")
    assert [target.repository for target in found] == ([wanted] if wanted else []), why
