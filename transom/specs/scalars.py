"""Scalar types of documents: text with a grammar, kept as it was written, with its value beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from ipaddress import ip_network
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

Bool = Annotated[bool, Strict()]
"""true or false; never "yes" in quotes."""

Int = Annotated[int, Strict()]
"""A whole number; never one in quotes."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", max_length=63)]
"""RFC 1035 label, as Kubernetes asks of Services: lower case, digits and hyphens, begins with a letter, at most 63 characters."""

Kind = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9]*$")]
"""A kind, as documents and manifests name it: letters and digits, the first a capital."""

PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$": "write lower case letters, digits and hyphens, at most 63, the first a letter, e.g. team-a",
        r"^[A-Z][A-Z0-9_]*$": "write capitals, digits and underscores, e.g. ORDERS",
        r"^[0-9]{12}$": 'write the twelve digits in quotes, e.g. "123456789012"',
        r"^v?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$": "write the exact version, e.g. 1.2.3",
        r"^v?1\.[0-9]+(\.[0-9]+)?$": 'write a Kubernetes version in quotes, e.g. "1.36"',
        r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$": "write lower case letters, digits and hyphens",
        r"^[0-9]+(\.[0-9]+)?$": 'write a version in quotes, e.g. "16" or "16.4"',
        r"^[0-9]+(\.[0-9]+)*$": 'write a version in quotes, e.g. "16" or "16.4"',
        r"^[a-z0-9][a-z0-9._:/-]*$": "write an image without its tag, e.g. docker.io/library/postgres",
        r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$": "write a group below a domain, e.g. database.example.com",
        r"^v[1-9][0-9]*((alpha|beta)[1-9][0-9]*)?$": "write a version as Kubernetes has it, e.g. v1alpha1 or v1",
        r"^[A-Z][A-Za-z0-9]{0,62}$": "write letters and digits, the first a capital, e.g. PostgreSQLInstance",
        r"^[a-z][A-Za-z0-9]{0,31}$": "write letters and digits, at most 32, the first a small one, e.g. deadLetters",
        r"^db\.[a-z0-9]+\.[a-z0-9]+$": "write an RDS instance class, e.g. db.t4g.micro",
        r"^vpc-[0-9a-f]+$": "write the id of a VPC, e.g. vpc-0abc12",
        r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$": "write letters, digits, hyphens, underscores and dots, at most 63",
        r"^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$": "write a label's key, e.g. purpose or example.com/purpose",
        r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$": "write an EC2 instance type, e.g. m7g.large",
        r"^v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+$": "write the exact version of the add-on, e.g. v1.20.4-eksbuild.2",
        r"^1\.[0-9]{2}$": 'write a Kubernetes version in quotes, e.g. "1.33"',
        r"^[0-9]+\.[0-9]+$": 'write a version in quotes, e.g. "8.0"',
        r"^cache\.[a-z0-9]+\.[a-z0-9]+$": "write an ElastiCache node type, e.g. cache.t4g.small",
        r"^[a-z][a-z0-9_.]*$": "write the parameter's name as the engine has it, e.g. work_mem",
        r"^[a-z][a-z0-9_.-]*$": "write the parameter's name as the engine has it, e.g. maxmemory-policy",
        r"^[A-Za-z0-9_.-]{3,255}$": "write letters, digits, hyphens, underscores and dots, 3 to 255 of them",
        r"^sha256:[0-9a-f]{64}$": "write sha256: and 64 hexadecimal digits",
        r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$": "write a tag, e.g. v1.4.2",
        r"^(/([^/~]|~[01])+)+$": "write a JSON pointer, which begins with a slash, e.g. /spec/replicas; ~1 stands for / and ~0 for ~",
        r"^[A-Z][A-Za-z0-9]*$": "write a kind, e.g. Deployment",
        r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$": "write the object's name: lower case letters, digits, hyphens and dots",
        r"^(100|[1-9]?[0-9])%$": 'write a number, e.g. 1, or a share, e.g. "25%"',
        r"^[A-Za-z0-9._-]{1,253}$": "write letters, digits, dots, underscores and hyphens",
        r"^[0-9]{1,5}/(TCP|UDP|SCTP)$": 'write a port, e.g. 443, or one with its protocol, e.g. "53/UDP"',
        r"^subnet-[0-9a-f]+$": "write the id of a subnet, e.g. subnet-0abc12",
    }
)
"""What to write, for the patterns that models give as such."""

EnvironmentPrefix = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=40)]
"""Beginning of environment variable names, e.g. `ORDERS`."""

