"""Secrets that another store keeps: what an application asks of it, and how an environment delivers them.

Fields of `secrets:` and their meaning are those of an ExternalSecret (https://external-secrets.io/latest/api/externalsecret/).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from transom.specs.base import Spec, first_twice
from transom.specs.rollout import ObjectName
from transom.specs.scalars import Bool, Duration

SecretKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,253}$")]
"""A key of a Secret (Kubernetes: Secret, data)."""


class StoreReference(Spec):
    """A store of the External Secrets Operator."""

    name: ObjectName
    """Its name."""
    kind: Literal["SecretStore", "ClusterSecretStore"] = "ClusterSecretStore"
    """One of the whole cluster, or of the application's namespace."""


class SecretsSpec(Spec):
    """How secrets reach the namespaces of an environment."""

    delivery: Literal["secret", "externalSecret"] = "secret"
    """What carries the passwords that Transom generates: a Secret that it writes, or an ExternalSecret that reads Secrets Manager."""
    store: StoreReference | None = None
    """Where ExternalSecrets read that name no store; a SecretStore of AWS Secrets Manager in the application's namespace when left out."""
    service_account: ObjectName | None = None
    """Whose identity the generated SecretStore has, by IRSA; that of the operator itself when left out."""
    refresh_interval: Duration = Duration("1h")
    """How often they are read anew, where nothing else is said."""

    @model_validator(mode="after")
    def _the_account_is_of_the_generated_store(self) -> SecretsSpec:
        if self.store and self.service_account:
            raise ValueError(f"serviceAccount means nothing to store {self.store.name}, which has its own; remove one of the two")
        return self


class RemoteReference(Spec):
    """A value of the store."""

    key: str = Field(min_length=1)
    """Name of the secret there, e.g. `shop/payments`."""
    property: str | None = Field(default=None, min_length=1)
    """A key of its JSON, with dots for what lies deeper; all of its text when left out."""
    version: str | None = Field(default=None, min_length=1)
    """A version of it; the newest when left out."""
    decoding_strategy: Literal["Auto", "Base64", "Base64URL", "None"] = "None"
    """How the value is decoded."""


class DataSpec(Spec):
    """One key of the Secret."""

    secret_key: SecretKey
    """The key."""
    remote_ref: RemoteReference
    """Where its value is."""


class DataFromSpec(Spec):
    """Several keys at once."""

    extract: RemoteReference
    """A secret of the store whose JSON becomes one key for each of its own."""


class TargetSpec(Spec):
    """The Secret that is written."""

    name: ObjectName | None = None
    """Its name; that of the item when left out."""
    creation_policy: Literal["Owner", "Orphan", "Merge"] = "Owner"
    """Whether it belongs to the ExternalSecret and goes with it, stays behind, or is another's whose keys are added to."""
    deletion_policy: Literal["Retain", "Delete", "Merge"] = "Retain"
    """What happens when the secret is gone from the store."""


class SecretSpec(Spec):
    """A Secret of the application's namespace whose values the store keeps."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["data"]}, {"required": ["dataFrom"]}]})

    name: ObjectName
    """Name of the ExternalSecret, and of the Secret where `target` names none."""
    target: TargetSpec = TargetSpec()
    """The Secret that is written."""
    refresh_interval: Duration | None = None
    """How often it is read anew; the environment's when left out."""
    store: StoreReference | None = None
    """Where it is read; the environment's when left out."""
    data: tuple[DataSpec, ...] = ()
    """Its keys one by one."""
    data_from: tuple[DataFromSpec, ...] = ()
    """Its keys several at once."""
    env: Bool = False
    """Whether each container gets its keys as environment variables."""

    @model_validator(mode="after")
    def _holds_something(self) -> SecretSpec:
        if not self.data and not self.data_from:
            raise ValueError(f"secret {self.name} has no key; write data or dataFrom")
        if key := first_twice(one.secret_key for one in self.data):
            raise ValueError(f"data has secretKey {key} twice; remove one of the two")
        return self

    @property
    def target_name(self) -> str:
        """Name of the Secret."""
        return self.target.name or self.name
