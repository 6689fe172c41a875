"""Takes secrets out of text before it leaves the process."""

from __future__ import annotations

import re

_CREDENTIALS_IN_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s:@]+(:[^/\s@]*)?@")


def redact(text: str) -> str:
    """`text` with credentials in URLs replaced by `***`."""
    return _CREDENTIALS_IN_URL.sub(r"\g<scheme>***@", text)
