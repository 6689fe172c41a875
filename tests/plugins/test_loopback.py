"""Which endpoints the stand-ins serve."""

from __future__ import annotations

import pytest

from sandbox.plugins import loopback


@pytest.mark.parametrize(
    "endpoint", ["https://127.0.0.1:6443", "http://localhost:5000", "127.9.9.9:1", "http://[::1]:1", "https://user:word@127.0.0.1"]
)
def test_this_machine_is_served(endpoint: str) -> None:
    """Loopback addresses and localhost, as URL or host and port."""
    loopback.require(endpoint, plugin="aws")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://10.0.0.1",
        "https://sts.amazonaws.com",
        "https://127.0.0.1.example.com",
        "https://127.0.0.1@example.com",
        "https://localhost.example.com",
        "http://0.0.0.0:1",
        "http://[::ffff:10.0.0.1]:1",
        "http://[",
        "",
    ],
)
def test_any_other_is_refused(endpoint: str) -> None:
    """The error says why, what to install, and no credentials."""
    with pytest.raises(loopback.NotLoopbackError, match=r"stand-in.*pulumi plugin install resource aws.*TRANSOM_PLUGINS=real"):
        loopback.require(endpoint, plugin="aws")


def test_credentials_are_not_repeated() -> None:
    """What comes before the host stays out of the message."""
    with pytest.raises(loopback.NotLoopbackError) as caught:
        loopback.require("https://user:word@example.com", plugin="aws")
    assert "word" not in str(caught.value)
