"""How a binding's password reaches its namespace: in a Secret that Transom writes, or read from Secrets Manager by an ExternalSecret."""

from __future__ import annotations

from dataclasses import replace

import pulumi

from components.application import Binding
from components.cache import Cache
from components.database import Database
from transom.catalog import deliveries, rollouts
from transom.catalog.model import Catalog, Entry
from transom.specs.application import Application

_PLACEHOLDER = "{{ .password }}"
"""Where the operator puts the password (External Secrets: templating v2)."""


def binding(catalog: Catalog, entry: Entry[Application], written: Binding, bound: pulumi.ComponentResource) -> Binding:
    """`written`, or the same by an ExternalSecret where the environment asks for one and Secrets Manager has the password."""
    how = catalog.environment.document.spec.secrets
    if how is None or how.delivery != "externalSecret" or not isinstance(bound, Database | Cache):
        return written
    if isinstance(bound, Database):
        password, remote = bound.password, {"key": bound.secret_arn, "property": "password"}
    else:
        password, remote = bound.token, {"key": bound.secret_arn}
    template = {name: _without(value, password) for name, value in written.variables.items()}
    store = deliveries.reference(entry.name, how)
    target = {
        "name": written.name,
        "creationPolicy": "Owner",
        "deletionPolicy": "Retain",
        "template": {"engineVersion": "v2", "mergePolicy": "Replace", "data": template},
    }
    data = [{"secretKey": "password", "remoteRef": remote}]
    return replace(written, carrier=deliveries.external(written.name, store, rollouts.as_go(how.refresh_interval), target, data=data))


def of_application(entry: Entry[Application]) -> list[Binding]:
    """Secrets of the application's own that its containers get as environment variables."""
    return [Binding(one.target_name, {}, secret=True, carrier={}) for one in entry.document.spec.secrets if one.env]


def _without(value: pulumi.Input[str], password: pulumi.Output[str]) -> pulumi.Output[str]:
    """A variable with the place of the password in it instead of the password: then it is no secret any more."""
    found = pulumi.Output.all(value, password).apply(lambda both: str(both[0]).replace(both[1], _PLACEHOLDER) if both[1] else str(both[0]))
    return pulumi.Output.unsecret(found)
