"""Cuts a live object down to the part that its inputs speak of, so that the two can be compared."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any


def pruned(live: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Give those keys of the live object that the inputs have too, at every depth.

    Lists are compared by position and cut to the length of the inputs. A value whose type differs from the input's is kept whole.
    """
    return {key: _part(value, inputs[key]) for key, value in live.items() if key in inputs}


def _part(value: Any, given: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(given, Mapping):
        return pruned(value, given)
    if isinstance(value, list) and isinstance(given, list):
        return _pruned_list(value, given)
    return copy.deepcopy(value)


def _pruned_list(live: list[Any], inputs: list[Any]) -> list[Any]:
    if not live or not inputs:
        return []
    if _form(live[0]) != _form(inputs[0]):
        return copy.deepcopy(live)
    return [_part(value, given) for value, given in zip(live, inputs, strict=False)]


def _form(value: Any) -> type:
    # Whole and broken numbers are both numbers: JSON knows no more.
    if isinstance(value, Mapping):
        return dict
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)
