"""Verbs without an engine, on projects on disk: what they print and how they end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import golden, repository
from tests.repository import BASIC, CHECKOUT, ENVIRONMENT, TENANT
from transom.cli import main
from transom.specs.kinds import KINDS

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `transom` in a project of these files; gives exit code, output and errors."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("PATH", f"{Path(repository.kustomize()).parent}:/usr/bin:/bin")
    monkeypatch.delenv("TRANSOM_REVISIONS", raising=False)

    def command(*words: str, **files: str) -> tuple[int, str, str]:
        whole = {f"platform/{name}": text for name, text in BASIC.items()} | {"environments/dev.yaml": ENVIRONMENT}
        whole |= {name.replace("__", "/") + ".yaml": text for name, text in files.items()}
        for name, text in whole.items():
            file = project / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        code = main.run(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


WRONG = TENANT.replace("]}", "], podSecurty: baseline}")


def test_validate(run: Run) -> None:
    """A valid repository ends with 0 and says how much was checked."""
    assert run("validate") == (0, "dev: 3 documents and 1 Kubernetes objects are valid\n", "")


def test_validate_tells_every_mistake(run: Run) -> None:
    """Mistakes end with 3: each on a line of its own that an editor can follow, the count on standard error."""
    code, out, err = run("validate", platform__tenants__wrong=WRONG.replace("team-a", "x").replace("[shop, site]", "[y]"))
    assert (code, err) == (3, "1 mistake\n")
    assert out == "platform/tenants/wrong.yaml:4:25: spec.podSecurty is not a field; did you mean podSecurity?\n"


def test_validate_as_json(run: Run) -> None:
    """Programs get the same, with place, reason and hint apart."""
    code, out, _ = run("validate", "-o", "json", **{"platform__tenants__team-a": WRONG})
    assert code == 3
    (problem,) = json.loads(out)["problems"]
    assert problem == {
        "path": "platform/tenants/team-a.yaml", "line": 4, "column": 34, "severity": "error", "reason": "UnknownField",
        "message": "spec.podSecurty is not a field", "hint": "did you mean podSecurity?",
    }  # fmt: skip
    assert json.loads(run("validate", "--output=json", **{"platform__tenants__team-a": TENANT})[1]) == {
        "environments": ["dev"],
        "problems": [],
    }


def test_one_mistake_in_three_environments_is_told_once(run: Run) -> None:
    """What all environments share is wrong once."""
    more = {f"environments__{name}": ENVIRONMENT.replace("name: dev", f"name: {name}") for name in ("staging", "production")}
    _, out, err = run("validate", **more, **{"platform__tenants__team-a": WRONG})
    assert (out.count("\n"), err) == (1, "1 mistake\n")


@pytest.mark.parametrize("verb", ["validate", "render", "get"])
def test_an_unknown_environment(run: Run, verb: str) -> None:
    """A misspelt environment ends with 1 and the near one."""
    code, out, err = run(verb, "dve")
    assert (code, out) == (1, "")
    assert err == 'error: there is no environment "dve"; did you mean dev?\n'


def test_errors_as_json(run: Run) -> None:
    """A verb that was asked for JSON tells its error so too, however the option is spelt."""
    for words in (("render", "dve", "-o", "json"), ("render", "dve", "--output=json"), ("render", "dve", "-ojson")):
        code, out, _ = run(*words)
        assert code == 1
        assert json.loads(out)["error"]["reason"] == "UnknownEnvironment"


def test_no_environment_at_all(run: Run, tmp_path: Path) -> None:
    """An empty project says which file to write."""
    run("schema", "Queue")
    shutil.rmtree(tmp_path / "project" / "environments")
    assert main.run(["validate"]) == 1


def test_render(run: Run) -> None:
    """Documents and objects come as YAML, each with the place it was written, objects with their namespace."""
    code, out, _ = run("render", "dev")
    assert code == 0
    golden.check("cli/render.yaml", out)
    assert [one["kind"] for one in yaml.safe_load_all(out)] == ["Cluster", "Tenant", "Application", "ConfigMap"]


def test_render_one_application(run: Run) -> None:
    """One application comes alone; a misspelt one is told with the near one."""
    _, out, _ = run("render", "dev", "--app", "shop", "-o", "json")
    found: list[dict[str, Any]] = json.loads(out)
    assert [(one["kind"], one["metadata"].get("namespace")) for one in found] == [("Application", None), ("ConfigMap", "shop")]
    code, out, err = run("render", "dev", "--app", "shpo")
    assert (code, out) == (1, "")
    assert err == "Error: environment dev has no application shpo; did you mean shop?\n"


def test_render_refuses_mistakes(run: Run) -> None:
    """Nothing is rendered of a repository with mistakes; they are told as validate tells them."""
    code, out, err = run("render", "dev", **{"platform__tenants__team-a": WRONG})
    assert (code, out) == (3, "")
    assert "did you mean podSecurity?" in err


def test_schema(run: Run, tmp_path: Path) -> None:
    """One schema, all of them, or files for an editor."""
    assert json.loads(run("schema", "Queue")[1])["title"] == "Queue"
    assert set(json.loads(run("schema")[1])) == set(KINDS)
    assert run("schema", "--write", "out")[0] == 0
    assert {file.stem for file in (tmp_path / "project" / "out").glob("*.json")} == set(KINDS)
    assert {file.stem for file in (tmp_path / "project" / "out" / "patches").iterdir()} == set(KINDS)
    code, _, err = run("schema", "Queu")
    assert code == 1
    assert "Queue" in err


def test_help(run: Run) -> None:
    """Help names every verb with one line, and each verb can be loaded and explains itself."""
    code, out, _ = run("--help")
    assert code == 0
    for verb, line in main.VERBS.items():
        assert verb in out
        assert line.split()[0] in out
        code, out_of_verb, _ = run(verb, "--help")
        assert (code, "Usage: transom" in out_of_verb) == (0, True)


def test_an_unknown_verb(run: Run) -> None:
    """A misspelt verb ends with 1 and the near one."""
    code, _, err = run("validat")
    assert code == 1
    assert "validate" in err


_IMPORTS = """
import sys
from transom.cli.main import run
code = run(sys.argv[1:])
heavy = {"pulumi", "pulumi_aws", "pulumi_kubernetes", "boto3", "botocore", "git", "rich", "grpc"}
heavy = sorted(heavy & sys.modules.keys())
print(code, heavy, file=sys.stderr)
"""


@pytest.mark.parametrize("words", [("--help",), ("validate", "dev"), ("schema", "Queue"), ("render", "dev")])
def test_light_verbs_load_little(words: tuple[str, ...]) -> None:
    """What needs neither engine nor cloud does not pay for loading them."""
    done = subprocess.run([sys.executable, "-c", _IMPORTS, *words], cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=120)
    assert done.stderr.strip().splitlines()[-1] == "0 []"


def test_promote_of_an_environment_and_an_application_is_that_of_its_rollout(run: Run) -> None:
    """Without --from and --to it says what `transom rollout promote` says; what belongs to the other form is refused with it."""
    assert run("promote", "dev", "nothere") == run("rollout", "promote", "dev", "nothere")
    code, _, errors = run("promote", "dev", "nothere", "--full")
    assert code == 1
    assert "environment dev has no application nothere" in errors
    for words in (("--branch", "b"), ("--from", "dev"), ("-o", "json"), ("--to", "dev", "--full")):
        code, _, errors = run("promote", "dev", "nothere", *words)
        assert code == 1
        assert "transom promote ENVIRONMENT APPLICATION [--full]" in errors.replace("\n", " ")
