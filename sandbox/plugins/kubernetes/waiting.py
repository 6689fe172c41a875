"""Waits until a written object is ready or a deleted one is gone, until the time is up or the user cancels."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.plugins.kubernetes import objects, readiness
from sandbox.plugins.kubernetes.api import Api, ApiError, NoMatchError
from sandbox.plugins.kubernetes.objects import Kind, Object
from sandbox.plugins.kubernetes.readiness import Check, Situation, Verdict
from sandbox.plugins.serving import PluginError

_FIRST_POLL: Final = 0.05  # seconds; doubled up to the last
_LAST_POLL: Final = 1.0
_DELETION_SECONDS: Final = 600.0
_WAIT_FOR_SECONDS: Final = 600.0

# Only these heed skipAwait when they are deleted (allowsSkipAwaitWithDelete in provider/pkg/metadata/overrides.go).
_DELETED_UNAWAITED: Final = frozenset(
    {"v1/Namespace", "v1/Pod", "v1/ReplicationController", "apps/v1/DaemonSet", "apps/v1/Deployment", "apps/v1/StatefulSet", "batch/v1/Job"}
)
_JSON_PATH: Final = re.compile(r"jsonpath=\{(?P<path>(?:\.[A-Za-z0-9_-]+|\[\d+\])+)\}(?:=(?P<value>.*))?\Z", re.DOTALL)
_CONDITION: Final = re.compile(r"condition=(?P<kind>[^=]+)(?:=(?P<status>.+))?\Z")


class NotReadyError(PluginError):
    """The object exists but did not become what was asked; `live` is its last known state, `reasons` say why."""

    def __init__(self, message: str, live: Object, reasons: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.live = live
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Watch:
    """What every wait needs: the server, the user's cancel, and where to tell what is waited for."""

    api: Api
    cancelled: threading.Event
    tell: Callable[[str], None]


def until_ready(watch: Watch, inputs: Mapping[str, Any], written: Object, seconds: float) -> Object:
    """Give the object once it is ready; `seconds` of 0 means the annotation's or the kind's own.

    Raises:
        NotReadyError: time is up, the user cancelled, or it failed for good.
        ValueError: the waitFor annotation is none that is understood here.
    """
    if objects.annotated(inputs, objects.SKIP_AWAIT):
        return written
    check, limit = _check(inputs, written)
    if check is None:
        return written
    limit = timeout(inputs, seconds) or limit
    live, verdict, poll, end = written, Verdict(ready=False), _FIRST_POLL, time.monotonic() + limit
    while True:
        verdict = check(Situation(live, _lookup(watch.api, live)))
        if verdict.ready:
            return live
        if verdict.failed:
            raise NotReadyError(f"Resource '{objects.name(live)}' was created but failed to initialize", live, verdict.reasons)
        if verdict.reasons:
            watch.tell(verdict.reasons[0])
        if time.monotonic() + poll > end:
            raise NotReadyError(f"'{objects.name(live)}' timed out waiting to be Ready", live, verdict.reasons)
        if watch.cancelled.wait(poll):
            raise NotReadyError(f'Resource operation was cancelled for "{objects.name(live)}"', live, verdict.reasons)
        poll = min(poll * 2, _LAST_POLL)
        live = watch.api.get(objects.kind(live), objects.namespace(live), objects.name(live))


def check_now(api: Api, inputs: Mapping[str, Any], live: Object) -> None:
    """Raise NotReadyError where a refresh finds an object of an awaited kind that is not ready; skipAwait silences it."""
    found = readiness.rule(objects.kind(live))
    if found is None or not found.on_read or objects.annotated(inputs, objects.SKIP_AWAIT):
        return
    verdict = found.check(Situation(live, _lookup(api, live)))
    if not verdict.ready:
        raise NotReadyError(f"Resource '{objects.name(live)}' was created but failed to initialize", live, verdict.reasons)


