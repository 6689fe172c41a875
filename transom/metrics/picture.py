"""The measures as a picture: one SVG, a row per subject, with a bar per day. Made by hand, for a drawing library is larger than this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from html import escape

from transom.metrics.measure import DEFINITIONS, SOURCE, Measures
from transom.metrics.words import WORDS, span

_WIDTH, _LEFT, _ROW, _TOP = 1080, 24, 118, 64
_BARS, _HEIGHT = 470, 52
_GOOD, _BAD, _INK, _PALE = "#2f6f4f", "#b3392f", "#1f2328", "#656d76"
_HATCH = (
    f'<defs><pattern id="failed" width="4" height="4" patternUnits="userSpaceOnUse"><rect width="4" height="4" fill="{_BAD}"/>'
    '<path d="M0 4 4 0" stroke="#fff" stroke-width="1"/></pattern></defs>'
)


def svg(found: Iterable[Measures]) -> str:
    """The picture; readable in black and white too, for each bar's failures stand on top of it, hatched."""
    told = tuple(found)
    height = _TOP + _ROW * max(1, len(told)) + 20 * len(DEFINITIONS) + 44
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="Delivery metrics" font-family="system-ui, sans-serif" font-size="13" fill="{_INK}">'
    )
    parts = [
        head,
        _HATCH,
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        _text(_LEFT, 32, "Delivery", size=20, weight=600),
        *([_text(_LEFT + 124, 32, f"{told[0].since:%Y-%m-%d} to {told[0].until:%Y-%m-%d}", fill=_PALE)] if told else ()),
    ]
    for index, one in enumerate(told):
        parts += _row(one, _TOP + index * _ROW)
    at = _TOP + _ROW * max(1, len(told)) + 18
    if not told:
        parts.append(_text(_LEFT, _TOP + 20, "no deployment in this time", fill=_PALE))
    for index, (name, definition) in enumerate(DEFINITIONS.items()):
        parts.append(_text(_LEFT, at + 18 * index, f"{name}: {definition}", size=11, fill=_PALE))
    parts.append(_text(_LEFT, at + 18 * len(DEFINITIONS), f"after {SOURCE}", size=11, fill=_PALE))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _row(one: Measures, top: int) -> Iterator[str]:
    name = f"{one.subject.environment} / {one.subject.application}" if one.subject.application else one.subject.environment
    yield f'<path d="M{_LEFT} {top}H{_WIDTH - _LEFT}" stroke="#d1d9e0"/>'
    yield _text(_LEFT, top + 26, name, size=15, weight=600)
    failed = f", {one.failures} failed or taken back" if one.failures else ""
    yield _text(_LEFT, top + 46, f"{one.deployments} deployment{'s' * (one.deployments != 1)}{failed}", fill=_PALE)
    for index, (word, value) in enumerate(zip(WORDS, span(one), strict=True)):
        x = _LEFT + 140 * index
        yield _text(x, top + 78, value, size=17, weight=600)
        yield _text(x, top + 96, word, size=11, fill=_PALE)
    yield from _bars(one, _WIDTH - _LEFT - _BARS + 40, top + 24)


def _bars(one: Measures, left: float, top: float) -> Iterator[str]:
    """A bar per day, of the whole time looked at, so that rows can be compared; days beyond a quarter are joined."""
    first, last = one.since.date(), one.until.date()
    days = (last - first).days + 1
    per = max(1, -(-days // 92))
    columns = -(-days // per)
    sums = [[0, 0] for _ in range(columns)]
    for day, good, bad in one.by_day:
        place = (date.fromisoformat(day) - first).days // per
        sums[place][0] += good
        sums[place][1] += bad
    most = max((good + bad for good, bad in sums), default=0) or 1
    width = (_BARS - 40) / columns
    yield f'<path d="M{left:.1f} {top + _HEIGHT + 0.5}H{left + _BARS - 40:.1f}" stroke="#d1d9e0"/>'
    for place, (good, bad) in enumerate(sums):
        x, bar = left + place * width, max(1.0, width - 1.5)
        tall, short = _HEIGHT * good / most, _HEIGHT * bad / most
        title = f"{first + timedelta(days=place * per)}: {good} succeeded, {bad} failed or taken back"
        if good:
            yield _bar((x, top + _HEIGHT - tall, bar, tall), _GOOD, title)
        if bad:
            yield _bar((x, top + _HEIGHT - tall - short, bar, short), "url(#failed)", title)
    yield _text(left, top + _HEIGHT + 16, str(first), size=11, fill=_PALE)
    yield _text(left + _BARS - 40, top + _HEIGHT + 16, str(last), size=11, fill=_PALE, anchor="end")
    yield _text(
        left + _BARS - 40, top - 4, f"at most {most} {'a day' if per == 1 else f'in {per} days'}", size=11, fill=_PALE, anchor="end"
    )


def _bar(box: tuple[float, float, float, float], fill: str, title: str) -> str:
    x, y, width, height = box
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {place} fill="{fill}"><title>{escape(title)}</title></rect>'


def _text(x: float, y: float, text: str, *, size: int = 13, weight: int = 400, fill: str = _INK, anchor: str = "start") -> str:  # noqa: PLR0913 - an element's attributes
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}"'
    return f'<text {place} fill="{fill}" text-anchor="{anchor}">{escape(text)}</text>'
