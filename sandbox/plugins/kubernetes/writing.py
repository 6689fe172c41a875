"""Creates, updates and deletes objects, in the requests and with the retries of the real plugin (provider/pkg/await/await.go)."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from sandbox.plugins.kubernetes import objects, ownership
from sandbox.plugins.kubernetes.api import APPLY, JSON_PATCH, Api, ApiError, NoMatchError
from sandbox.plugins.kubernetes.objects import Kind, Object
from sandbox.plugins.serving import PluginError

# Waits in seconds before a create is tried again: its namespace or definition may be under way in the same update.
_RETRIES: Final = (1.0, 2.0, 4.0, 8.0)
_HELP: Final = (
    "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/"
    "#handle-field-conflicts-on-existing-resources"
)
_EXISTS: Final = """

The resource already exists in the cluster. This can happen when:

  - Renaming a Pulumi resource: use an alias to preserve the identity,
    or use deleteBeforeReplace if the resource needs replacement.
  - Managing an existing resource: use a Patch resource (e.g. NamespacePatch)
    to manage specific fields without owning the resource lifecycle.
  - Adopting a resource into Pulumi: use `pulumi import`. Note that
    protected resources (e.g. kube-system) cannot be deleted on destroy.
  - Intentional upsert: set upsertExistingObjects on the provider to allow
    server-side apply to update existing objects on create."""


class ConflictError(PluginError):
    """Another manager owns fields that we want to set, and we were not told to take them."""


class ExistsError(PluginError):
    """An object of that name exists; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Apply:
    """How to write one object: as whom, whether by force, whether only to try it out.

    `partial` says that only the fields of the inputs are ours (a Patch resource), so nothing is taken over from others.
    """

    manager: str
    force: bool = False
    preview: bool = False
    partial: bool = False

    def query(self) -> dict[str, str]:
        """Give the request's query."""
        return {"fieldManager": self.manager, "force": _text(self.force), **_dry(self.preview)}


def create(api: Api, obj: Object, *, preview: bool, cancelled: threading.Event) -> Object:
    """Create the object and give what the server made of it.

    Raises:
        ExistsError: there is such an object.
        NoMatchError, ApiError: the server's refusal; a missing kind or namespace only after some time, and at once in a preview.
    """
    query = {"fieldManager": ownership.CREATOR, **_dry(preview)}
    for wait in (*_RETRIES, 0.0):
        try:
            answer: Object = api.request("POST", api.collection(objects.kind(obj), objects.namespace(obj)), query, obj)
        except NoMatchError:
            if preview or not wait or cancelled.wait(wait):
                raise
        except ApiError as error:
            if error.already_exists:
                raise ExistsError(f"{error}{_EXISTS}") from error
            if preview or not wait or not error.not_found or cancelled.wait(wait):
                raise
        else:
            return answer
    raise AssertionError("unreachable: the last attempt returns or raises")


def apply(api: Api, obj: Object, how: Apply) -> Object:
    """Apply the object server-side, creating it where it does not exist, and give the result.

    Raises ConflictError where others manage fields that differ, ApiError for any other refusal.
    """
    path = f"{api.collection(objects.kind(obj), objects.namespace(obj))}/{quote(objects.name(obj), safe='')}"
    try:
        answer: Object = api.request("PATCH", path, how.query(), obj, APPLY)
    except ApiError as error:
        if not error.conflict:
            raise
        raise ConflictError(
            f"server-side apply field conflict detected, see {_HELP} for troubleshooting help\n"
            f'The resource managed by field manager "{how.manager}" had an apply conflict: {error}'
        ) from error
    return answer


def update(api: Api, obj: Object, live: Object, how: Apply, ignored: Sequence[str] = ()) -> Object:
    """Bring the live object to the inputs and give the result.

    Args:
        api: the API server.
        obj: the new inputs; their name may be absent, then the live object's is meant.
        live: the object as it is.
        how: as whom; `force` is what the program asked for.
        ignored: property paths whose live values are kept.
    """
    if objects.is_definition(obj):
        # A definition is put as a whole, so that removed versions and fields really go; its custom resources stay.
        whole = objects.with_metadata(obj, resourceVersion=objects.text(live, "metadata", "resourceVersion"))
        query = {"fieldManager": how.manager, **_dry(how.preview)}
        answer: Object = api.request("PUT", _path(api, objects.kind(obj), live), query, whole)
        return answer
    current = live
    if not how.partial and not how.preview:
        current = _take_over(api, objects.kind(obj), live, how.manager)
    force = how.force or not ownership.entries(current) or (how.preview and ownership.was_created_here(current))
    wanted = ownership.without_ignored(obj, current, how.manager, ignored)
    named = objects.with_metadata(wanted, name=objects.name(live))
    return apply(api, named, replace(how, force=force))


def relinquish(api: Api, live: Object, manager: str) -> None:
    """Give up every field that the manager holds: fields that nobody else holds vanish. An object that is gone is fine."""
    bare = {
        "apiVersion": live["apiVersion"],
        "kind": live["kind"],
        "metadata": {key: value for key, value in live["metadata"].items() if key in ("name", "namespace")},
    }
    try:
        apply(api, bare, Apply(manager))
    except ApiError as error:
        if not error.not_found:
            raise


def delete(api: Api, live: Object, name: str, propagation: str) -> bool:
    """Ask for the object's deletion; False when it is gone already."""
    kind = objects.kind(live)
    try:
        path = f"{api.collection(kind, objects.namespace(live))}/{quote(name, safe='')}"
        api.request("DELETE", path, None, {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation})
    except ApiError as error:
        if error.not_found:
            return False
        raise
    return True


def propagation(inputs: Mapping[str, Any]) -> str:
    """Give the deletion's propagation policy: Foreground, unless the annotation says Background or Orphan."""
    asked = objects.annotations_of(inputs).get(objects.DELETION_PROPAGATION, "").lower()
    return {"orphan": "Orphan", "background": "Background"}.get(asked, "Foreground")


def _take_over(api: Api, kind: Kind, live: Object, manager: str) -> Object:
    fields = ownership.taken_over(live, manager)
    if fields is None:
        return live
    patch = [{"op": "replace", "path": "/metadata/managedFields", "value": fields}]
    answer: Object = api.request("PATCH", _path(api, kind, live), None, patch, JSON_PATCH)
    return answer


def _path(api: Api, kind: Kind, live: Object) -> str:
    return f"{api.collection(kind, objects.namespace(live))}/{quote(objects.name(live), safe='')}"


def _dry(preview: bool) -> dict[str, str]:  # noqa: FBT001 - private, and the name says all
    return {"dryRun": "All"} if preview else {}


def _text(value: bool) -> str:  # noqa: FBT001 - private, and the type says all
    return "true" if value else "false"
