"""CloudTrail in moto: a trail of what is asked of the other services, and LookupEvents to ask it.

moto has trails and no events. Every request that the server answers is written down as its event: the operation by botocore's own model of
the service, who by the access key, what about by the parameters that name things. Source: the AWS CloudTrail API reference and user guide
(CloudTrail record contents). Unlike AWS it tells an event at once, and writes down calls on data, too.
"""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

_KEPT: Final = 20_000
_READS: Final = ("Get", "List", "Describe", "Head", "Lookup", "Search", "BatchGet", "Query", "Scan", "Select")
_SERVICES: Final = {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2"}
"""Names in signatures that are not botocore's."""
_NAMING: Final = re.compile(r"(?:Identifier|Name|Arn|ARN|Url|Id|Bucket|KeyId)$", re.IGNORECASE)
_CREDENTIAL: Final = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_FAILED: Final = 400


@dataclass(frozen=True, slots=True)
class Event:
    """One call."""

    service: str
    name: str
    key: str
    region: str
    agent: str
    parameters: Mapping[str, Any]
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def read_only(self) -> bool:
        """Whether it changes nothing."""
        return self.name.startswith(_READS)

    @property
    def resources(self) -> tuple[str, ...]:
        """What it is about: values of the parameters that name something, and of an address its last part."""
        named = [str(value) for key, value in self.parameters.items() if _NAMING.search(key) and isinstance(value, str)]
        return tuple(dict.fromkeys([*named, *(re.split(r"[/:]", value)[-1] for value in named)]))


_EVENTS: list[Event] = []


def mend() -> None:
    """Puts the trail before moto's services, and LookupEvents into its CloudTrail. Safe to call twice."""
    from moto.cloudtrail.responses import CloudTrailResponse
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication

    if hasattr(CloudTrailResponse, "lookup_events"):
        return
    CloudTrailResponse.lookup_events = _lookup_events
    DomainDispatcherApplication.__call__ = _watched(DomainDispatcherApplication.__call__)


def _watched(original: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def call(self: Any, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = _body(environ)

        def started(status: str, headers: Any, *more: Any) -> Any:
            if int(status.split(maxsplit=1)[0]) < _FAILED and (event := _event(environ, body)) is not None:
                _EVENTS.append(event)
                del _EVENTS[:-_KEPT]
            return start_response(status, headers, *more)

        return original(self, environ, started)

    return call


def _body(environ: dict[str, Any]) -> bytes:
    """What was sent, left to be read again; nothing of what is not JSON or a form, such as an object's content."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    kind = str(environ.get("CONTENT_TYPE") or "")
    if not length or not ("json" in kind or "form" in kind):
        return b""
    body: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _event(environ: Mapping[str, Any], body: bytes) -> Event | None:
    signed = _CREDENTIAL.search(str(environ.get("HTTP_AUTHORIZATION") or ""))
    if signed is None:
        return None
    found = _call(signed["service"], environ, body)
    if found is None:
        return None
    name, parameters = found
    return Event(signed["service"], name, signed["key"], signed["region"], str(environ.get("HTTP_USER_AGENT") or ""), parameters)


def _call(service: str, environ: Mapping[str, Any], body: bytes) -> tuple[str, Mapping[str, Any]] | None:
    """The operation and its parameters: by its target (JSON), its action (query), or its path (REST)."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rpartition(".")[2], _json(body)
    form = dict(parse_qsl(body.decode(errors="replace")))
    if action := form.pop("Action", ""):
        return action, form
    path, query = str(environ.get("PATH_INFO") or "/"), dict(parse_qsl(str(environ.get("QUERY_STRING") or ""), keep_blank_values=True))
    for method, pattern, wanted, name in _operations(_SERVICES.get(service, service)):
        if method == environ["REQUEST_METHOD"] and wanted <= query.keys() and (match := pattern.fullmatch(path)):
            return name, {**_json(body), **{key: unquote(value) for key, value in match.groupdict().items()}}
    return None


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@cache
def _operations(service: str) -> tuple[tuple[str, re.Pattern[str], frozenset[str], str], ...]:
    """Method, path, needed query words and name of each operation of a service, the most particular first."""
    import botocore.session
    from botocore.exceptions import UnknownServiceError

    try:
        model = botocore.session.get_session().get_service_model(service)
    except UnknownServiceError:
        return ()
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http.get("requestUri", "/").partition("?")
        words = frozenset(dict(parse_qsl(query, keep_blank_values=True)))
        pattern = re.sub(
            r"\\\{(\w+)(\\\+)?\\\}", lambda match: f"(?P<{match[1]}>{'.+' if match[2] else '[^/]+'})", re.escape(path.rstrip("/") or "/")
        )
        found.append((http.get("method", "POST"), re.compile(f"{pattern}/?"), words, name))
    return tuple(sorted(found, key=lambda one: (-len(one[2]), -len(one[1].pattern), one[3])))


def _lookup_events(self: Any) -> str:
    """LookupEvents: one attribute at most, newest first, 50 at a time."""
    asked = json.loads(self.body or "{}")
    attributes = asked.get("LookupAttributes") or []
    since, until = (_moment(asked.get(word)) for word in ("StartTime", "EndTime"))
    found = [
        event
        for event in reversed(_EVENTS)
        if event.region == self.region
        and all(_has(event, one["AttributeKey"], one["AttributeValue"]) for one in attributes)
        and (since is None or event.at >= since)
        and (until is None or event.at <= until)
    ]
    start = int(asked.get("NextToken") or 0)
    size = min(int(asked.get("MaxResults") or 50), 50)
    answer: dict[str, Any] = {"Events": [_told(event) for event in found[start : start + size]]}
    if start + size < len(found):
        answer["NextToken"] = str(start + size)
    return json.dumps(answer)


def _moment(value: Any) -> datetime | None:
    return datetime.fromtimestamp(float(value), UTC) if value is not None else None


def _has(event: Event, key: str, value: str) -> bool:
    if key == "ResourceName":
        return value in event.resources
    said = {
        "EventName": event.name,
        "Username": _user(event.key),
        "ReadOnly": str(event.read_only).lower(),
        "EventId": event.id,
        "EventSource": f"{event.service}.amazonaws.com",
        "AccessKeyId": event.key,
    }
    return said.get(key) == value


def _told(event: Event) -> dict[str, Any]:
    user = _user(event.key)
    record = {
        "eventVersion": "1.10",
        "userIdentity": {"type": "Root" if user == "root" else "IAMUser", "userName": user, "accessKeyId": event.key},
        "eventTime": event.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{event.service}.amazonaws.com",
        "eventName": event.name,
        "awsRegion": event.region,
        "userAgent": event.agent,
        "eventID": event.id,
        "readOnly": event.read_only,
    }
    return {
        "EventId": event.id,
        "EventName": event.name,
        "ReadOnly": str(event.read_only).lower(),
        "AccessKeyId": event.key,
        "EventTime": event.at.timestamp(),
        "EventSource": record["eventSource"],
        "Username": user,
        "Resources": [{"ResourceName": name} for name in event.resources],
        "CloudTrailEvent": json.dumps(record),
    }


def _user(key: str) -> str:
    """The IAM user of an access key; the account's root where moto knows of none."""
    from moto.iam.models import iam_backends

    for account in iam_backends.values():
        for backend in account.values():
            for user in backend.users.values():
                if any(one.access_key_id == key for one in user.access_keys):
                    return str(user.name)
    return "root"
