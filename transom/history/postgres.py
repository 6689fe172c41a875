"""A PostgreSQL database as a store: one table beside the engine's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from transom.errors import BackendRefused, BackendUnreachable
from transom.history.store import Store

if TYPE_CHECKING:
    from psycopg import Connection

_MAKING = 7236847
"""An advisory lock of our own: two who make the table at the same moment would both find it missing."""
_TABLE = 'CREATE TABLE IF NOT EXISTS transom_history (key text COLLATE "C" PRIMARY KEY, content bytea NOT NULL)'


class Postgres(Store):
    """Keys are rows. A connection is held only for the length of one question."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made = False

    def read(self, key: str) -> bytes | None:
        """See Store."""
        with self._connected() as connection:
            row = connection.execute("SELECT content FROM transom_history WHERE key = %s", [key]).fetchone()
        return bytes(row[0]) if row else None

    def create(self, key: str, content: bytes) -> bool:
        """See Store."""
        with self._connected() as connection:
            done = connection.execute("INSERT INTO transom_history VALUES (%s, %s) ON CONFLICT DO NOTHING", [key, content])
        return done.rowcount == 1

    def replace(self, key: str, content: bytes) -> None:
        """See Store."""
        statement = "INSERT INTO transom_history VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET content = excluded.content"
        with self._connected() as connection:
            connection.execute(statement, [key, content])

    def remove(self, key: str) -> None:
        """See Store."""
        with self._connected() as connection:
            connection.execute("DELETE FROM transom_history WHERE key = %s", [key])

    def keys(self, prefix: str) -> tuple[str, ...]:
        """See Store."""
        folder = f"{prefix.rstrip('/')}/"
        with self._connected() as connection:
            rows = connection.execute("SELECT key FROM transom_history WHERE starts_with(key, %s) ORDER BY key", [folder]).fetchall()
        return tuple(row[0] for row in rows)

    @contextmanager
    def _connected(self) -> Iterator[Connection[Any]]:
        import psycopg

        try:
            with psycopg.connect(self._url, connect_timeout=10) as connection:
                if not self._made:
                    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
                    connection.execute(_TABLE)
                    connection.commit()
                    self._made = True
                yield connection
        except psycopg.errors.InsufficientPrivilege as error:
            raise BackendRefused("the history may not be read or written", hint="the role needs CREATE on its schema") from error
        except psycopg.OperationalError as error:
            reason = "the password is wrong" if "password authentication failed" in str(error) else "the database does not answer"
            raise BackendUnreachable(f"the history cannot be read or written: {reason}", hint="check the backend's URL") from None


def opened(backend: str) -> Postgres | None:
    """The store in the database of the engine's backend; None for any other backend."""
    return Postgres(backend) if backend.startswith(("postgres://", "postgresql://")) else None
