"""What a store promises, held on every kind of backend."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from transom.errors import BackendRefused, BackendUnreachable, PermanentError
from transom.history import opening
from transom.history.store import Store


def test_what_is_kept_is_read(store: Store) -> None:
    """Bytes come back as they were; a missing key is None; replacing replaces."""
    assert store.read("a/b.json") is None
    assert store.create("a/b.json", b"one \x00\xff")
    assert store.read("a/b.json") == b"one \x00\xff"
    store.replace("a/b.json", b"two")
    store.replace("a/c.json", b"three")
    assert [store.read(key) for key in store.keys("a")] == [b"two", b"three"]
    for _ in range(2):
        store.remove("a/b.json")
    assert store.keys("a") == ("a/c.json",)


def test_a_key_is_created_once(store: Store) -> None:
    """Of many that create one key at the same time one succeeds, and its content stays."""
    contents = [f"writer {number}".encode() for number in range(8)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        won = list(pool.map(lambda content: store.create("lock", content), contents))
    assert won.count(True) == 1
    assert store.read("lock") == contents[won.index(True)]


def test_keys_are_those_of_the_folder(store: Store) -> None:
    """Listing a folder gives its keys sorted, not those of a folder whose name begins alike, and nothing where there is none."""
    for key in ("dev/2.json", "dev/10.json", "dev/1.json", "develop/1.json", "dev.json"):
        store.create(key, b"x")
    assert store.keys("dev") == ("dev/1.json", "dev/10.json", "dev/2.json")
    assert store.keys("prod") == ()


def test_a_backend_without_room_says_what_to_set() -> None:
    """Pulumi's service keeps no files of others; the error names the variable that helps."""
    with pytest.raises(PermanentError, match="TRANSOM_HISTORY"):
        opening.store("https://service.example.com")


def test_a_database_that_does_not_answer() -> None:
    """The error says so and does not repeat the URL, which may hold a password."""
    with pytest.raises(BackendUnreachable) as raised:
        opening.store("postgres://someone:not-shown@127.0.0.1:1/none").keys("a")
    assert "not-shown" not in str(raised.value)


def test_a_bucket_that_is_not_there(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing bucket is an error, not an empty history."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with pytest.raises((BackendUnreachable, BackendRefused)):
        opening.store(f"s3://missing?region=eu-central-1&endpoint={s3}").replace("a", b"x")
