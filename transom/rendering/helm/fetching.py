"""Charts from repositories and registries: fetched once by `helm pull`, kept by address, name, version and digest.

The log-in for registries is Helm's own (`helm registry login`); nothing of it is written or shown here.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from transom.errors import Problem, SourceUnreachable
from transom.redaction import redact
from transom.rendering import programs
from transom.rendering.helm import charts
from transom.rendering.helm.charts import Chart
from transom.rendering.helm.release import Release

_TIMEOUT = 120
"""Seconds for one chart."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MISSING = re.compile(
    r"not found in|no chart (version|name) found|improper constraint|: not found|404|manifest unknown|name unknown", re.IGNORECASE
)
_REFUSED = re.compile(r"40[13]|[Uu]nauthorized|[Dd]enied|[Ff]orbidden")


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches with `helm`, keeps in `folder`; without a folder every chart is fetched each time."""

    helm: str
    folder: Path | None

    def chart(self, release: Release) -> tuple[Chart | None, list[Problem]]:
        """The chart of a release that names a repository, or what is wrong.

        Raises:
            ToolMissing: there is no Helm.
            SourceUnreachable: the repository did not answer.
        """
        spec = release.spec
        name = hashlib.sha256("\0".join((spec.repository or "", spec.chart, spec.version or "", spec.digest or "")).encode()).hexdigest()
        kept = self.folder / f"{name}.tgz" if self.folder else None
        if kept is not None and kept.is_file() and (chart := _opened(kept)) and not _differs(release, chart):
            return chart, []
        with tempfile.TemporaryDirectory(prefix="transom-chart-") as folder:
            said = self._pull(release, Path(folder))
            archives = list(Path(folder).glob("*.tgz"))
            if said or len(archives) != 1:
                return None, [_refused(release, said or "it gave no archive")]
            chart = _opened(archives[0])
            if chart is None:
                return None, [release.wrong(("chart",), "ChartFailed", f"what {spec.repository} gives is no chart", "ask whoever keeps it")]
            if wrong := _differs(release, chart):
                return None, [wrong]
            return _moved(chart, self.folder, name), []

    def _pull(self, release: Release, folder: Path) -> str:
        """Empty when the archive is in `folder`, else what Helm says."""
        spec = release.spec
        address = spec.repository or ""
        words = ["--destination", str(folder), "--version", spec.version or ""]
        if address.startswith("oci://"):
            words = [f"{address.rstrip('/')}/{spec.chart}", *words]
            words += ["--plain-http"] if urlsplit(address).hostname in _LOOPBACK else []
        else:
            words = [spec.chart, "--repo", address, *words]
        with tempfile.TemporaryDirectory(prefix="transom-helm-") as home:
            try:
                done = subprocess.run(
                    [self.helm, "pull", *words],
                    capture_output=True,
                    text=True,
                    timeout=_TIMEOUT,
                    check=False,
                    env=environment(Path(home), registries=True),
                )
            except FileNotFoundError:
                raise programs.missing("helm") from None
            except subprocess.TimeoutExpired:
                raise _silent(release, f"did not end within {_TIMEOUT} seconds") from None
        if done.returncode == 0:
            return ""
        said = redact(" ".join(done.stderr.removeprefix("Error: ").split()))
        if not _MISSING.search(said) and not _REFUSED.search(said):
            raise _silent(release, said)
        return said


def environment(home: Path, *, registries: bool = False) -> dict[str, str]:
    """Variables for Helm: nothing of the user's configuration, plugins and clusters, but the log-in for registries where it is needed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HELM_", "KUBE"))}
    folders = {f"HELM_{name}_HOME": str(home / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
    own = {"HELM_PLUGINS": str(home / "plugins"), "KUBECONFIG": os.devnull}
    if registries:
        usual = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "helm" / "registry" / "config.json"
        own["HELM_REGISTRY_CONFIG"] = os.environ.get("HELM_REGISTRY_CONFIG", str(usual))
    return {**kept, **folders, **own}


def _opened(file: Path) -> Chart | None:
    try:
        return charts.in_archive(file, hashlib.sha256(file.read_bytes()).hexdigest())
    except (OSError, tarfile.TarError, EOFError):
        return None


def _moved(chart: Chart, folder: Path | None, name: str) -> Chart:
    """The chart at a place that outlives the one it was fetched to."""
    place = folder or Path(tempfile.gettempdir()) / f"transom-charts-{os.getuid()}"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = place / f"{name}.{os.getpid()}.half"
    draft.write_bytes(chart.path.read_bytes())
    with contextlib.suppress(FileNotFoundError):
        draft.replace(place / f"{name}.tgz")
    return Chart(place / f"{name}.tgz", chart.key, None, chart.texts)


def _differs(release: Release, chart: Chart) -> Problem | None:
    wanted = release.spec.digest
    if wanted is None or wanted == f"sha256:{chart.key}":
        return None
    message = f"{release.spec.chart} {release.spec.version} of {release.spec.repository} has digest sha256:{chart.key}"
    return release.wrong(("digest",), "ChartChanged", message, "look at what changed before you write another digest")


def _refused(release: Release, said: str) -> Problem:
    spec = release.spec
    if _REFUSED.search(said) and not re.search(r"not found", said):
        hint = "log in with helm registry login, and see that this chart may be read"
        return release.wrong(("repository",), "ChartMissing", f"{spec.repository} does not give {spec.chart}: {said}", hint)
    hint = "correct chart, version or repository"
    return release.wrong(("version",), "ChartMissing", f"{spec.repository} has no {spec.chart} {spec.version}", hint)


def _silent(release: Release, said: str) -> SourceUnreachable:
    subject = str(release.at("repository"))
    return SourceUnreachable(f"{release.spec.repository} did not answer: {said}", subject=subject, hint="try again; nothing was changed")
