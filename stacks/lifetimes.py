"""What becomes of a document's resources when they would be deleted, as the engine's options."""

from __future__ import annotations

from datetime import date
from typing import Any

import pulumi

from transom.specs.owned import Guarded, Managed


def options(spec: Any, today: date) -> pulumi.ResourceOptions:
    """Protection and retention of a component; its parts have them of it.

    What is left behind (`management: Orphan`) is not protected: the engine refuses to forget what it protects, and forgetting is all that
    is asked for. A replacement of what holds data is refused by the guards all the same.
    """
    orphan = isinstance(spec, Managed) and spec.management == "Orphan"
    protect = not orphan and spec.protected(today) if isinstance(spec, Guarded) else None
    return pulumi.ResourceOptions(protect=protect, retain_on_delete=orphan or None)
