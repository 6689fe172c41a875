"""A folder or a bucket as a store, over obstore: `file://`, `s3://`, `gs://`, `azblob://`, as the engine's backend URLs have them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from transom.engine import backends
from transom.errors import BackendRefused, BackendUnreachable
from transom.history.store import Store

if TYPE_CHECKING:
    from obstore.store import ObjectStore

T = TypeVar("T")

_BUCKETS = {"s3": "s3", "gs": "gs", "azblob": "az"}
"""The engine's word for a kind of object store, and obstore's."""


class Objects(Store):
    """Keys are objects below the backend's prefix."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def read(self, key: str) -> bytes | None:
        """See Store."""

        def get() -> bytes:
            return bytes(self._objects.get(key).bytes())

        try:
            return _told(get)
        except FileNotFoundError:
            return None

    def create(self, key: str, content: bytes) -> bool:
        """See Store."""
        from obstore.exceptions import AlreadyExistsError

        try:
            _told(lambda: self._objects.put(key, content, mode="create"))
        except AlreadyExistsError:
            return False
        except FileNotFoundError as error:
            raise _missing(error) from error
        return True

    def replace(self, key: str, content: bytes) -> None:
        """See Store."""
        try:
            _told(lambda: self._objects.put(key, content))
        except FileNotFoundError as error:
            raise _missing(error) from error

    def remove(self, key: str) -> None:
        """See Store."""
        with contextlib.suppress(FileNotFoundError):
            _told(lambda: self._objects.delete(key))

    def keys(self, prefix: str) -> tuple[str, ...]:
        """See Store."""
        found = _told(lambda: [entry["path"] for page in self._objects.list(prefix) for entry in page])
        return tuple(sorted(found))


def opened(backend: str) -> Objects | None:
    """The store beside the engine's state at this URL; None for a kind of backend that is no object store."""
    folder = backends.folder(backend)
    if folder is not None:
        from obstore.store import LocalStore

        return Objects(LocalStore(folder, mkdir=True))
    url = urlsplit(backend)
    if url.scheme not in _BUCKETS:
        return None
    from obstore.store import from_url

    address = f"{_BUCKETS[url.scheme]}://{url.netloc}{url.path}"
    return Objects(_told(lambda: from_url(address, **_s3(url.query) if url.scheme == "s3" else {})))


def _s3(query: str) -> dict[str, Any]:
    """Obstore's options for what an S3 backend URL and the environment of AWS's tools say.

    The words of the query are those of Pulumi's S3 backend (region, endpoint, s3ForcePathStyle, disableSSL).
    """
    said = {key: values[-1] for key, values in parse_qs(query).items()}
    options: dict[str, Any] = {}
    endpoint = said.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        plain = said.get("disableSSL") == "true"
        options["endpoint"] = endpoint if "://" in endpoint else f"{'http' if plain else 'https'}://{endpoint}"
        options["client_options"] = {"allow_http": options["endpoint"].startswith("http://")}
        options["virtual_hosted_style_request"] = said.get("s3ForcePathStyle") == "false"
    if region := said.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        options["region"] = region
    if said.get("profile") or os.environ.get("AWS_PROFILE"):
        from obstore.auth.boto3 import Boto3CredentialProvider

        options["credential_provider"] = Boto3CredentialProvider(_session(said.get("profile")))
    return options


def _session(profile: str | None) -> Any:
    import importlib

    try:
        boto3: Any = importlib.import_module("boto3")  # only for named profiles; the product itself does not need it
    except ImportError:
        raise BackendRefused("an AWS profile is named and boto3 is not installed", hint="pip install boto3, or export the keys") from None
    return boto3.Session(profile_name=profile)


def _missing(error: FileNotFoundError) -> BackendRefused:
    reason = str(error).partition("\n")[0]
    return BackendRefused(f"the history cannot be written: {reason}", hint="make the bucket, or correct the backend's address")


def _told(ask: Callable[[], T]) -> T:
    """What `ask` gives; what prevents it as an error of our tree. A missing and an existing key are the caller's business."""
    from obstore import exceptions

    try:
        return ask()
    except (FileNotFoundError, exceptions.AlreadyExistsError):
        raise
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise BackendRefused("the history may not be read or written", hint="check the backend's credentials") from error
    except (exceptions.BaseError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise BackendUnreachable(f"the history cannot be read or written: {reason}", hint="check the backend's address") from error
