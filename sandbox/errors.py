"""What goes wrong with a sandbox, as branches of Transom's one error tree."""

from __future__ import annotations

from transom.errors import PermanentError


class SandboxError(PermanentError):
    """The local cloud cannot be started, or is not in the state that was asked of it."""

    default_reason = "SandboxFailed"
