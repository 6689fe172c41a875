"""Pod templates: containers, volumes, probes, resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from transom.apischema import formats, metadata
from transom.apischema.findings import Finding, dotted, near, shown
from transom.apischema.parts import Part

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_HOOKS = ("exec", "httpGet", "tcpSocket", "sleep")
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_LAST_PORT = 65535
_MUST = "requiredDuringSchedulingIgnoredDuringExecution"
_MAY = "preferredDuringSchedulingIgnoredDuringExecution"
_FIELDS = frozenset(
    {
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    }
)  # fmt: skip
"""What an environment variable may take of its pod, beside single labels and annotations."""
_SUBSCRIPTED = re.compile(r"metadata\.(labels|annotations)\['.+'\]")


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a pod template stands.

    Attributes:
        kind: of the object that embeds it, for messages.
        policies: restart policies that it may have; empty when any.
        claims: names of volumes that its owner makes for each pod.
    """

    kind: str
    policies: tuple[str, ...] = ()
    claims: frozenset[str] = frozenset()


def check(spec: Part, setting: Setting) -> Iterator[Finding]:
    """What is wrong with a pod's spec."""
    yield from _containers(spec, setting)
    yield from _volumes(spec)
    yield from _restarts(spec, setting)
    yield from _scheduling(spec)
    yield from _network(spec)
    if spec.list("ephemeralContainers") and setting.kind != "Pod":
        yield spec.wrong("ephemeralContainers", "{} are added to running pods only", "remove them", of_key=True)


def _restarts(spec: Part, setting: Setting) -> Iterator[Finding]:
    policy = spec.text("restartPolicy")
    if not setting.policies or policy in setting.policies:
        return
    if not policy and "Always" not in setting.policies:
        yield spec.lacks("restartPolicy", f"a {setting.kind} has one of {', '.join(setting.policies)}")
    elif policy in ("Always", "OnFailure", "Never"):
        hint = f"a {setting.kind} has {' or '.join(setting.policies)}"
        yield spec.wrong("restartPolicy", f"{{}} {shown(policy)} is not allowed in a {setting.kind}", hint)


# -- containers --------------------------------------------------------------------------------------------------------


def _containers(spec: Part, setting: Setting) -> Iterator[Finding]:
    names: dict[str, Part] = {}
    volumes = {volume.text("name") for volume in spec.parts("volumes")} | setting.claims
    for field in ("initContainers", "containers"):
        for container in spec.parts(field):
            name = container.text("name")
            if name in names and names[name].path[-2] != field:
                message = f"{{}} {shown(name)} is the name of {dotted(names[name].path)} already"
                yield container.wrong("name", message, "rename one of the two", reason="DuplicateEntry")
            names.setdefault(name, container)
            yield from _container(container, spec, volumes)
            sidecar = field == "containers" or container.text("restartPolicy") == "Always"
            for probe in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
                if container.has(probe) and not sidecar:
                    hint = "remove it, or make the container a sidecar with restartPolicy: Always"
                    yield container.wrong(
                        probe, "{} does not go with an init container that ends", hint, reason="ConflictingFields", of_key=True
                    )


def _container(container: Part, spec: Part, volumes: set[str]) -> Iterator[Finding]:
    image = container.get("image")
    if image is None or image == "":
        yield container.lacks("image", "name an image, e.g. registry.example.com/shop:1.4.2")
    elif isinstance(image, str) and image != image.strip():
        yield container.wrong("image", f"{{}} {shown(image)} has blanks around it", "remove them")
    yield from _ports(container, spec)
    yield from _variables(container)
    yield from _mounts(container, volumes)
    yield from resources(container.part("resources"))
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if container.has(probe):
            yield from _probe(container.part(probe), probe)
    for hook in ("postStart", "preStop"):
        if container.part("lifecycle").has(hook):
            yield from container.part("lifecycle", hook).one_of(_HOOKS, "handler")
    context = container.part("securityContext")
    if context.get("privileged") is True and context.get("allowPrivilegeEscalation") is False:
        message = "{}: false contradicts privileged: true"
        yield context.wrong("allowPrivilegeEscalation", message, "remove one of the two", reason="ConflictingFields")


