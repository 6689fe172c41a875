"""Mail: a message becomes text for people, handed to the server that the document names."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime

from transom.errors import NotificationRefused, NotificationUndelivered
from transom.notifications import secrets
from transom.notifications.places import Parcel, Place
from transom.redaction import redact
from transom.specs.notifications import EmailSpec

_SECONDS = 20.0
_TEMPORARY = range(400, 500)
"""SMTP's codes for what may be taken later (RFC 5321, 4.2.1)."""


@dataclass(frozen=True, slots=True)
class Mail(Place):
    """A mail server. `context` says whom TLS trusts; the system's authorities when left out."""

    environ: Mapping[str, str] = field(repr=False)
    context: ssl.SSLContext | None = None

    def send(self, parcel: Parcel) -> str:
        """One mail to all; that single addresses were refused is told."""
        spec = parcel.spec.email
        assert spec is not None  # noqa: S101 - the kind was looked at
        with _speaking(spec.server), self._connected(spec) as server:
            refused = server.send_message(written(parcel, spec))
        return f"refused for {', '.join(sorted(refused))}" if refused else "taken"

    @contextmanager
    def _connected(self, spec: EmailSpec) -> Iterator[smtplib.SMTP]:
        context = self.context or ssl.create_default_context()
        if spec.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(spec.server, spec.port, timeout=_SECONDS, context=context)
        else:
            connection = smtplib.SMTP(spec.server, spec.port, timeout=_SECONDS)
        with connection as server:
            if spec.security == "starttls":
                server.starttls(context=context)
            if spec.username and spec.password:
                server.login(spec.username, secrets.read(spec.password, self.environ))
            yield server


def written(parcel: Parcel, spec: EmailSpec) -> EmailMessage:
    """The mail; its id is the parcel's, so that a mail that is sent twice is shown once."""
    message = parcel.message
    mail = EmailMessage()
    mail["Subject"] = f"[{parcel.event.environment}] {message.title}"
    mail["From"] = spec.sender
    mail["To"] = ", ".join(spec.to)
    mail["Date"] = format_datetime(parcel.event.time)
    mail["Message-ID"] = f"<{parcel.id}@{spec.sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    lines = [message.title, "", *([message.text, ""] if message.text else [])]
    lines += [f"{name}: {value}" for name, value in message.facts]
    lines += ["", message.address] if message.address else []
    mail.set_content("\n".join(lines) + "\n")
    return mail


@contextmanager
def _speaking(server: str) -> Iterator[None]:
    """What smtplib raises becomes our errors."""
    try:
        yield
    except smtplib.SMTPAuthenticationError:
        raise NotificationRefused(f"{server} does not take user and password", hint="correct username or password") from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        told = f"{server} takes mail for none of {', '.join(sorted(error.recipients))}"
        if all(code in _TEMPORARY for code in codes):
            raise NotificationUndelivered(told, hint="it is sent again by itself") from None
        raise NotificationRefused(told, hint="correct the addresses") from None
    except smtplib.SMTPResponseException as error:
        said = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else str(error.smtp_error)
        told = f"{server} answered {error.smtp_code} {redact(said)[:200]}"
        if error.smtp_code in _TEMPORARY:
            raise NotificationUndelivered(told, hint="it is sent again by itself") from None
        raise NotificationRefused(told, hint="its words say why") from None
    except ssl.SSLCertVerificationError as error:
        raise NotificationRefused(
            f"the certificate of {server} is not good: {error.verify_message}", hint="correct server or port"
        ) from None
    except smtplib.SMTPNotSupportedError as error:
        raise NotificationRefused(f"{server}: {error}", hint="choose another security or port") from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotificationUndelivered(f"{server} did not answer ({type(error).__name__})", hint="it is sent again by itself") from None
