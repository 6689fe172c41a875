"""Formats: whether a word is what Kubernetes' grammar for it says. Each check gives what is expected, or None when the word is right.

Sources: Kubernetes, k8s.io/apimachinery (pkg/api/resource, pkg/util/validation) and k8s.io/kube-openapi (pkg/validation/strfmt).
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache

_QUANTITY = re.compile(r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+|)")
_DURATION = re.compile(r"(?i)[-+]?(?:\s*[0-9]*\.?[0-9]+\s*[a-zµμ]+)+|[-+]?0")
_DATE_TIME = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"
)
_SCALE: Mapping[str, Decimal] = {
    **{letter: Decimal(1000) ** power for letter, power in zip("num", (-3, -2, -1), strict=True)},
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}
_MOST_DIGITS = 64
"""Characters of a quantity; a longer one is no amount of anything."""


def quantity(value: object) -> Decimal | None:
    """The amount that a quantity says (`500m`, `1Gi`, `2`, `1e3`); None when it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _QUANTITY.fullmatch(str(value)) if len(str(value)) <= _MOST_DIGITS else None
    if found is None:
        return None
    suffix = found["suffix"]
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        exponent = int(suffix[1:])
        return Decimal(found["number"]).scaleb(exponent) if abs(exponent) <= _MOST_DIGITS else None
    return Decimal(found["number"]) * _SCALE.get(suffix, Decimal(1))


def byte(text: str) -> str | None:
    """Base64, standard alphabet, padded; line breaks are passed over."""
    try:
        base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return "base64"
    return None


def date_time(text: str) -> str | None:
    """RFC 3339."""
    return None if _DATE_TIME.fullmatch(text) else "a time like 2027-01-31T10:00:00Z"


def duration(text: str) -> str | None:
    """A number and a unit, or several; the server knows more units than Go, so that no unit is refused here."""
    return None if _DURATION.fullmatch(text) else "a duration like 90s, 5m or 1h30m"


def _address(text: str, kind: Callable[[str], object], expected: str) -> str | None:
    try:
        kind(text)
    except ValueError:
        return expected
    return None


def cidr(text: str) -> str | None:
    """A range of addresses, with its length; bits behind the length may be set."""
    wrong = "a range of addresses like 10.0.0.0/16"
    return _address(text, lambda one: ipaddress.ip_network(one, strict=False), wrong) if "/" in text else wrong


def ip(text: str) -> str | None:
    """An address of either version."""
    return _address(text, ipaddress.ip_address, "an address like 10.0.0.1")


