"""What runs pods: selectors, strategies, schedules, scaling and disruption."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from transom.apischema import metadata
from transom.apischema.findings import Finding, dotted, shown
from transom.apischema.parts import Part, Rules
from transom.apischema.rules import pods

_PERCENT = re.compile(r"[0-9]+%")
_METRICS: Mapping[str, str] = {
    "Resource": "resource", "Pods": "pods", "Object": "object", "External": "external", "ContainerResource": "containerResource",
}  # fmt: skip
_TARGETS: Mapping[str, str] = {"Utilization": "averageUtilization", "Value": "value", "AverageValue": "averageValue"}


def _templates(data: Part) -> Iterator[Finding]:
    """The pod templates of an object."""
    for template, setting in pods.templates(data):
        spec = template.part("spec")
        if spec:
            yield from pods.check(spec, setting)
        if setting.kind != "Pod":
            yield from metadata.of_template(template.part("metadata"))


def _set(data: Part) -> Iterator[Finding]:
    """A set of pods that a selector chooses."""
    spec = data.part("spec")
    yield from _selected(spec)
    yield from _rolling(spec.part("strategy"), "Recreate")
    if data.text("kind") == "DaemonSet":
        yield from _rolling(spec.part("updateStrategy"), "OnDelete")


def _budget(data: Part) -> Iterator[Finding]:
    spec = data.part("spec")
    yield from spec.at_most_one(("minAvailable", "maxUnavailable"), "bound")
    for name in ("minAvailable", "maxUnavailable"):
        yield from _share(spec, name)
    yield from metadata.selector(spec.part("selector"))


def _selected(spec: Part) -> Iterator[Finding]:
    selector, template = spec.part("selector"), spec.part("template", "metadata", "labels")
    if not isinstance(spec.get("selector"), dict):
        return
    wrong = list(metadata.selector(selector))
    yield from wrong
    if not selector.part("matchLabels") and not selector.list("matchExpressions"):
        yield spec.wrong("selector", "{} selects nothing", "write matchLabels with the labels of the template", reason="MissingField")
    elif not wrong and isinstance(spec.get("template"), dict) and not metadata.selects(selector, template.data):
        for key, value in selector.texts("matchLabels"):
            if template.get(key) != value:
                given = f"has {shown(template.get(key))}" if key in template.data else "does not have it"
                path = (*selector.path, "matchLabels", key)
                message = f"{dotted(path)} {shown(value)} does not select the template's pods: spec.template {given}"
                yield Finding(path, "SelectorMismatch", message, "write the same label in spec.template.metadata.labels")
                return
        yield spec.wrong(
            "selector", "{} does not select the template's pods", "let it fit spec.template.metadata.labels", reason="SelectorMismatch"
        )


def _rolling(strategy: Part, other: str) -> Iterator[Finding]:
    rolling = strategy.part("rollingUpdate")
    if strategy.text("type") == other and strategy.has("rollingUpdate"):
        yield strategy.wrong(
            "rollingUpdate", f"{{}} does not go with type {other}", "remove one of the two", reason="ConflictingFields", of_key=True
        )
        return
    for name in ("maxSurge", "maxUnavailable"):
        yield from _share(rolling, name)
    zero = (0, "0%")
    if rolling.get("maxSurge") in zero and rolling.get("maxUnavailable") in zero:
        yield rolling.wrong(
            "maxUnavailable",
            "{} and maxSurge are both 0, so that nothing could be replaced",
            "raise one of the two",
            reason="ConflictingFields",
        )


def _share(part: Part, name: str) -> Iterator[Finding]:
    """A number of pods, or a share of them."""
    value = part.get(name)
    if isinstance(value, str) and not _PERCENT.fullmatch(value):
        yield part.wrong(name, f"{{}} {shown(value)} is neither a number nor a share", "write e.g. 1 or 25%")
    else:
        yield from part.within(name, 0)


def _controller(data: Part) -> Iterator[Finding]:
    spec = data.part("spec")
    labels = spec.part("template", "metadata", "labels")
    for key, value in spec.texts("selector"):
        if labels.get(key) != value:
            message = f"{{}} {shown(value)} does not select the template's pods"
            hint = "write the same label in spec.template.metadata.labels"
            yield spec.part("selector").wrong(key, message, hint, reason="SelectorMismatch")


def _job(spec: Part) -> Iterator[Finding]:
    for rule in spec.part("podFailurePolicy").parts("rules"):
        yield from rule.one_of(("onExitCodes", "onPodConditions"), "condition")
    if spec.text("completionMode") == "Indexed" and not spec.has("completions"):
        yield spec.lacks("completions", "completionMode Indexed counts up to it")


def _cron_job(data: Part) -> Iterator[Finding]:
    spec = data.part("spec")
    schedule = spec.get("schedule")
    if isinstance(schedule, str) and (wrong := cron(schedule)):
        yield spec.wrong(
            "schedule",
            f"{{}} {shown(schedule)} is not valid: {wrong}",
            "write minute, hour, day, month and weekday, e.g. 30 4 * * *, or @daily",
        )
    zone = spec.text("timeZone")
    if zone and not _is_zone(zone):
        yield spec.wrong("timeZone", f"{{}} {shown(zone)} is no time zone", "write a name of the tz database, e.g. Europe/Berlin")
    yield from _job(spec.part("jobTemplate", "spec"))


@cache
def _is_zone(name: str) -> bool:
    """Whether the tz database has a zone of that name; a machine without the database cannot say no."""
    return name != "Local" and (_has_zone(name) or not _has_zone("Europe/Berlin"))


def _has_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True


def _autoscaler(data: Part) -> Iterator[Finding]:
    spec = data.part("spec")
    target = spec.part("scaleTargetRef")
    if isinstance(spec.get("scaleTargetRef"), dict) and "/" not in target.text("apiVersion") and target.text("kind"):
        yield target.wrong("apiVersion", "{} must name a group and a version", "e.g. apps/v1 for a Deployment", reason="MissingField")
    least, most = spec.whole("minReplicas"), spec.whole("maxReplicas")
    if least is not None and most is not None and 1 <= most < least:
        yield spec.wrong(
            "maxReplicas", f"{{}} {most} is less than minReplicas {least}", "write at least as many", reason="ConflictingFields"
        )
    if data.text("apiVersion") != "autoscaling/v2":
        return
    for metric in spec.parts("metrics"):
        kind = metric.text("type")
        field = _METRICS.get(kind)
        if field and not metric.has(field):
            yield metric.lacks(field, f"type {kind} says it there")
        target = metric.part(field or "", "target")
        value = _TARGETS.get(target.text("type"))
        if value and not target.has(value):
            yield target.lacks(value, f"type {target.text('type')} says it there")


# -- schedules ---------------------------------------------------------------------------------------------------------

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_CRON: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("weekday", 0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_EVERY = re.compile(r"(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+")
"""Go's durations."""
_WORDS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})