TagText = Annotated[str, Field(max_length=256)]
"""AWS tag value: at most 256 characters (AWS Tagging: naming limits)."""


class Text(str):
    """Base of the scalars below: a string that matches `pattern`; the JSON Schema shows the pattern and an example."""

    __slots__ = ()
    pattern: ClassVar[str]
    example: ClassVar[str]
    meaning: ClassVar[str]

    @classmethod
    def check(cls, text: str) -> Text:
        """The scalar for `text`; ValueError says what is expected."""
        if not re.fullmatch(cls.pattern, text):
            raise ValueError(f'"{text}" is not {cls.meaning}, e.g. {cls.example}')
        return cls(text)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls.check, core_schema.str_schema(strict=True), serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{cls.pattern}$", "examples": re.split(", | or ", cls.example)}


_DURATION_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}


class Duration(Text):
    """A span of time as Go and Kubernetes write it, with days and weeks: `90s`, `1h30m`, `7d`."""

    __slots__ = ()
    pattern = r"([0-9]+[wdhms])+"
    example = "30m or 7d"
    meaning = "a duration"

    @property
    def seconds(self) -> int:
        """Whole seconds."""
        return sum(int(number) * _DURATION_UNITS[unit] for number, unit in re.findall(r"([0-9]+)([wdhms])", self))

    @property
    def days(self) -> int:
        """Whole days, rounded down."""
        return self.seconds // 86400


_QUANTITY_UNITS = {
    "": Decimal(1), "m": Decimal("0.001"),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12), "P": Decimal(10**15),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40), "Pi": Decimal(2**50),
}  # fmt: skip


class Quantity(Text):
    """A Kubernetes resource quantity: `500m`, `2`, `4Gi` (Kubernetes API: resource quantities)."""

    __slots__ = ()
    pattern = r"[0-9]+(\.[0-9]+)?(m|[kMGTP]|[KMGTP]i)?"
    example = "500m, 2 or 4Gi"
    meaning = "a quantity"

    @property
    def value(self) -> Decimal:
        """The number in base units (cores, bytes, pieces)."""
        number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", self).groups()  # type: ignore[union-attr]  # the pattern held when it was made
        return Decimal(number) * _QUANTITY_UNITS[unit]


class Storage(Quantity):
    """A size of a volume in whole gibibytes, as cloud volumes are sold: `20Gi`, `2Ti`."""

    __slots__ = ()
    pattern = r"[1-9][0-9]*(Gi|Ti)"
    example = "20Gi"
    meaning = "a storage size in Gi or Ti"

    @property
    def gibibytes(self) -> int:
        """Whole GiB."""
        return int(self.value // 2**30)


class Region(Text):
    """An AWS region's code."""

    __slots__ = ()
    pattern = r"[a-z]{2}(-[a-z]+)+-[0-9]"
    example = "eu-central-1"
    meaning = "an AWS region"


_DAY = 24 * 60
_WEEK = 7 * _DAY
_SHORTEST_WINDOW = 30
"""Minutes."""
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


class MaintenanceWindow(Text):
    """A weekly RDS window in UTC, 30 minutes to a day (RDS: CreateDBInstance PreferredMaintenanceWindow)."""

    __slots__ = ()
    pattern = r"(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]"
    example = "sun:03:00-sun:04:00"
    meaning = "a weekly window in UTC"

    @classmethod
    def check(cls, text: str) -> Text:
        """As the base; the window must also be one that RDS takes."""
        window = cls(super().check(text))
        if not _SHORTEST_WINDOW <= window.span[1] < _DAY:
            raise ValueError(f'"{text}" is {window.span[1]} minutes long, and RDS asks for 30 minutes to a day, e.g. {cls.example}')
        return window

    @property
    def span(self) -> tuple[int, int]:
        """Minute of the week at which it begins, and its length in minutes."""
        begins, ends = (_WEEKDAYS.index(end[:3]) * _DAY + _minutes(end[4:]) for end in self.split("-"))
        return begins, (ends - begins) % _WEEK


class DailyWindow(Text):
    """A daily RDS backup window in UTC, at least 30 minutes (RDS: CreateDBInstance PreferredBackupWindow)."""

    __slots__ = ()
    pattern = r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]"
    example = "02:00-02:45"
    meaning = "a daily window in UTC"

    @classmethod
    def check(cls, text: str) -> Text:
        """As the base; the window must also be one that RDS takes."""
        window = cls(super().check(text))
        if window.span[1] < _SHORTEST_WINDOW:
            raise ValueError(f'"{text}" is {window.span[1]} minutes long, and RDS asks for at least 30, e.g. {cls.example}')
        return window

    @property
    def span(self) -> tuple[int, int]:
        """Minute of the day at which it begins, and its length in minutes."""
        begins, ends = map(_minutes, self.split("-"))
        return begins, (ends - begins) % _DAY


