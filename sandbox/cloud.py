"""The simulated AWS: moto's server on the loopback address, in a process of its own, its data in memory.

What it holds is gone when it stops; `lifecycle.up` says so when it has to start it anew for a sandbox that had one.
"""

from __future__ import annotations

import http.client
import sys
from pathlib import Path

from sandbox.awsextensions import authenticator, controlplanes
from sandbox.layout import CHECKOUT
from sandbox.processes import Command

ACCOUNT = "123456789012"
"""The account every call is made in: moto's."""
_TIMEOUT = 5.0


def command(port: int, authenticator_port: int, planes: Path) -> Command:
    """Serve on this port, and TokenReviews of EKS clusters on the other; `planes` tells which API servers stand behind them.

    The environment keeps moto away from instance metadata and from anybody's credentials.
    """
    return Command(
        "moto",
        (sys.executable, "-P", "-m", "sandbox.awsserver", "-H", "127.0.0.1", "-p", str(port)),
        {
            "PYTHONPATH": str(CHECKOUT),
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_EC2_METADATA_DISABLED": "true",
            authenticator.VARIABLE: str(authenticator_port),
            controlplanes.VARIABLE: str(planes),
        },
    )


def endpoint(port: int) -> str:
    """The endpoint of every service."""
    return f"http://127.0.0.1:{port}"


def is_ready(port: int) -> bool:
    """Whether it answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/moto-api/")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
