"""Database engines of RDS: what their versions, ports, logs and addresses look like.

Sources: RDS user guide, "Available DB engine versions" of each engine, "Publishing database logs to Amazon CloudWatch Logs", and "Using
SSL/TLS to encrypt a connection" (`rds.force_ssl` of PostgreSQL, `require_secure_transport` of MySQL and MariaDB).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

EngineName = Literal["postgres", "mysql", "mariadb"]


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine.

    Attributes:
        name: as RDS calls it.
        word: as people call it.
        port: where it listens.
        scheme: what its addresses begin with.
        depth: how many numbers of a version name its line, inside of which upgrades are minor: 1 for PostgreSQL 16, 2 for MySQL 8.4.
        lines: the lines that RDS has or had within extended support, oldest first. Newer ones than the last may come; others never do.
        logs: what it can send to CloudWatch, those first that it sends when nobody says.
        sent: how many of them that is.
        tls: the parameter that refuses connections without TLS.
        demand: what an address says so that clients ask for TLS.
    """

    name: EngineName
    word: str
    port: int
    scheme: str
    depth: int
    lines: tuple[tuple[int, ...], ...]
    logs: tuple[str, ...]
    sent: int
    tls: str
    demand: str

    def line(self, version: str) -> str:
        """The line of a version: `16` for PostgreSQL 16.4, `8.4` for MySQL 8.4.5."""
        return ".".join(version.split(".")[: self.depth])

    def family(self, version: str) -> str:
        """Parameter group family: `postgres16`, `mysql8.4`."""
        return f"{self.name}{self.line(version)}"

    def is_line(self, version: str) -> bool:
        """Whether a version names a line only, so that minor versions follow by themselves."""
        return version.count(".") + 1 == self.depth

    def wrong(self, version: str) -> str:
        """Why RDS has no such version; empty where it may have it."""
        numbers = tuple(map(int, version.split(".")))
        shown = ", ".join(".".join(map(str, line)) for line in self.lines)
        if len(numbers) < self.depth:
            return f"{self.word} {version} is no version of RDS, which has {shown}"
        if len(numbers) > self.depth + 1:
            return f"{self.word} {version} has a number too many: its versions are written like {self.line(version)}.{numbers[self.depth]}"
        line = numbers[: self.depth]
        if line in self.lines or line > self.lines[-1]:
            return ""
        return f"RDS does not offer {self.word} {self.line(version)}; it has {shown}"


ENGINES: Mapping[str, Engine] = MappingProxyType(
    {
        "postgres": Engine(
            "postgres",
            "PostgreSQL",
            5432,
            "postgresql",
            1,
            tuple((number,) for number in range(11, 19)),
            ("postgresql", "upgrade", "iam-db-auth-error"),
            2,
            "rds.force_ssl",
            "sslmode=require",
        ),
        "mysql": Engine(
            "mysql",
            "MySQL",
            3306,
            "mysql",
            2,
            ((5, 7), (8, 0), (8, 4)),
            ("error", "slowquery", "general", "iam-db-auth-error"),
            2,
            "require_secure_transport",
            "ssl-mode=REQUIRED",
        ),
        "mariadb": Engine(
            "mariadb",
            "MariaDB",
            3306,
            "mysql",
            2,
            ((10, 6), (10, 11), (11, 4), (11, 8)),
            ("error", "slowquery", "general", "iam-db-auth-error"),
            2,
            "require_secure_transport",
            "ssl-mode=REQUIRED",
        ),
    }
)
"""By the word of documents, which is RDS's own."""
