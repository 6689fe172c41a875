"""The comment on a pull request: whole comments as golden files, and what holds for every comment."""

# ruff: noqa: E501 - the table has one scenario per entry

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests import golden
from transom.changes import COMPUTED, SECRET_AFTER, SECRET_BEFORE, Change, ChangeSet, Diagnostic, DiffKind, Operation, PropertyChange
from transom.review import comment
from transom.review.comment import Frame, marker
from transom.review.comment import comment as written
from transom.review.parts import Links
from transom.review.pullrequest import EnvironmentReview, Mistake, PullRequestReview, Refused

LINKS = Links("https://git.example.com/team/platform/blob/4f2c91d0a1b2c3d4e5f60718293a4b5c6d7e8f90")
FRAME = Frame(marker("platform"), LINKS)
URN = "urn:pulumi:{stack}::transom::{type}::{name}"


def change(operation: Operation, type_: str, name: str, document: str = "", *properties: PropertyChange, **more: object) -> Change:
    """A change of one resource, with the line of its document where it has one."""
    place = f"applications/{document.rpartition('/')[2]}/base/{document.partition('/')[0].lower()}.yaml:3:7" if document else ""
    given_ = {"location": place, "application": document.rpartition("/")[2] if document else "", **more}
    urn = URN.format(stack="dev", type=type_, name=name)
    return Change(urn=urn, type=type_, name=name, operation=operation, document=document, properties=properties, **given_)  # type: ignore[arg-type]


def update(path: str, before: object, after: object, *, forces: bool = False) -> PropertyChange:
    """One property that is changed."""
    return PropertyChange(path=path, kind=DiffKind.UPDATE, before=before, after=after, forces_replacement=forces)


def plan(environment: str, *changes: Change, **more: object) -> ChangeSet:
    """A plan of one stack named like its environment."""
    given_ = {"unchanged": 40, **more}
    return ChangeSet(purpose="plan", environment=environment, stack=environment, changes=changes, **given_)  # type: ignore[arg-type]


def of(*environments: EnvironmentReview, **more: object) -> PullRequestReview:
    """A review of these environments against a base."""
    given_ = {"base": "1b2c3d4e5f60718293a4b5c6d7e8f9004f2c91d0", "head": "4f2c91d0a1b2c3d4e5f60718293a4b5c6d7e8f90", **more}
    return PullRequestReview(environments=environments, **given_)  # type: ignore[arg-type]


WEB = change(Operation.UPDATE, "kubernetes:apps/v1:Deployment", "dev/shop/web", "Application/shop", update("spec.replicas", 2, 3))
GROWN = change(
    Operation.UPDATE, "aws:rds/instance:Instance", "shop", "Database/shop", update("allocatedStorage", 20, 50),
    update("instanceClass", "db.t4g.micro", "db.t4g.small"), protected=True,
)  # fmt: skip
MADE = change(Operation.CREATE, "aws:sqs/queue:Queue", "orders", "Queue/orders")
GONE = change(Operation.DELETE, "kubernetes:core/v1:Service", "dev/shop/web", "Application/shop")
REPLACED = change(
    Operation.REPLACE, "aws:rds/instance:Instance", "shop", "Database/shop", update("dbName", "shop", "shop2", forces=True), protected=True
)
PASSWORD = change(
    Operation.UPDATE, "aws:secretsmanager/secretVersion:SecretVersion", "shop", "Database/shop",
    update("secretString", SECRET_BEFORE, SECRET_AFTER), update("arn", "arn:aws:x", COMPUTED),
)  # fmt: skip
SETTINGS = change(
    Operation.UPDATE, "kubernetes:core/v1:ConfigMap", "dev/shop/settings", "Application/shop",
    update("data.app\\.ini", "[a]\nb = 1\nc = 2\n", "[a]\nb = 1\nc = 3\n"), PropertyChange(path="data.new", kind=DiffKind.ADD, after="x"),
    PropertyChange(path="data.old", kind=DiffKind.DELETE, before="y"),
)  # fmt: skip
FAILED = change(
    Operation.UPDATE, "kubernetes:apps/v1:Deployment", "dev/shop/web", "Application/shop", failed=True,
    messages=('Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1\nmust be greater than or equal to 0',),
)  # fmt: skip
EVIL = "`</details>` **@team** #1 <img src=x onerror=alert(1)> [x](javascript:x) ~~~ ```diff | \u202egnp.exe ![i](http://x)"
CEILING = Refused(
    rule="DeletionCeiling", message="12 of 64 resources would be deleted, and at most 10 may be: Tenant/team-a 12",
    hint="to allow it, write into environments/dev.yaml under spec.guards.allow: - {rule: DeletionCeiling, count: 12, until: 2027-01-31, reason: …}",
    path="environments/dev.yaml", line=9, column=3,
)  # fmt: skip
MISTAKE = Mistake(
    path="applications/shop/base/database.yaml", line=9, column=9, reason="UnknownSize", environments=("dev",),
    message='size "huge" is not a class of environment "dev"', hint="it has small, medium, large",
)  # fmt: skip
PENDING = plan("dev", change(Operation.UPDATE, "kubernetes:apps/v1:Deployment", "dev/site/site", "Application/site"))
DRIFT = ChangeSet(purpose="drift", environment="dev", stack="dev", changes=(WEB,))


