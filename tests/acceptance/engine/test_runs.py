"""The real engine, run by run."""

from __future__ import annotations

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from transom.changes import ChangeSet, Operation
from transom.engine import Progress, Request, Step
from transom.errors import BadPassphrase, InvalidDocuments, PluginMissing, SourceError, StackNotFound, ToolMissing

SHOP = "Database/shop"
SECRET = "hunter2-and-more"


def operations(whole: ChangeSet) -> dict[str, Operation]:
    """Operation by name."""
    return {change.name: change.operation for change in whole.changes}


def test_life_of_a_stack(ground, engine):
    """Created, planned, applied, unchanged, changed in every way, destroyed, removed: each told as it is, and live is what was said."""
    request = ground.declare(
        "dev",
        {SHOP: [{"name": "a", "size": 1, "token": SECRET}, {"name": "b"}, {"name": "c"}]},
        outputs={"commit": "abc", "secretKey": SECRET},
    )
    assert not engine.exists(request)
    with pytest.raises(StackNotFound):
        engine.plan(request)
    engine.create(request)
    engine.create(request)
    assert engine.exists(request)

    planned = engine.plan(request)
    assert operations(planned) == dict.fromkeys("abc", Operation.CREATE)
    assert not list((ground.folder / "things").glob("*.json"))

    heard: list[Progress] = []
    made = engine.apply(request, heard.append)
    assert made.succeeded
    assert operations(made) == operations(planned)
    assert {change.document for change in made.changes} == {SHOP}
    assert {(progress.step, progress.name) for progress in heard} >= {
        (step, name) for step in (Step.STARTED, Step.FINISHED) for name in "abc"
    }
    assert ground.thing("a") == {"name": "a", "size": 1, "token": SECRET}

    assert engine.plan(request).empty
    assert engine.plan(request).unchanged == 3
    assert engine.drift(request).empty
    assert engine.outputs(request) == {"commit": "abc", "secretKey": "[secret]"}
    assert SECRET not in json.dumps(engine.export(request))

    ground.declare("dev", {SHOP: [{"name": "a", "size": 2, "token": "another"}, {"name": "b2", "options": {"urn": "b"}}, {"name": "d"}]})
    changed = engine.apply(request)
    assert operations(changed) == {"a": Operation.UPDATE, "b": Operation.REPLACE, "c": Operation.DELETE, "d": Operation.CREATE}
    assert SECRET not in changed.model_dump_json()

    gone = engine.destroy(request)
    assert operations(gone) == dict.fromkeys("abd", Operation.DELETE)
    assert not list((ground.folder / "things").glob("*.json"))
    engine.remove(request)
    assert not engine.exists(request)


def test_failures_stay_with_their_resource(ground, engine):
    """One refused creation: its message is on it, the rest of its run is told, the next run repairs."""
    request = ground.declare("dev", {SHOP: [{"name": "a"}, {"name": "b"}, {"name": "c", "options": {"depends": ["b"]}}]})
    engine.create(request)
    ground.refuse("b", f"quota exceeded, password={SECRET}")
    made = engine.apply(request)
    assert not made.succeeded
    (failed,) = made.failures
    assert (failed.name, failed.messages) == ("b", ("quota exceeded, password=***",))
    assert made.error == ""
    ground.refuse("b", None)
    again = engine.apply(request)
    assert again.succeeded
    assert operations(again) == dict.fromkeys("bc", Operation.CREATE)


def test_protected(ground, engine):
    """What is protected is not destroyed, and the plan says so before; without it the rest goes."""
    request = ground.declare("dev", {SHOP: [{"name": "db", "options": {"protect": True}}, {"name": "a"}]})
    engine.create(request)
    engine.apply(request)
    ground.declare("dev", {SHOP: [{"name": "a"}]})
    (refused,) = engine.plan(request).failures
    assert (refused.name, refused.operation, refused.protected) == ("db", Operation.DELETE, True)
    assert not engine.destroy(request).succeeded
    ground.declare("dev", {SHOP: [{"name": "db", "options": {"protect": True}}, {"name": "a"}]})
    engine.apply(request)
    assert operations(engine.destroy(Request(stack="dev", environment="dev", exclude_protected=True))) == {"a": Operation.DELETE}
    assert ground.thing("db")


def test_targets(ground, engine):
    """A run limited to a URN touches nothing else."""
    request = ground.declare("dev", {SHOP: [{"name": "a", "size": 1}, {"name": "b", "size": 1}]})
    engine.create(request)
    engine.apply(request)
    ground.declare("dev", {SHOP: [{"name": "a", "size": 2}, {"name": "b", "size": 2}]})
    urn = next(change.urn for change in engine.plan(request).changes if change.name == "a")
    made = engine.apply(Request(stack="dev", environment="dev", targets=(urn,)))
    assert operations(made) == {"a": Operation.UPDATE}
    assert ground.thing("b")["size"] == 1


def test_program_says_no(ground, engine):
    """An error of the program comes out as what it was: invalid documents with every problem and exit 3, others with their kind."""
    request = ground.declare("dev", {}, **{"raise": [["a.yaml", 14, 9, "no such class"], ["b.yaml", 1, 1, "no such tenant"]]})
    engine.create(request)
    for run in (engine.plan, engine.apply):
        with pytest.raises(InvalidDocuments) as raised:
            run(request)
        assert [str(problem) for problem in raised.value.problems] == ["a.yaml:14:9: no such class", "b.yaml:1:1: no such tenant"]
        assert raised.value.exit_code == 3
    ground.declare("dev", {}, **{"raise": "no such branch"})
    with pytest.raises(SourceError, match="no such branch"):
        engine.plan(request)