_TYPED: Mapping[str, Callable[[str], str | None]] = {
    "byte": byte,
    "date-time": date_time,
    "date": lambda text: None if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", text) else "a date like 2027-01-31",
    "duration": duration,
    "email": lambda text: None if re.fullmatch(r"[^@]+@\S+", text) else "an address like someone@example.com",
    "hostname": lambda text: None if re.fullmatch(r"[^\s/]{1,255}", text) else "a name like db.example.com",
    "uri": lambda text: None if re.match(r"[A-Za-z][-+.A-Za-z0-9]*:|/", text) else "an address like https://example.com",
    "ipv4": lambda text: _address(text, ipaddress.IPv4Address, "an address like 10.0.0.1"),
    "ipv6": lambda text: _address(text, ipaddress.IPv6Address, "an address like fd00::1"),
    "cidr": cidr,
    "uuid": lambda text: None if re.fullmatch(r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", text) else "a UUID",
}

RANGES: Mapping[str, tuple[int, int]] = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


@cache
def pattern(text: str) -> Callable[[str], bool]:
    """Whether a word has what a pattern asks for. In linear time, as the API server's own: a pattern of the user's may not hang the run.

    A pattern that cannot be read takes every word.
    """
    from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

    try:
        validator = SchemaValidator(core_schema.str_schema(pattern=text, regex_engine="rust-regex"))
    except SchemaError:
        return lambda _: True

    def matches(word: str) -> bool:
        try:
            validator.validate_python(word)
        except ValidationError:
            return False
        return True

    return matches


_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_ENVIRONMENT = re.compile(r"[^=\x00-\x1f\x7f-\U0010ffff]+")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LONGEST_LABEL = 63
_LONGEST_SUBDOMAIN = 253
_LONGEST_PORT_NAME = 15


def label(text: str) -> str | None:
    """RFC 1123 label."""
    if len(text) > _LONGEST_LABEL:
        return f"at most {_LONGEST_LABEL} characters"
    return None if _LABEL.fullmatch(text) else "lower-case letters, digits and -, beginning and ending with a letter or digit"


def label_1035(text: str) -> str | None:
    """RFC 1035 label."""
    if len(text) > _LONGEST_LABEL:
        return f"at most {_LONGEST_LABEL} characters"
    return None if _LABEL_1035.fullmatch(text) else "lower-case letters, digits and -, beginning with a letter"


def subdomain(text: str) -> str | None:
    """RFC 1123 subdomain."""
    if len(text) > _LONGEST_SUBDOMAIN:
        return f"at most {_LONGEST_SUBDOMAIN} characters"
    return None if _SUBDOMAIN.fullmatch(text) else "lower-case letters, digits, - and ., beginning and ending with a letter or digit"


def path_segment(text: str) -> str | None:
    """What can stand in a path of the API (names of RBAC objects)."""
    return "a name without / and %, other than . and .." if text in (".", "..") or "/" in text or "%" in text else None


def label_key(text: str) -> str | None:
    """A qualified name: `app`, `example.com/app`."""
    prefix, slash, name = text.rpartition("/")
    if slash and (not prefix or subdomain(prefix) or "/" in prefix):
        return "a key like app or example.com/app"
    if len(name) > _LONGEST_LABEL:
        return f"at most {_LONGEST_LABEL} characters behind the /"
    return None if _QUALIFIED.fullmatch(name) else "a key like app or example.com/app"


def label_value(text: str) -> str | None:
    """A label's value; may be empty."""
    if len(text) > _LONGEST_LABEL:
        return f"at most {_LONGEST_LABEL} characters"
    return None if not text or _QUALIFIED.fullmatch(text) else "letters, digits, -, _ and ., beginning and ending with a letter or digit"


def port_name(text: str) -> str | None:
    """The name of a container's port (IANA service name)."""
    if len(text) > _LONGEST_PORT_NAME:
        return f"at most {_LONGEST_PORT_NAME} characters"
    if "--" in text:
        return "a name without two hyphens in a row"
    return None if _PORT_NAME.fullmatch(text) else "lower-case letters, digits and -, with at least one letter"


def variable(text: str) -> str | None:
    """The name of an environment variable."""
    return None if _ENVIRONMENT.fullmatch(text) else "printable ASCII characters without ="


def config_key(text: str) -> str | None:
    """A key of a ConfigMap or Secret."""
    if len(text) > _LONGEST_SUBDOMAIN:
        return f"at most {_LONGEST_SUBDOMAIN} characters"
    if text in (".", "..") or text.startswith(".."):
        return "a name that does not begin with .."
    return None if _CONFIG_KEY.fullmatch(text) else "letters, digits, -, _ and ."


def resource(text: str) -> str | None:
    """A resource that a container asks for."""
    if text in ("cpu", "memory", "ephemeral-storage", "storage") or text.startswith("hugepages-"):
        return None
    return label_key(text) if "/" in text else "cpu, memory, ephemeral-storage, or a name like example.com/gpu"


_NAMED: Mapping[str, Callable[[str], str | None]] = {
    "label": label,
    "subdomain": subdomain,
    "label-key": label_key,
    "label-value": label_value,
    "port-name": port_name,
    "variable": variable,
    "config-key": config_key,
    "resource": resource,
    "ip": ip,
}


def mismatch(word: str, text: str) -> str | None:
    """What is expected of a text with this `format`; None when it is right, or when the format is not known here.

    Nothing at all is right where a name may be left out.
    """
    if word in _NAMED:
        return _NAMED[word](text) if text else None
    grammar = _TYPED.get(word)
    return grammar(text) if grammar else None
