"""Which namespaces are whose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estates:
    """The tenants of an environment and where each may put objects.

    Attributes:
        owned: the namespaces of each tenant.
        unconfined: tenants that may go wherever no other tenant is, and may hold cluster-wide objects.
    """

    owned: Mapping[str, set[str]]
    unconfined: frozenset[str] = frozenset()

    def admit(self, tenant: str, namespace: str) -> bool:
        """Whether a tenant's objects may lie in a namespace. A tenant that is not declared is told elsewhere: it may."""
        if tenant not in self.owned or namespace in self.owned[tenant]:
            return True
        return tenant in self.unconfined and self.holder(namespace) is None

    def holder(self, namespace: str) -> str | None:
        """The tenant that owns a namespace."""
        return next((tenant for tenant, owned in self.owned.items() if namespace in owned), None)