def overlap(daily: DailyWindow, weekly: MaintenanceWindow) -> bool:
    """Whether the two have a minute in common on any day, which RDS refuses."""
    (day_start, day_length), (week_start, week_length) = daily.span, weekly.span
    starts = (day * _DAY + day_start for day in range(7))
    return any((week_start - start) % _WEEK < day_length or (start - week_start) % _WEEK < week_length for start in starts)


def _quantity_text(value: object) -> object:
    """Kubernetes lets quantities be written as bare numbers: `cpu: 2`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(value)


LooseQuantity = Annotated[
    Quantity,
    BeforeValidator(_quantity_text),
    WithJsonSchema({
        "anyOf": [{"type": "string", "pattern": f"^{Quantity.pattern}$"}, {"type": "number", "minimum": 0}],
        "examples": ["500m", 2, "4Gi"],
    }),
]  # fmt: skip
"""A quantity that may be written as a bare number, as in Kubernetes."""


def _network(text: str) -> str:
    if "/" not in text:
        raise ValueError(f'"{text}" is one address; write a range in CIDR notation, e.g. {text}/32')
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(f'"{text}" is not an address range in CIDR notation, e.g. 10.0.0.0/16 ({error})') from None
    return text


Cidr = Annotated[str, AfterValidator(_network)]
"""An address range: `10.0.0.0/16`; host bits must be zero."""


class VersionRange(Text):
    """Versions of a product (Semantic Versioning 2.0): `>=1.2 <2`, `~1.4`, `^1.4.2`, `1.x`, `1.2 - 1.4`, alternatives with `||`.

    The grammar is npm's; a comma means the same as a blank. Pre-releases count only where the range itself names one (`>=1.2.0-0`), and
    never as the version that they precede: `<2` leaves `2.0.0-rc.1` out.
    """

    __slots__ = ()
    pattern = r".*([<>=~^*|, ]|\.[xX](\.[xX])?$).*"
    example = ">=1.2 <2, ~1.4 or 1.x"
    meaning = "a range of versions"

    @staticmethod
    def looks_like(text: str) -> bool:
        """Whether `text` is meant as a range rather than as a name or one version."""
        if text[:1] in tuple("<>=~^*"):
            return True
        if not re.search(r"[<>=~^*|\s,]|^v?[0-9]+(\.[0-9]+)?\.[xX](\.[xX])?$", text):
            return False
        try:
            _clause(text)
        except ValueError:
            return False
        return True

    @classmethod
    def check(cls, text: str) -> Text:
        """As the base; the range must be one that can be read."""
        try:
            _clause(text)
        except ValueError:
            raise ValueError(f'"{text}" is not {cls.meaning}, e.g. {cls.example}') from None
        return cls(text)

    def highest(self, versions: Mapping[str, str]) -> str | None:
        """Of `versions` (what is called how: `{"shop/v1.2.0": "1.2.0"}`) the name of the highest that fits; what is no version is left out.

        Of two names of the same version the first in their order is taken.
        """
        from semantic_version import Version

        clause, with_previews = _clause(self), _names_preview(self)
        found: dict[str, Any] = {}
        for name in sorted(versions):
            try:
                version = Version(versions[name])
            except ValueError:
                continue
            if clause.match(version) and (with_previews or not version.prerelease):
                found[name] = version
        return max(found, key=lambda name: found[name].precedence_key, default=None)


def _clause(text: str) -> Any:
    """What a range of versions asks for."""
    from semantic_version import NpmSpec
    from semantic_version.base import Range

    blanks = re.sub(r"([<>=~^])\s+", r"\1", text.replace(",", " "))
    if not blanks.strip():
        raise ValueError("empty")
    # npm would count pre-releases of the named version only
    asked: Any = NpmSpec(re.sub(r"\s+", " ", blanks).strip()).clause

    def everywhere(clause: Any) -> Any:
        if isinstance(clause, Range):
            return Range(clause.operator, clause.target, Range.PRERELEASE_NATURAL, clause.build_policy)
        return type(clause)(*map(everywhere, clause.clauses))

    return everywhere(asked)


def _names_preview(text: str) -> bool:
    """Whether a range names a pre-release, `1.2.0-0`."""
    return re.search(r"[0-9]-[0-9A-Za-z]", text) is not None
