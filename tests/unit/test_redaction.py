"""Secret shapes and the logging filter."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transom import redaction

CASES = [
    ("an access key id", "denied for AKIAIOSFODNN7EXAMPLE", "denied for ***"),
    ("a GitHub token", "clone with ghp_abcdefghijklmnopqrstuvwxyz0123", "clone with ***"),
    ("a web token", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln", "***"),
    ("user and password in a URL", "postgres://shop:hunter2@db:5432/x", "postgres://***@db:5432/x"),
    ("a token as a URL's user", "https://hunter2@host/x", "https://***@host/x"),
    ("an authorization header", "Authorization: Bearer hunter2hunter2", "Authorization: Bearer ***"),
    ("an assignment", "user=shop password=hunter2, port=1", "user=shop password=***, port=1"),
    ("an environment variable", "MASTER_PASSWORD=hunter2", "MASTER_PASSWORD=***"),
    ("YAML", "password: hunter2\nport: 1", "password: ***\nport: 1"),
    ("quoted YAML", "password: 'hunter2 and more'", "password: '***'"),
    ("JSON", '{"masterPassword": "hun\\"ter2", "port": 1}', '{"masterPassword": "***", "port": 1}'),
    ("JSON inside a JSON string", '{\\"password\\":\\"hunter2\\"}', '{\\"password\\":\\"***\\"}'),
    (
        "the engine's complaint about an input",
        "property dbPassword value {hunter2} has a problem",
        "property dbPassword value {***} has a problem",
    ),
    ("a private key", "x -----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY----- y", "x *** y"),
    ("a private key cut off", "-----BEGIN PRIVATE KEY-----\nhunter2", "***"),
]
HARMLESS = [
    "no password: the user has none",
    'secret "shop-db" not found',
    "secretName: shop-db",
    "automountServiceAccountToken: false",
    "tokens=5",
    "https://kubernetes.default.svc/api",
    "arn:aws:iam::123456789012:role/shop",
]


@pytest.mark.parametrize("reason, text, expected", CASES, ids=[case[0] for case in CASES])
def test_shapes_are_hidden(reason: str, text: str, expected: str):
    """Every shape of a secret is replaced, and what stands around it stays readable."""
    assert redaction.redact(text) == expected, reason


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_stays(text: str):
    """What only mentions secrets is left as it is, or messages become useless."""
    assert redaction.redact(text) == text


@given(
    st.text(alphabet=st.characters(codec="ascii", categories=["L", "N"]), min_size=6),
    st.sampled_from(["password={}", '{{"password": "{}"}}', "x://u:{}@h"]),
)
def test_any_value_is_hidden(value: str, shape: str):
    """Whatever the value, it is gone from the text; doing it twice changes nothing more."""
    if value.lower() in ("password", "true", "false", "null"):
        return
    once = redaction.redact(shape.format(value))
    assert value not in once
    assert redaction.redact(once) == once


@pytest.mark.parametrize(
    "name, secret",
    [
        ("masterPassword", True),
        ("client_secret", True),
        ("privateKey", True),
        ("kubeconfig", True),
        ("token", True),
        ("secretArn", False),
        ("keyName", False),
        ("nextToken", False),
    ],
)
def test_names(name: str, secret: bool):  # noqa: FBT001 - a table
    """A property is taken for a secret by the end of its name."""
    assert redaction.names_secret(name) is secret


def test_filter_hides_arguments_and_exceptions():
    """A log line's arguments and its traceback are redacted, through a handler's filter installed once."""
    stream = io.StringIO()
    logger = logging.Logger("transom-test")  # noqa: LOG001 - not a child of the root on purpose
    logger.addHandler(logging.StreamHandler(stream))
    redaction.install(logger)
    redaction.install(logger)
    assert len(logger.handlers[0].filters) == 1
    try:
        raise ValueError("password=hunter2")  # noqa: TRY301 - the traceback is what is tested
    except ValueError:
        logger.exception("could not use %s", "password=hunter2")
    assert "hunter2" not in stream.getvalue()
    assert "could not use password=***" in stream.getvalue()