def until_gone(watch: Watch, inputs: Mapping[str, Any], deleted: Object, name: str, seconds: float) -> None:
    """Return once the object is gone.

    Raises NotReadyError with the object's last state when time is up or the user cancelled; the message names what holds it.
    """
    kind, namespace = objects.kind(deleted), objects.namespace(deleted)
    if objects.annotated(inputs, objects.SKIP_AWAIT) and str(kind) in _DELETED_UNAWAITED:
        return
    uid, live, poll = objects.text(deleted, "metadata", "uid"), deleted, _FIRST_POLL
    end = time.monotonic() + (timeout(inputs, seconds) or _DELETION_SECONDS)
    while True:
        try:
            live = watch.api.get(kind, namespace, name)
        except NoMatchError:
            return
        except ApiError as error:
            if error.not_found:
                return
            raise
        if uid and objects.text(live, "metadata", "uid") != uid:
            return  # somebody made a new one of the same name
        if time.monotonic() + poll > end:
            raise NotReadyError(f"timed out waiting for the condition: {_holding(live)}", live)
        if watch.cancelled.wait(poll):
            raise NotReadyError(f'Resource operation was cancelled for "{name}"', live)
        watch.tell(_holding(live))
        poll = min(poll * 2, _LAST_POLL)


def timeout(inputs: Mapping[str, Any], seconds: float) -> float:
    """Give the custom timeout in seconds, else that of the annotation, else 0."""
    asked = objects.annotations_of(inputs).get(objects.TIMEOUT_SECONDS, "")
    return seconds or (float(asked) if asked.isdecimal() else 0.0)


def _check(inputs: Mapping[str, Any], written: Object) -> tuple[Check | None, float]:
    wait_for = objects.annotations_of(inputs).get(objects.WAIT_FOR)
    if wait_for:
        return _custom(wait_for), _WAIT_FOR_SECONDS
    found = readiness.rule(objects.kind(written))
    return (found.check, found.seconds) if found else (None, 0.0)


def _custom(annotation: str) -> Check:
    """Give the check of a waitFor annotation: one expression, or a JSON list of them, all of which must hold."""
    try:
        decoded = json.loads(annotation)
    except ValueError:
        decoded = annotation
    expressions = decoded if isinstance(decoded, list) else [annotation]
    if not expressions:
        raise ValueError("at least one condition must be specified")
    holds = [_expression(str(each)) for each in expressions]

    def check(of: Situation) -> Verdict:
        missing = tuple(f"Waiting for {each}" for each, test in zip(expressions, holds, strict=True) if not test(of.live))
        return Verdict(ready=not missing, reasons=missing)

    return check


def _expression(text: str) -> Callable[[Object], bool]:
    wanted = _CONDITION.match(text)
    if wanted:
        return lambda live: readiness.condition(live, wanted["kind"]).lower() == (wanted["status"] or "true").lower()
    path = _JSON_PATH.match(text)
    if path:
        return lambda live: _holds(live, path["path"], path["value"])
    if text.startswith("jsonpath="):
        raise ValueError(
            f"the stand-in understands only plain paths in {objects.WAIT_FOR}, such as jsonpath={{.status.phase}}=Running, not {text!r}"
        )
    raise ValueError(f'expected a "jsonpath=" or "condition=" prefix, got {json.dumps(text)}')


def _holds(live: Object, path: str, value: str | None) -> bool:
    found: Any = live
    for key, index in re.findall(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]", path):
        if key:
            found = found.get(key) if isinstance(found, Mapping) else None
        else:
            found = found[int(index)] if isinstance(found, list) and int(index) < len(found) else None
    if value is None:
        return found is not None
    shown = json.dumps(found) if isinstance(found, (bool, int, float)) else found
    return bool(shown == value)


def _holding(live: Object) -> str:
    holders = objects.nested(live, "metadata", "finalizers") or []
    return f"{objects.identity(live)} still exists" + (
        f"; finalizers might be preventing deletion ({', '.join(holders)})" if holders else ""
    )


def _lookup(api: Api, live: Object) -> readiness.Lookup:
    def lookup(kind: Kind, name: str) -> list[Object]:
        if not name:
            return api.list(kind, objects.namespace(live))
        try:
            return [api.get(kind, objects.namespace(live), name)]
        except ApiError as error:
            if error.not_found or error.forbidden:
                return []  # a tenant's account sees no storage classes
            raise

    return lookup