def test_program_crashes(ground, engine):
    """A defect in the program ends the run as failed, with its words; nothing is raised and nothing is lost."""
    request = ground.declare("dev", {})
    engine.create(request)
    (ground.folder / "declared" / "dev.json").write_text('{"components": {"X/y": [{}]}}')
    whole = engine.plan(request)
    assert not whole.succeeded
    assert "KeyError" in whole.error


def test_who_runs_the_program(ground, engine, monkeypatch, capfd):
    """Forked or started by the language host, the program is the same: what it declares, gives, prints and fails with."""
    request = ground.declare(
        "dev", {SHOP: [{"name": "a", "token": SECRET}, {"name": "b"}]}, outputs={"commit": "abc"}, print=["hello", "there"]
    )
    monkeypatch.setenv("TRANSOM_PROGRAM", "host")
    hosted = ground.engine()
    engine.create(request)
    monkeypatch.delenv("TRANSOM_PROGRAM")
    plans = [one.plan(request) for one in (engine, hosted)]
    assert plans[0].model_copy(update={"duration": 0.0}) == plans[1].model_copy(update={"duration": 0.0})
    assert [one.message for one in plans[0].diagnostics] == ["hello there"]
    assert engine.apply(request).succeeded
    assert hosted.plan(request).empty
    assert engine.outputs(request) == {"commit": "abc"}
    ground.declare("dev", {SHOP: [{"name": "a", "token": SECRET}, {"name": "b"}]}, root=True)
    assert engine.plan(request).succeeded, "the program knows the project's folder"
    ground.declare("dev", {"X/y": [{}]})
    told = [one.plan(request).error for one in (engine, hosted)]
    assert all(text.count("KeyError: 'name'") == 1 for text in told), told
    assert capfd.readouterr() == ("", "")


def test_many_programs_at_once(ground, engine):
    """Each run sees the environment of its own, however many there are at once, and nothing is left of them."""
    requests = []
    for name in ("one", "two", "three"):
        (ground.folder / f"declared-{name}").mkdir()
        ground.declare(name, {SHOP: [{"name": name}]})
        shutil.move(ground.folder / "declared" / f"{name}.json", ground.folder / f"declared-{name}")
        requests.append(Request(stack=name, environment=name, create=True, env={"DECLARED": str(ground.folder / f"declared-{name}")}))
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(engine.apply, requests))
    assert [operations(one) for one in made] == [{name: Operation.CREATE} for name in ("one", "two", "three")]
    server = next(one for one in psutil.Process().children() if "transom.engine.forkserver" in one.cmdline())
    deadline = time.monotonic() + 30
    while server.children():
        assert time.monotonic() < deadline, "a run's program is still there"
        time.sleep(0.1)


def test_what_is_missing(ground, monkeypatch):
    """A missing passphrase, a wrong one, a missing plugin and a missing engine are errors of their own, with what to do."""
    path = ground.own_path()
    monkeypatch.setenv("PATH", path)
    engine = ground.engine(PATH=path)
    request = ground.declare("dev", {SHOP: [{"name": "a", "token": SECRET}]})
    engine.create(request)
    engine.apply(request)
    for wrong in ("", "not it"):
        with pytest.raises(BadPassphrase) as raised:
            ground.engine(PATH=path, PULUMI_CONFIG_PASSPHRASE=wrong).apply(request)
        assert "PULUMI_CONFIG_PASSPHRASE" in raised.value.hint
    provider = ground.folder / "bin" / "pulumi-resource-test"
    aside = provider.rename(provider.with_name("aside"))
    with pytest.raises(PluginMissing, match="test"):
        ground.engine(PATH=path, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="true").plan(request)
    # One part is missing at a time: of two, the engine names whichever it looked for first.
    aside.rename(provider)
    (ground.folder / "bin" / "pulumi-language-python").unlink()
    assert engine.plan(request).succeeded, "a program that is forked needs no language host"
    monkeypatch.setenv("TRANSOM_PROGRAM", "host")
    with pytest.raises(PluginMissing, match="python"):
        ground.engine(PATH=path).plan(request)


def test_no_engine(ground, engine, monkeypatch):
    """Where there is no pulumi, the error says how to get one."""
    monkeypatch.setenv("PATH", str(ground.folder))
    with pytest.raises(ToolMissing, match="pulumi"):
        engine.exists(Request(stack="dev", environment="dev"))


def test_no_salt_is_written_into_the_checkout(ground, monkeypatch, tmp_path_factory):
    """With a configuration file given, a stack is created without a trace in the project's folder, and works."""
    folder = tmp_path_factory.mktemp("config")
    (folder / "Pulumi.yaml").write_text("name: double\nruntime: python\n")
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(folder / "stack.yaml"))
    engine = ground.engine()
    engine.env.pop("PULUMI_OPTION_CONFIG_FILE")
    request = ground.declare("dev", {SHOP: [{"name": "a", "token": SECRET}]})
    engine.create(request)
    (folder / "Pulumi.dev.yaml").rename(folder / "stack.yaml")
    assert engine.apply(request).succeeded
    assert [path.name for path in sorted((ground.folder / "project").iterdir())] == ["Pulumi.yaml", "__main__.py"]
