"""What goes wrong while tools are built or looked for. No branch of Transom's own tree: only the standard library may be imported."""

from __future__ import annotations


class ToolchainError(Exception):
    """A tool cannot be had; `hint` says what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message}; {hint}" if hint else message)
