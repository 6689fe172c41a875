"""Adoption: a resource that was there before its document is taken into the state, and not made a second time.

The engine does both in one run: it imports what lives, and updates it where it differs from the program.
"""

from __future__ import annotations

import pulumi


def options(parent: pulumi.Resource, imported: str | None) -> pulumi.ResourceOptions:
    """Options of a part of `parent`; `imported` is its id, as its provider imports it, where it is there already."""
    return pulumi.ResourceOptions(parent=parent, import_=imported)
