"""The backend's URL becomes the store of the history."""

from __future__ import annotations

from transom.errors import PermanentError
from transom.history import objects, postgres
from transom.history.store import Store


def store(backend: str) -> Store:
    """Where the history is kept when the engine's state is at `backend`.

    Raises:
        PermanentError: the backend is of a kind that keeps no files of others, such as Pulumi's own service.
    """
    found = objects.opened(backend) or postgres.opened(backend)
    if found is None:
        kind = backend.partition(":")[0] or "unknown"
        hint = "set TRANSOM_HISTORY to a file://, s3://, gs://, azblob:// or postgres:// URL"
        raise PermanentError(f"a backend of kind {kind} keeps no history of Transom's", reason="NoHistory", hint=hint)
    return found
