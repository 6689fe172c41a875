"""Markdown of GitHub and GitLab around words that anybody may have written: none of them becomes markup, a mention or a link.

Words from documents stand in code spans, in fences or in `<code>`, where neither host resolves mentions, references or emoji
(https://github.github.com/gfm: code spans, fenced code blocks). Pure.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from urllib.parse import quote

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
"""Control characters, and those that hide or turn the text around them (https://trojansource.codes)."""
_TICKS = re.compile("`+")
_SPACES = re.compile(r"\s+")


def visible(text: str) -> str:
    r"""The text with what cannot be seen written out, e.g. a right-to-left override as `\u202e`."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\r\n", "\n").replace("\r", "\n"))


def code(text: str) -> str:
    """A code span of one line."""
    plain = _SPACES.sub(" ", visible(text)).strip()
    if not plain:
        return ""
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(plain)), default=0))
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{ticks}{pad}{plain}{pad}{ticks}"


def cell(text: str) -> str:
    """A code span in a table, where a bar would end the cell even there (GFM, tables, example 200)."""
    return code(text).replace("|", "\\|")


def link(text: str, address: str) -> str:
    """A code span that leads to `address`; the span alone where there is none."""
    return f"[{code(text)}]({address})" if address else code(text)


def summary(text: str) -> str:
    """A code span where HTML is written, e.g. in a `<summary>`."""
    return f"<code>{html.escape(_SPACES.sub(' ', visible(text)).strip())}</code>"


def fence(lines: Iterable[str], language: str = "") -> str:
    """A block of code that none of its lines can end."""
    body = "\n".join(visible(line) for line in lines)
    longest = max((len(run) for run in _TICKS.findall(body)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{body}\n{ticks}"


def path(text: str) -> str:
    """A path as a part of an address."""
    return quote(text, safe="/")