def cron(schedule: str) -> str | None:
    """What is wrong with a cron schedule as Kubernetes reads it (robfig/cron v3, five fields); None when nothing is.

    Written anew because Python's libraries read other dialects: they refuse `@every 5m` and days that never come, and take `L` and `#`.
    """
    if "TZ" in schedule:
        return "the time zone stands in timeZone"
    if schedule.startswith("@"):
        every = schedule.removeprefix("@every ")
        known = schedule in _WORDS or (every != schedule and _EVERY.fullmatch(every))
        return None if known else f"{schedule} is not known"
    fields = schedule.split()
    if len(fields) != len(_CRON):
        return f"it has {len(fields)} fields"
    for text, (name, least, most, words) in zip(fields, _CRON, strict=True):
        for part in text.split(","):
            if wrong := _cron_part(part, least, most, words):
                return f"{name} {wrong}"
    return None


def _two_digits(text: str) -> int | None:
    """The number that a text says; no field of a schedule has one of more digits, and 99 is none of any."""
    if not (text.isascii() and text.isdecimal()):
        return None
    return int(text[-2:]) if not text[:-2].strip("0") else 99


def _cron_part(part: str, least: int, most: int, words: Mapping[str, int]) -> str | None:
    given, slash, step = part.partition("/")
    if slash and not _two_digits(step):
        return f"{part} has no step"
    if given in ("*", "?"):
        return None
    low, hyphen, high = given.partition("-")
    numbers = [words.get(one.lower(), _two_digits(one)) for one in ((low, high) if hyphen else (low,))]
    if None in numbers:
        return f"{part} is no number"
    found = [number for number in numbers if number is not None]
    if min(found) < least or max(found) > most:
        return f"{part} is not between {least} and {most}"
    return f"{part} runs backwards" if hyphen and found[0] > found[1] else None


RULES: Rules = {
    ("", "Pod"): (_templates,),
    ("", "PodTemplate"): (_templates,),
    ("", "ReplicationController"): (_templates, _controller),
    ("apps", "Deployment"): (_templates, _set),
    ("apps", "ReplicaSet"): (_templates, _set),
    ("apps", "StatefulSet"): (_templates, _set),
    ("apps", "DaemonSet"): (_templates, _set),
    ("argoproj.io", "Rollout"): (_templates,),
    ("batch", "Job"): (_templates, lambda data: _job(data.part("spec"))),
    ("batch", "CronJob"): (_templates, _cron_job),
    ("autoscaling", "HorizontalPodAutoscaler"): (_autoscaler,),
    ("policy", "PodDisruptionBudget"): (_budget,),
}
