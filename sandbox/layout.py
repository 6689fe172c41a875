"""Where a sandbox keeps its things: one folder, nothing outside of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
"""The folder Transom was cloned into."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one sandbox. `root` is absolute."""

    root: Path

    @classmethod
    def of(cls, root: Path | None = None) -> Layout:
        """The sandbox in `root`; else where `TRANSOM_SANDBOX` says; else `.sandbox` in the checkout."""
        chosen = root or Path(os.environ.get("TRANSOM_SANDBOX") or CHECKOUT / ".sandbox")
        return cls(root=Path(os.path.abspath(chosen)))  # noqa: PTH100 - resolve() would follow a link and lose the name the user knows

    @property
    def state(self) -> Path:
        """Ports, clusters and processes."""
        return self.root / "state.json"

    @property
    def lock(self) -> Path:
        """Held while a sandbox is being changed."""
        return self.root / "lock"

    @property
    def keys(self) -> Path:
        """Certificates and private keys; readable by the owner only."""
        return self.root / "keys"

    @property
    def etcd(self) -> Path:
        """Etcd's data."""
        return self.root / "etcd"

    @property
    def kubeconfig(self) -> Path:
        """The user's kubeconfig: one context for each cluster."""
        return self.root / "kubeconfig"

    @property
    def control_planes(self) -> Path:
        """Which API server stands behind an EKS cluster, by the cluster's name."""
        return self.root / "control-planes.json"

    @property
    def programs(self) -> Path:
        """What the environment puts first on PATH."""
        return self.root / "bin"

    @property
    def pulumi(self) -> Path:
        """The project folder from which stacks are created, and the file all stacks of the sandbox share."""
        return self.root / "pulumi"

    @property
    def stack_file(self) -> Path:
        """Stands in for `stacks/Pulumi.<stack>.yaml`: holds the salt that belongs to the sandbox's passphrase."""
        return self.pulumi / "stack.yaml"

    @property
    def passphrase(self) -> Path:
        """The generated passphrase of the state's secrets; readable by the owner only."""
        return self.pulumi / "passphrase"

    @property
    def backend(self) -> Path:
        """The state of the stacks."""
        return self.pulumi / "state"

    @property
    def home(self) -> Path:
        """PULUMI_HOME: plugins, workspaces and logs of the engine."""
        return self.pulumi / "home"

    def log(self, process: str) -> Path:
        """The output of one process."""
        return self.root / "logs" / f"{process}.log"

    def cluster(self, name: str) -> Path:
        """The kubeconfigs of one cluster's own components."""
        return self.root / "clusters" / name
