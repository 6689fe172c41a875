"""The table of kinds: every kind that may stand in a repository, by name. A new kind is one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from transom.specs.application import Application
from transom.specs.applicationset import ApplicationSet
from transom.specs.base import Document
from transom.specs.cluster import Cluster
from transom.specs.environment import Environment
from transom.specs.resources import Bucket, Database, Queue
from transom.specs.tenant import Tenant

KINDS: Mapping[str, type[Document]] = MappingProxyType(
    {
        "Environment": Environment,
        "Cluster": Cluster,
        "Tenant": Tenant,
        "Application": Application,
        "ApplicationSet": ApplicationSet,
        "Database": Database,
        "Bucket": Bucket,
        "Queue": Queue,
    }
)

RESOURCE_KINDS = ("Database", "Bucket", "Queue")
"""Kinds that become cloud resources and can be bound to an application."""
