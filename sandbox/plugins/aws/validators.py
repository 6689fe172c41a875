"""Value rules of the real provider's schema: each gives a function from a value to the reason it is refused, or None."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any

from sandbox.plugins.aws.entry import Validator


def one_of(*allowed: Any) -> Validator:
    """Accept the listed values only."""

    def validate(value: Any) -> str | None:
        return None if value in allowed else f"expected one of [{' '.join(map(str, allowed))}], got {value}"

    return validate


def between(low: float, high: float) -> Validator:
    """Accept numbers from low to high, both included."""

    def validate(value: Any) -> str | None:
        return None if low <= value <= high else f"expected it to be in the range ({low} - {high}), got {value}"

    return validate


def matches(pattern: str, rule: str) -> Validator:
    """Accept strings that match the whole pattern; the rule is told to the user."""
    compiled = re.compile(pattern, re.DOTALL)

    def validate(value: Any) -> str | None:
        return None if compiled.fullmatch(value) else f"{rule}, got {value!r}"

    return validate


def json_text(value: Any) -> str | None:
    """Accept text that is a JSON object."""
    try:
        parsed = json.loads(value)
    except ValueError as error:
        return f"contains an invalid JSON: {error}"
    return None if isinstance(parsed, dict) else "contains an invalid JSON policy: not a JSON object"


def arn(value: Any) -> str | None:
    """Accept `arn:partition:service:region:account:resource`."""
    # Six parts, of which region and account may be empty (IAM and S3 have none).
    parts = value.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn" and parts[1] and parts[2] and parts[5]:  # noqa: PLR2004
        return None
    return f"({value}) is an invalid ARN: arn: invalid prefix or not enough sections"


def ipv4_network(value: Any) -> str | None:
    """Accept an IPv4 network in CIDR form with no host bits set."""
    return _network(value, ipaddress.IPv4Network)


def ipv6_network(value: Any) -> str | None:
    """Accept an IPv6 network in CIDR form with no host bits set."""
    return _network(value, ipaddress.IPv6Network)


def _network(value: Any, kind: type[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> str | None:
    try:
        kind(value)
    except ValueError as error:
        return f"{value!r} is not a valid CIDR block: {error}"
    return None
