"""The journal: deployments of a project in a store, numbered per environment, with the catalogs they applied.

`.transom/PROJECT/history/ENVIRONMENT/0000012.json` is one deployment. `.transom/PROJECT/catalogs/DIGEST.json.gz` is what was applied,
addressed by its content: deployments of the same documents share it.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from pydantic import ValidationError

from transom.catalog import stored
from transom.catalog.model import Catalog
from transom.errors import PermanentError
from transom.history.leases import Leases, Pace
from transom.history.records import Act, Actor, Deployment, Hold, Kept, Result
from transom.history.store import Store

K = TypeVar("K", bound=Kept)

_RECENT = 20
"""Deployments that are looked through for one that was lost: each run does so, so that older ones are buried already."""

_ATTEMPTS = 50
"""Runs that may take the next number at the same moment before somebody gives up."""


class Journal:
    """The history of one project."""

    def __init__(self, store: Store, project: str) -> None:
        self._store = store
        self._root = f".transom/{project}"

    def begin(self, catalog: Catalog, about: Mapping[str, Any]) -> Deployment:
        """Writes down that a deployment begins, and what of; gives its record, still running.

        Args:
            catalog: what will be applied.
            about: fields of Deployment other than number, environment, digest, documents, catalog, result and started.
        """
        kept = self.keep(catalog)
        number = next((deployment.number for deployment in self.deployments(catalog.name)), 0)
        for following in range(number + 1, number + 1 + _ATTEMPTS):
            deployment = Deployment(
                number=following,
                environment=catalog.name,
                result=Result.RUNNING,
                started=datetime.now(UTC),
                digest=catalog.digest,
                catalog=kept,
                **about,
            )
            if self._store.create(self._key(catalog.name, following), _bytes(deployment)):
                return deployment
        raise PermanentError("every number was taken by another run", reason="HistoryBusy", hint="try again")

    def end(self, deployment: Deployment) -> None:
        """Writes down how a deployment ended."""
        self._store.replace(self._key(deployment.environment, deployment.number), _bytes(deployment))

    def deployments(self, environment: str, limit: int | None = None) -> Iterator[Deployment]:
        """The deployments of an environment, newest first; each is read when it is asked for."""
        keys = reversed(self._store.keys(f"{self._root}/history/{environment}"))
        for key in islice(keys, limit):
            if (content := self._store.read(key)) is not None:
                yield _read(Deployment, key, content)

    def deployment(self, environment: str, number: int) -> Deployment:
        """One deployment.

        Raises:
            PermanentError: there is none of this number.
        """
        key = self._key(environment, number)
        content = self._store.read(key)
        if content is None:
            latest = next((deployment.number for deployment in self.deployments(environment)), 0)
            hint = f"there are 1 to {latest}: transom history {environment}" if latest else "nothing was applied yet"
            raise PermanentError(f"environment {environment} has no deployment {number}", reason="UnknownDeployment", hint=hint)
        return _read(Deployment, key, content)

    def last_applied(self, environment: str) -> Deployment | None:
        """The newest deployment of the whole environment that succeeded."""
        return next((one for one in self.deployments(environment) if one.result is Result.SUCCEEDED and one.act is not Act.DESTROY), None)

    def leases(self, holder: Actor, pace: Pace = Pace()) -> Leases:  # noqa: B008 - frozen
        """The leases of the project's stacks, as this one asks for them."""
        return Leases(self._store, self._root.rpartition("/")[2], holder, pace)

    def bury(self, environment: str, is_dead: Callable[[Deployment], bool]) -> None:
        """Writes down of deployments that are still running, and known not to be, that they were lost."""
        for deployment in self.deployments(environment, _RECENT):
            if deployment.result is Result.RUNNING and is_dead(deployment):
                self.end(deployment.model_copy(update={"result": Result.LOST}))

    def hold(self, hold: Hold) -> None:
        """Writes down that an environment stays where it is."""
        self._store.replace(self._hold_key(hold.environment), hold.model_dump_json(indent=1).encode())

    def held(self, environment: str, now: datetime | None = None) -> Hold | None:
        """The hold that is in force; None when there is none."""
        content = self._store.read(self._hold_key(environment))
        hold = _read(Hold, self._hold_key(environment), content) if content is not None else None
        return hold if hold is not None and hold.holds(now or datetime.now(UTC)) else None

    def release(self, environment: str) -> None:
        """Ends the hold of an environment."""
        self._store.remove(self._hold_key(environment))

    def environments(self) -> tuple[str, ...]:
        """Environments with a history, sorted; also those that no document declares any more."""
        prefix = f"{self._root}/history/"
        return tuple(sorted({key.removeprefix(prefix).partition("/")[0] for key in self._store.keys(prefix)}))

    def keep(self, catalog: Catalog) -> str:
        """Keeps a catalog; gives the word it is found by again."""
        text = stored.dump(catalog).encode()
        digest = hashlib.sha256(text).hexdigest()
        self._store.create(self._catalog_key(digest), gzip.compress(text, mtime=0))
        return digest

    def catalog(self, deployment: Deployment) -> Catalog:
        """What a deployment applied.

        Raises:
            PermanentError: it is not there any more, or cannot be read.
        """
        content = self._store.read(self._catalog_key(deployment.catalog))
        if content is None:
            where = f"deployment {deployment.number} of {deployment.environment}"
            hint = "its documents may still be in Git, at the commits that transom show tells"
            raise PermanentError(f"what {where} applied is not kept any more", reason="StoredCatalogUnreadable", hint=hint)
        try:
            text = gzip.decompress(content)
        except (OSError, EOFError) as error:
            raise PermanentError(f"the stored catalog is damaged: {error}", reason="StoredCatalogUnreadable", hint="take Git's") from error
        return stored.load(text)

    def _key(self, environment: str, number: int) -> str:
        return f"{self._root}/history/{environment}/{number:07}.json"

    def _hold_key(self, environment: str) -> str:
        return f"{self._root}/holds/{environment}.json"

    def _catalog_key(self, digest: str) -> str:
        return f"{self._root}/catalogs/{digest}.json.gz"


def _bytes(deployment: Deployment) -> bytes:
    return deployment.model_dump_json(indent=1, exclude_defaults=False).encode()


def _read(kind: type[K], key: str, content: bytes) -> K:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise PermanentError(f"the history's {key} cannot be read: {error}", reason="HistoryUnreadable", hint="move it away") from error