def env(name: str, *changes: Change, **more: object) -> EnvironmentReview:
    """One environment with these changes."""
    return EnvironmentReview(environment=name, change=(plan(name, *changes),), **more)  # type: ignore[arg-type]


SCENARIOS: dict[str, PullRequestReview] = {
    "nothing": of(env("dev")),
    "one-update": of(env("dev", WEB), untouched=("production", "staging")),
    "creates": of(env("dev", MADE, change(Operation.CREATE, "kubernetes:apps/v1:Deployment", "dev/shop/web", "Application/shop"))),
    "deletion": of(env("dev", GONE, WEB)),
    "replacement": of(env("dev", REPLACED)),
    "three-environments": of(env("dev", WEB, MADE), env("production", GROWN, WEB), env("staging", WEB)),
    "secrets": of(env("dev", PASSWORD)),
    "long-text": of(env("dev", SETTINGS)),
    "import-and-forget": of(
        env("dev", change(Operation.IMPORT, "aws:s3/bucket:Bucket", "pictures", "Bucket/pictures"), change(Operation.FORGET, "kubernetes:core/v1:ConfigMap", "dev/site/kept", "Application/site"))
    ),
    "stack-itself": of(env("dev", change(Operation.REPLACE, "pulumi:providers:kubernetes", "dev"))),
    "pending": of(env("dev", WEB, pending=(PENDING,))),
    "withdrawn": of(env("dev", WEB, withdrawn=(PENDING,))),
    "drift": of(env("dev", MADE, drift=(DRIFT,), looked_for_drift=True)),
    "no-drift": of(env("dev", MADE, looked_for_drift=True)),
    "guard": of(env("dev", GONE, refusals=(CEILING,))),
    "policy": of(env("dev", MADE, refusals=(Refused(rule="baseline/no-public-buckets", message="bucket pictures is public", hint="leave spec.public out"),))),
    "mistakes": of(mistakes=(MISTAKE, MISTAKE.model_copy(update={"severity": "warning", "line": 12, "reason": "DeprecatedField", "hint": ""}))),
    "many-mistakes": of(mistakes=tuple(MISTAKE.model_copy(update={"line": line}) for line in range(1, 45))),
    "one-environment-failed": of(env("dev", WEB), EnvironmentReview(environment="staging", error="staging: the backend did not answer; try again")),
    "plan-failed": of(
        EnvironmentReview(
            environment="dev",
            change=(plan("dev", FAILED, succeeded=False, diagnostics=(Diagnostic(severity="error", message="no such cluster", document="Cluster/dev", location="infrastructure/clusters/dev/cluster.yaml:8:5"),)),),
        )
    ),
    "hostile": of(
        env("dev", change(Operation.DELETE, EVIL, EVIL, "Application/shop", update(EVIL, EVIL, EVIL), messages=(EVIL,), location=f"{EVIL}:1:1"), refusals=(CEILING.model_copy(update={"message": EVIL, "hint": EVIL}),), notes=(EVIL,)),
        mistakes=(MISTAKE.model_copy(update={"path": EVIL, "message": EVIL, "hint": EVIL}),),
    ),
    "shards": of(
        EnvironmentReview(environment="dev", change=(plan("dev", WEB), plan("dev", MADE).model_copy(update={"stack": "dev.team-a"})), untouched=("dev.team-b",), notes=("the environment is new: all of it is the change's",))
    ),
    "without-base": of(env("dev", WEB), base="", head=""),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    """The whole comment, as the host gets it."""
    golden.check(f"comments/{name}.md", written(SCENARIOS[name], FRAME))


def _many(count: int) -> PullRequestReview:
    """A change of many resources in many applications, some of them lost."""
    kinds = (Operation.UPDATE, Operation.UPDATE, Operation.CREATE, Operation.UPDATE, Operation.DELETE)
    changes = [
        change(
            kinds[i % 5],
            "kubernetes:core/v1:ConfigMap",
            f"dev/n{i % 97}/c{i}",
            f"Application/a{i % 97}",
            update("data.k", "v" * 40, "w" * 40),
        )
        for i in range(count)
    ]
    return of(env("dev", *changes), env("production", *changes[: count // 2]))


def _whole(text: str) -> None:
    """Markup is nowhere cut: what opens is closed, in its order."""
    assert text.count("<details>") == text.count("</details>")
    fences = re.findall(r"^ *(`{3,})", text, re.MULTILINE)
    assert all(fences[i] == fences[i + 1] for i in range(0, len(fences), 2))
    assert len(fences) % 2 == 0


@pytest.mark.parametrize("limit", [comment.GITHUB_LIMIT, comment.GITLAB_LIMIT, 8_000, 2_000])
def test_a_limit_is_kept_by_leaving_out_whole_diffs(limit: int) -> None:
    """However many changes there are: the comment fits, nothing is cut in half, and what is left out is counted."""
    review = _many(5_000)
    text = written(review, Frame(FRAME.marker, LINKS, limit))
    assert len(text) <= limit
    _whole(text)
    said = re.search(r"Left out, because a comment has a limit: (?:(\d+) changes?)?(?:, )?(?:(\d+) diffs?)?\.", text)
    lines = len(re.findall(r"^- (?:update|create|delete) ", text, re.MULTILINE))
    assert lines + int((said and said[1]) or 0) == 7_500
    assert text.count("+ data.k") + int((said and said[2]) or 0) == lines


def test_what_is_lost_is_told_before_anything_else_is() -> None:
    """A deletion in the last environment is not left out for an update in the first."""
    text = written(
        of(
            env("a", *(change(Operation.UPDATE, "t", f"n{i}", "Application/x", update("p", "v" * 90, "w" * 90)) for i in range(500))),
            env("z", GONE),
        ),
        Frame("m", LINKS, 6_000),
    )
    assert "- delete `kubernetes:core/v1:Service` `dev/shop/web`" in text


@given(st.text(max_size=80), st.text(max_size=80), st.integers(1_500, 9_000))
def test_nothing_that_is_written_becomes_markup(name: str, value: str, limit: int) -> None:
    """Whatever stands in a document: no image, no link, no HTML and no text outside of code comes of it."""
    hostile = change(Operation.UPDATE, name, name, "Application/shop", update(value, name, value), messages=(value,), location="a.yaml:1:1")
    text = written(
        of(env("dev", hostile, notes=(name,)), mistakes=(MISTAKE.model_copy(update={"message": value, "hint": name}),)),
        Frame("m", Links(), limit),
    )
    assert len(text) <= limit
    _whole(text)
    allowed = re.compile(r"</?(?:details|summary|code|sub)>|<!--.*-->")
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        for inner in (token, *(token.children or ())):
            assert inner.type not in ("image", "link_open"), inner
            if inner.type in ("html_block", "html_inline"):
                assert "<" not in allowed.sub("", inner.content), inner.content


def test_the_hostile_scenario_shows_what_cannot_be_seen() -> None:
    """A right-to-left override is written out, and no mention is left outside of code."""
    text = written(SCENARIOS["hostile"], FRAME)
    assert "\u202e" not in text
    outside = re.sub(r"(?s)(`{3,}).*?\1|(`+)(?!`).+?(?<!`)\2(?!`)|<code>.*?</code>", "", text)
    assert "@team" not in outside
    assert "#1" not in outside.replace("#L1", "")


def test_a_marker_is_of_one_name() -> None:
    """Two comments of two names are told apart, and no name ends the hidden line."""
    assert marker("a") != marker("b")
    assert marker("x--> y").count("-->") == 1