def _ports(container: Part, spec: Part) -> Iterator[Finding]:
    named: set[str] = set()
    for port in container.parts("ports"):
        if spec.get("hostNetwork") is True and port.whole("hostPort") and port.whole("hostPort") != port.whole("containerPort"):
            yield port.wrong("hostPort", "{} must be the container's port with hostNetwork", "leave it out", reason="ConflictingFields")
        name = port.text("name")
        if name and name in named:
            yield port.wrong(
                "name", f"{{}} {shown(name)} is the name of another port already", "rename one of the two", reason="DuplicateEntry"
            )
        named.add(name)


def _variables(container: Part) -> Iterator[Finding]:
    for variable in container.parts("env"):
        source = variable.part("valueFrom")
        if variable.text("value") and variable.has("valueFrom"):
            message = f"{dotted(variable.path)} has both value and valueFrom"
            yield variable.wrong("valueFrom", message, "keep one of them", reason="ConflictingFields", of_key=True)
        elif variable.has("valueFrom") and isinstance(variable.get("valueFrom"), dict):
            yield from source.one_of(_SOURCES, "source")
        field = source.part("fieldRef").text("fieldPath")
        if field and field not in _FIELDS and not _SUBSCRIPTED.fullmatch(field):
            yield source.part("fieldRef").wrong("fieldPath", f"{{}} {shown(field)} cannot be taken", near(field, _FIELDS))
    for source in container.parts("envFrom"):
        yield from source.one_of(("configMapRef", "secretRef"), "source")


def _mounts(container: Part, volumes: set[str]) -> Iterator[Finding]:
    for field in ("volumeMounts", "volumeDevices"):
        for mount in container.parts(field):
            name = mount.text("name")
            if name and name not in volumes:
                hint = near(name, filter(None, volumes)) or "add it to the pod's volumes"
                yield mount.wrong("name", f"{{}} {shown(name)} is no volume of the pod", hint, reason="UnknownVolume")
            yield from mount.at_most_one(("subPath", "subPathExpr"), "path inside the volume")
            path = mount.text("subPath")
            if path.startswith("/") or ".." in path.split("/"):
                yield mount.wrong("subPath", f"{{}} {shown(path)} is no path inside the volume", "write a relative path without ..")


def resources(part: Part) -> Iterator[Finding]:
    """Requests and limits: no amount is negative, and no request above its limit."""
    for field in ("requests", "limits"):
        amounts = part.part(field)
        for name, value in amounts.data.items():
            amount = formats.quantity(value)
            if amount is not None and amount < 0:
                yield amounts.wrong(name, f"{{}} {value} is less than nothing", "write an amount of 0 or more")
            elif amount is not None and "/" in name and amount != int(amount):
                yield amounts.wrong(name, f"{{}} {value} is no whole number", "devices are whole")
    limits, requests = part.part("limits"), part.part("requests")
    for name, value in requests.data.items():
        amount, most = formats.quantity(value), formats.quantity(limits.get(name))
        if amount is not None and most is not None and amount > most:
            hint = "ask for less, or raise the limit"
            yield requests.wrong(name, f"{{}} {value} is more than the limit {limits.get(name)}", hint, reason="RequestAboveLimit")


def _probe(probe: Part, name: str) -> Iterator[Finding]:
    yield from probe.one_of(_HANDLERS, "handler")
    if name != "readinessProbe" and (probe.whole("successThreshold") or 1) > 1:
        yield probe.wrong("successThreshold", f"{{}} must be 1 in a {name}", "leave it out")
    for handler in ("httpGet", "tcpSocket"):
        port = probe.part(handler).get("port")
        if isinstance(port, str) and (expected := formats.port_name(port)):
            yield probe.part(handler).wrong("port", f"{{}} {shown(port)} is not a port", f"write a number, or a port's name: {expected}")
        else:
            yield from probe.part(handler).within("port", 1, _LAST_PORT)


# -- volumes -----------------------------------------------------------------------------------------------------------


