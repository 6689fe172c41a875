"""A review of what lies in a checkout in a folder of the project, with places as they are in that checkout's own commit. Pure."""

from __future__ import annotations

from typing import Any

from transom.review.pullrequest import PullRequestReview


def rooted(review: PullRequestReview, folders: tuple[str, ...]) -> PullRequestReview:
    """The review with places below one of the folders, e.g. `change`, told from there on, so that links lead into its commit."""
    prefixes = tuple(f"{folder}/" for folder in folders)
    return PullRequestReview.model_validate(_walked(review.model_dump(mode="json"), prefixes)) if prefixes else review


def _walked(found: Any, prefixes: tuple[str, ...]) -> Any:
    if isinstance(found, list):
        return [_walked(one, prefixes) for one in found]
    if not isinstance(found, dict):
        return found
    places = {"location", "path"} if "line" in found or "location" in found else set()
    return {key: _short(value, prefixes) if key in places else _walked(value, prefixes) for key, value in found.items()}


def _short(place: Any, prefixes: tuple[str, ...]) -> Any:
    if isinstance(place, str):
        for prefix in prefixes:
            if place.startswith(prefix):
                return place.removeprefix(prefix)
    return place
