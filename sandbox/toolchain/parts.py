"""The table of parts: which program, from which pinned Go module, why, and how long it takes to build."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sandbox.toolchain.errors import ToolchainError

MODULES = Path(__file__).resolve().parent / "modules"
"""One Go tools module per family: its `go.mod` and `go.sum` pin every line of code that is built, beside what of ours lies in it."""

_KUBERNETES = "v1.36.3"
_COMPONENT = "k8s.io/component-base/version"
_KUBERNETES_FLAGS = f"-s -w -X {_COMPONENT}.gitVersion={_KUBERNETES} -X {_COMPONENT}.gitMajor=1 -X {_COMPONENT}.gitMinor=36"


@dataclass(frozen=True, slots=True)
class Part:
    """One program.

    Attributes:
        name: the file's name in `.tools/bin`, and the program's name on PATH.
        package: the Go main package; one of `transom.dev` is ours, and lies in the module's folder.
        version: the pinned version of its module, for people; the truth is the module's `go.mod`.
        module: the folder with `go.mod` and `go.sum`.
        ldflags: linker flags; they carry versions that a program would otherwise not know.
        minutes: to build with empty caches on two cores.
        why: what it is needed for, in a few words.
        version_command: arguments that make the program print its version.
        oldest: the oldest version on PATH that is used instead of building; empty where only the pinned build will do.
        on_demand: whether it is built only when it is asked for by name, since few repositories need it.
        measured: whether it is only measured against: not even --all builds it, make bench does by name.
    """

    name: str
    package: str
    version: str
    module: Path
    ldflags: str
    minutes: float
    why: str
    version_command: tuple[str, ...] = ("--version",)
    oldest: tuple[int, ...] = ()
    on_demand: bool = False
    measured: bool = False


_HELM = "v3.22.0"
_ROLLOUTS = "v1.8.3"
_SEALED_SECRETS = "v0.30.0"
_ACTIONLINT = "v1.7.12"
_FLUX = "v1.7.3"
_KUSTOMIZE = "v5.8.2"
_KUSTOMIZE_FLAGS = f"-s -w -X sigs.k8s.io/kustomize/api/provenance.version={_KUSTOMIZE}"

# In the order of need: what the demo can show first comes first.
PARTS: tuple[Part, ...] = (
    Part(
        name="kustomize",
        package="sigs.k8s.io/kustomize/kustomize/v5",
        version=_KUSTOMIZE,
        module=MODULES / "kustomize",
        ldflags=_KUSTOMIZE_FLAGS,
        minutes=0.7,
        why="renders overlays",
        version_command=("version",),
        oldest=(5, 3),
    ),
    Part(
        name="kustomize-batch",
        package="transom.dev/tools/kustomize-batch",
        version=_KUSTOMIZE,
        module=MODULES / "kustomize-batch",
        ldflags=_KUSTOMIZE_FLAGS,
        minutes=0.1,
        why="renders many overlays in one process",
        version_command=("version",),
    ),
    Part(
        name="transom-templates",
        package="transom.dev/tools/templates",
        version="1",
        module=MODULES / "templates",
        ldflags="-s -w",
        minutes=0.2,
        why="fills in the Go templates of ApplicationSets",
        version_command=("version",),
    ),
    Part(
        name="etcd",
        package="go.etcd.io/etcd/server/v3",
        version="v3.6.8",
        module=MODULES / "etcd",
        ldflags="-s -w",
        minutes=1.2,
        why="holds the sandbox clusters' objects",
    ),
    Part(
        name="kube-apiserver",
        package="k8s.io/kubernetes/cmd/kube-apiserver",
        version=_KUBERNETES,
        module=MODULES / "kubernetes",
        ldflags=_KUBERNETES_FLAGS,
        minutes=5,
        why="is the sandbox clusters' API",
    ),
    Part(
        name="kube-controller-manager",
        package="k8s.io/kubernetes/cmd/kube-controller-manager",
        version=_KUBERNETES,
        module=MODULES / "kubernetes",
        ldflags=_KUBERNETES_FLAGS,
        minutes=2,
        why="makes pods of Deployments and collects garbage",
    ),
    Part(
        name="kube-scheduler",
        package="k8s.io/kubernetes/cmd/kube-scheduler",
        version=_KUBERNETES,
        module=MODULES / "kubernetes",
        ldflags=_KUBERNETES_FLAGS,
        minutes=0.5,
        why="puts pods on nodes",
    ),
    Part(
        name="kwok",
        package="sigs.k8s.io/kwok/cmd/kwok",
        version="v0.7.0",
        module=MODULES / "kwok",
        ldflags="-s -w",
        minutes=1.8,
        why="simulates nodes and the pods on them",
    ),
    Part(
        name="pulumi",
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        version="v3.255.0",
        module=MODULES / "pulumi",
        # Without its version the CLI prints none and the Automation API refuses it.
        ldflags="-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.255.0",
        minutes=6.3,
        why="is the engine",
        version_command=("version",),
        # The first whose exit codes tell a locked or missing stack from a failure.
        oldest=(3, 227),
    ),
    Part(
        name="kubectl",
        package="k8s.io/kubernetes/cmd/kubectl",
        version=_KUBERNETES,
        module=MODULES / "kubernetes",
        ldflags=_KUBERNETES_FLAGS,
        minutes=0.8,
        why="lets you look into the clusters",
        version_command=("version", "--client"),
        oldest=(1, 28),
    ),
    Part(
        name="helm",
        package="helm.sh/helm/v3/cmd/helm",
        version=_HELM,
        module=MODULES / "helm",
        ldflags=f"-s -w -X helm.sh/helm/v3/internal/version.version={_HELM}",
        minutes=2,
        why="renders charts",
        version_command=("version", "--short"),
        # The first that tells each mistake of values at its own path.
        oldest=(3, 18),
        on_demand=True,
    ),
    Part(
        name="rollouts-controller",
        package="github.com/argoproj/argo-rollouts/cmd/rollouts-controller",
        version=_ROLLOUTS,
        module=MODULES / "argo-rollouts",
        ldflags=f"-s -w -X github.com/argoproj/argo-rollouts/utils/version.version={_ROLLOUTS.removeprefix('v')}",
        minutes=4,
        why="moves the sandbox's Rollouts through their steps",
        on_demand=True,
    ),
    Part(
        name="sealed-secrets-controller",
        package="github.com/bitnami-labs/sealed-secrets/cmd/controller",
        version=_SEALED_SECRETS,
        module=MODULES / "sealed-secrets",
        ldflags=f"-s -w -X main.VERSION={_SEALED_SECRETS}",
        minutes=1.5,
        why="opens the sandbox's SealedSecrets",
        on_demand=True,
    ),
    Part(
        name="kubeseal",
        package="github.com/bitnami-labs/sealed-secrets/cmd/kubeseal",
        version=_SEALED_SECRETS,
        module=MODULES / "sealed-secrets",
        ldflags=f"-s -w -X main.VERSION={_SEALED_SECRETS}",
        minutes=0.5,
        why="is what transom seal is held against",
        on_demand=True,
    ),
    Part(
        name="actionlint",
        package="github.com/rhysd/actionlint/cmd/actionlint",
        version=_ACTIONLINT,
        module=MODULES / "actionlint",
        ldflags=f"-s -w -X github.com/rhysd/actionlint.version={_ACTIONLINT.removeprefix('v')}",
        minutes=0.3,
        why="checks the workflows of examples/workflows",
        version_command=("-version",),
        on_demand=True,
    ),
    Part(
        name="kustomize-controller",
        package="github.com/fluxcd/kustomize-controller",
        version=_FLUX,
        module=MODULES / "kustomize-controller",
        ldflags="-s -w",
        minutes=5,
        why="is measured against, by make bench only",
        version_command=("--help",),
        on_demand=True,
        measured=True,
    ),
)


def by_name(names: tuple[str, ...] | list[str]) -> tuple[Part, ...]:
    """The parts of these names in the order they are built; for no name all but those on demand. An unknown name is an error."""
    if not names:
        return tuple(part for part in PARTS if not part.on_demand)
    unknown = sorted(set(names) - {part.name for part in PARTS})
    if unknown:
        raise ToolchainError(f"no such part: {', '.join(unknown)}", f"parts are {', '.join(part.name for part in PARTS)}")
    return tuple(part for part in PARTS if part.name in names)
