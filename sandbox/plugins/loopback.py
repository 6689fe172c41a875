"""The guard in front of every stand-in plugin: an endpoint that is not on this machine is refused."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


class NotLoopbackError(ValueError):
    """The endpoint is not on this machine; the message says why it is refused and what to install."""


def require(endpoint: str, *, plugin: str) -> None:
    """Accept an endpoint whose host is a loopback address or `localhost`; refuse every other.

    Names are not resolved: a name that points to loopback today may point elsewhere tomorrow.

    Args:
        endpoint: an URL such as `https://127.0.0.1:6443`, or a bare `host:port`.
        plugin: the name of the provider plugin, as in `pulumi plugin install resource NAME`.

    Raises:
        NotLoopbackError: the host is missing or not loopback.
    """
    host = hostname(endpoint)
    if is_loopback(host):
        return
    raise NotLoopbackError(
        f"the endpoint {_shown(endpoint)!r} is not on this machine, and the `{plugin}` plugin in use is the sandbox's stand-in, "
        f"which serves loopback addresses only so that it can never change a real system; "
        f"install the real plugin with `pulumi plugin install resource {plugin}` and set TRANSOM_PLUGINS=real"
    )


def is_loopback(host: str) -> bool:
    """Tell whether the host is `localhost` or an address of 127.0.0.0/8 or ::1."""
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def hostname(endpoint: str) -> str:
    """Give the host of an URL or of `host:port`, without brackets; empty when there is none."""
    try:
        return urlsplit(endpoint if "//" in endpoint else f"//{endpoint}").hostname or ""
    except ValueError:  # e.g. an unclosed bracket: no host that could be trusted
        return ""


def _shown(endpoint: str) -> str:
    # An URL may carry credentials before the host; they must not reach an error message.
    scheme, separator, rest = endpoint.rpartition("//")
    return scheme + separator + rest.rpartition("@")[2]