def _volumes(spec: Part) -> Iterator[Finding]:
    for volume in spec.parts("volumes"):
        sources = tuple(field for field in volume.data if field != "name")
        if volume.text("name") and not any(volume.has(field) for field in sources):
            hint = "e.g. emptyDir: {}, configMap: {name: settings} or persistentVolumeClaim: {claimName: data}"
            message = f"{dotted(volume.path)} says not what the volume is: the pod gets an empty folder"
            yield Finding(volume.path, "MissingField", message, hint, doubtful=True)
        yield from volume.at_most_one(sources, "source")
        size = volume.part("emptyDir").get("sizeLimit")
        if (amount := formats.quantity(size)) is not None and amount < 0:
            yield volume.part("emptyDir").wrong("sizeLimit", f"{{}} {size} is less than nothing", "write an amount of 0 or more")
        files = [*volume.part("downwardAPI").parts("items")]
        for source in volume.part("projected").parts("sources"):
            yield from source.at_most_one(tuple(source.data), "source")
            files += source.part("downwardAPI").parts("items")
        for file in files:
            yield from file.one_of(("fieldRef", "resourceFieldRef"), "source")


# -- where it runs -----------------------------------------------------------------------------------------------------


def _scheduling(spec: Part) -> Iterator[Finding]:
    for toleration in spec.parts("tolerations"):
        yield from _toleration(toleration)
    affinity = spec.part("affinity")
    for name in ("podAffinity", "podAntiAffinity"):
        required, preferred = affinity.part(name).parts(_MUST), affinity.part(name).parts(_MAY)
        for term in (*required, *(weighted.part("podAffinityTerm") for weighted in preferred)):
            yield from metadata.selector(term.part("labelSelector"))
    nodes = affinity.part("nodeAffinity")
    for term in (*nodes.part(_MUST).parts("nodeSelectorTerms"), *(weighted.part("preference") for weighted in nodes.parts(_MAY))):
        yield from metadata.node_selector(term)
    for constraint in spec.parts("topologySpreadConstraints"):
        yield from metadata.selector(constraint.part("labelSelector"))


def _toleration(toleration: Part) -> Iterator[Finding]:
    operator = toleration.text("operator")
    if operator == "Exists" and toleration.text("value"):
        message = "{} does not go with operator Exists"
        yield toleration.wrong("value", message, "remove it", reason="ConflictingFields", of_key=True)
    if not toleration.text("key") and operator != "Exists":
        yield toleration.lacks("key", "only operator: Exists tolerates everything")
    if toleration.has("tolerationSeconds") and toleration.text("effect") != "NoExecute":
        message = "{} goes with effect NoExecute only"
        yield toleration.wrong("tolerationSeconds", message, "remove it", reason="ConflictingFields", of_key=True)


def _network(spec: Part) -> Iterator[Finding]:
    if spec.text("dnsPolicy") == "None" and not spec.part("dnsConfig").list("nameservers"):
        yield spec.lacks("dnsConfig", "dnsPolicy None needs at least one of dnsConfig.nameservers")


def templates(data: Part) -> Iterator[tuple[Part, Setting]]:
    """The pod templates of an object by their kind, each with its setting; none for kinds that are not known to have any."""
    kind = data.text("kind")
    if kind == "Pod":
        yield data, Setting(kind)
    elif kind in ("Deployment", "ReplicaSet", "DaemonSet", "ReplicationController", "Rollout"):
        yield data.part("spec", "template"), Setting(kind, ("Always",))
    elif kind == "StatefulSet":
        claims = frozenset(claim.part("metadata").text("name") for claim in data.part("spec").parts("volumeClaimTemplates"))
        yield data.part("spec", "template"), Setting(kind, ("Always",), claims)
    elif kind == "Job":
        yield data.part("spec", "template"), Setting(kind, ("OnFailure", "Never"))
    elif kind == "CronJob":
        yield data.part("spec", "jobTemplate", "spec", "template"), Setting(kind, ("OnFailure", "Never"))
    elif kind == "PodTemplate":
        yield data.part("template"), Setting(kind)
