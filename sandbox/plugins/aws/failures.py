"""What AWS answers when it refuses, as the real provider tells it: operation, status, code and message, never a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.plugins.aws.entry import Entry
from sandbox.plugins.serving import PluginError
from sandbox.plugins.values import Secret, reveal

_SHORT = 4  # a secret shorter than this many characters would blank out ordinary words


def code(error: Exception) -> str:
    """Give the AWS error code of an exception, empty when it is none of AWS's."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def is_gone(error: Exception, entry: Entry) -> bool:
    """Tell whether the error means that the resource does not exist."""
    return code(error) in entry.gone


def told(error: Exception, doing: str, private: Mapping[str, Any]) -> PluginError | None:
    """Give the error to show for one of botocore's, or None for any other exception.

    Args:
        error: what was raised.
        doing: `creating S3 Bucket (logs)`.
        private: the properties in play: what is secret in them is blanked out of AWS's message.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
        answer = error.response.get("Error", {})
        message = _blanked(str(answer.get("Message", "")), private)
        return PluginError(
            f"{doing}: operation error {error.operation_name}, https response error StatusCode: {status}, {answer.get('Code')}: {message}"
        )
    if isinstance(error, BotoCoreError):
        # These messages hold addresses and parameter names; a rejected parameter's value may be in them too.
        return PluginError(f"{doing}: {type(error).__name__}: {_blanked(str(error), private)}")
    return None


def _blanked(message: str, private: Mapping[str, Any]) -> str:
    for word in sorted(set(_secrets(private)), key=len, reverse=True):
        message = message.replace(word, "[secret]")
    return message


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, Secret):
        yield from _texts(reveal(value.value))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _secrets(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= _SHORT:
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
