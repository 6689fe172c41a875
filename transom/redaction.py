"""Secret shapes: what looks like a secret leaves no message, whatever wrote it.

This is the second line. The first is that the engine marks secrets and `transom.engine` masks them; here is caught what a plugin, an API
server or a stack trace puts into a text. It is deliberately blunt: better a value too many is hidden.
"""

from __future__ import annotations

import logging
import re

HIDDEN = "***"

_NAME = (
    r"(?<!\w)[\w.-]{0,60}(?:password|passwd|passphrase|pwd|secret[_-]?(?:access[_-]?)?key|secret[_-]?string|client[_-]?secret"
    r"|private[_-]?key|api[_-]?key|access[_-]?key|token|credentials?)"
)
"""A word that ends in one of these names a secret: `MASTER_PASSWORD`, `db.password`, `secretAccessKey`."""

_PLAIN = r"\*\*\*|[\"'\\]|(?:true|false|null|none)\b"
"""What may stand behind such a name: what is hidden already, what is quoted (told above), what is no secret."""

_WORDS = re.compile(r"pass(?:word|wd|phrase)|pwd|key|token|secret|credential", re.IGNORECASE)
"""Without one of these no name can match: looked for first, because names are dear to look for in a long text."""

_FLAGS = re.IGNORECASE | re.DOTALL | re.MULTILINE

_SECRET_NAME = re.compile(
    r"(?:password|passwd|passphrase|private_?key|secret_?(?:access_?)?key|client_?secret|secret_?string|api_?key"
    r"|(?:auth|access|refresh|session)_?token|^token|^secret|connection_?string|kube_?config)$",
    re.IGNORECASE,
)

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # PEM blocks, also cut off, also with the line ends of a JSON string
    (re.compile(r"-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)[A-Z0-9 ]*-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL), HIDDEN),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{16}\b"), HIDDEN),
    # https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
    (re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})"), HIDDEN),
    (re.compile(r"\b(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|pul-[0-9a-f]{32,})"), HIDDEN),
    # JSON web tokens: header and payload are base64 of an object, which begins {"
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),
    # user and password of a URL; the user goes too, for a token is given as one: https://TOKEN@host
    (re.compile(r"(?P<keep>\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@\"']+@"), rf"\g<keep>{HIDDEN}@"),
    (re.compile(r"(?P<keep>\bauthorization\s*[:=]\s*(?:bearer|basic|token)?\s*)[^\s\"',;]+", re.IGNORECASE), rf"\g<keep>{HIDDEN}"),
    (re.compile(r"(?P<keep>\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\g<keep>{HIDDEN}"),
)

_NAMED: tuple[tuple[re.Pattern[str], str], ...] = (
    # "password": "…" of JSON (also escaped inside a string) and password: '…' of YAML
    (
        re.compile(rf"(?P<keep>{_NAME}(?:\\*[\"'])?\s*[:=]\s*)(?P<q>\\*[\"'])(?!\*\*\*)(?:(?!(?P=q))(?:\\.|.))+(?P=q)", _FLAGS),
        rf"\g<keep>\g<q>{HIDDEN}\g<q>",
    ),
    # the engine's own complaint about an input: property masterPassword value {…} has a problem
    (re.compile(rf"(?P<keep>\bproperty \"?{_NAME}\"? value )\{{.*?\}}(?= has a problem)", _FLAGS), rf"\g<keep>{{{HIDDEN}}}"),
    # password=… password: …
    (re.compile(rf"(?P<keep>{_NAME}\s*=\s*)(?!{_PLAIN})[^\s,;&\"']+", _FLAGS), rf"\g<keep>{HIDDEN}"),
    (re.compile(rf"(?P<keep>{_NAME}:\s+)(?!{_PLAIN})[^\s,;&\"']+(?=\s*(?:$|[,;\n]))", _FLAGS), rf"\g<keep>{HIDDEN}"),
)


def redact(text: str) -> str:
    """`text` with everything that has the shape of a secret replaced by `***`. Redacting twice changes nothing more."""
    for shape, replacement in (*_SHAPES, *(_NAMED if _WORDS.search(text) else ())):
        text = shape.sub(replacement, text)
    return text


def names_secret(key: str) -> bool:
    """Whether a property of this name holds a secret, going by the name alone: `masterPassword`, `client_secret`, `privateKey`."""
    return _SECRET_NAME.search(key) is not None


class RedactingFilter(logging.Filter):
    """A logging filter that redacts the finished message, its exception and its stack."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true: nothing is dropped, only redacted."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


def install(logger: logging.Logger | None = None) -> None:
    """Put the filter on each handler of `logger` (default: the root), once.

    Handlers see the records of every child logger, loggers do not.
    """
    for handler in (logger or logging.getLogger()).handlers:
        if not any(isinstance(present, RedactingFilter) for present in handler.filters):
            handler.addFilter(RedactingFilter())
