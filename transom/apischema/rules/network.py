"""Services, Ingresses and network policies."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from transom.apischema import formats, metadata
from transom.apischema.findings import Finding, dotted, shown
from transom.apischema.parts import Part, Rules

_LAST_PORT = 65535


def _service(data: Part) -> Iterator[Finding]:
    spec = data.part("spec")
    kind = spec.text("type") or "ClusterIP"
    ports = spec.parts("ports")
    if kind == "ExternalName":
        if not spec.text("externalName"):
            yield spec.lacks("externalName", "a Service of type ExternalName names a host")
    elif not ports and spec.get("clusterIP") != "None" and not isinstance(spec.get("ports"), str | int | dict):
        yield spec.lacks("ports", "a Service has at least one port, unless it is headless (clusterIP: None)")
    if spec.get("clusterIP") == "None" and kind in ("NodePort", "LoadBalancer"):
        yield spec.wrong("clusterIP", f"{{}} None does not go with type {kind}", "remove one of the two", reason="ConflictingFields")
    named: set[str] = set()
    for port in ports:
        name = port.text("name")
        if not name and len(ports) > 1:
            yield port.lacks("name", "with more than one port, each has a name")
        elif name and name in named:
            yield port.wrong(
                "name", f"{{}} {shown(name)} is the name of another port already", "rename one of the two", reason="DuplicateEntry"
            )
        named.add(name)
        yield from _target(port, "targetPort")
        if port.whole("nodePort") and kind in ("ClusterIP", "ExternalName"):
            yield port.wrong(
                "nodePort",
                f"{{}} does not go with type {kind}",
                "remove it, or write type: NodePort",
                reason="ConflictingFields",
                of_key=True,
            )


def _target(port: Part, name: str) -> Iterator[Finding]:
    value = port.get(name)
    if isinstance(value, str) and value and (expected := formats.port_name(value)):
        yield port.wrong(name, f"{{}} {shown(value)} is not a port", f"write a number, or a port's name: {expected}")
    elif value != 0:
        yield from port.within(name, 1, _LAST_PORT)


def _ingress(data: Part) -> Iterator[Finding]:
    spec = data.part("spec")
    if spec and not spec.list("rules") and not spec.has("defaultBackend"):
        yield Finding(spec.path, "MissingField", f"{dotted(spec.path)} has neither rules nor defaultBackend", "write at least one of them")
    if spec.has("defaultBackend"):
        yield from _backend(spec.part("defaultBackend"))
    for rule in spec.parts("rules"):
        host = rule.text("host")
        if host and (expected := formats.subdomain(host.removeprefix("*."))):
            yield rule.wrong("host", f"{{}} {shown(host)} is no host", f"write {expected}")
        elif host and _is_address(host):
            yield rule.wrong("host", f"{{}} {shown(host)} is an address", "write a name")
        for path in rule.part("http").parts("paths"):
            if path.text("pathType") in ("Exact", "Prefix") and not path.text("path").startswith("/"):
                yield path.wrong("path", f"{{}} {shown(path.get('path'))} does not begin with /", "write it from the root, e.g. /")
            if path.has("backend"):
                yield from _backend(path.part("backend"))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _backend(backend: Part) -> Iterator[Finding]:
    if backend.has("serviceName"):
        return  # the shape before networking.k8s.io/v1: told as unknown fields
    yield from backend.one_of(("service", "resource"), "target")
    service = backend.part("service")
    if service:
        port = service.part("port")
        if not service.has("port") or (isinstance(service.get("port"), dict) and not port.get("name") and not port.get("number")):
            yield service.lacks("port", "write port: {number: 80} or port: {name: http}")
        yield from port.at_most_one(("name", "number"), "form")


def _policy(data: Part) -> Iterator[Finding]:
    spec = data.part("spec")
    yield from metadata.selector(spec.part("podSelector"))
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for rule in spec.parts(direction):
            for port in rule.parts("ports"):
                yield from _target(port, "port")
                end, begin = port.whole("endPort"), port.whole("port")
                if end is not None and not port.has("port"):
                    yield port.lacks("port", "endPort is the end of a range that begins there")
                if end is not None and begin is not None and end < begin:
                    yield port.wrong("endPort", f"{{}} {end} lies before port {begin}", "write the last port of the range")
            for peer in rule.parts(peers):
                yield from _peer(peer)


def _peer(peer: Part) -> Iterator[Finding]:
    block = peer.part("ipBlock")
    if not any(peer.has(name) for name in ("ipBlock", "podSelector", "namespaceSelector")):
        hint = "write podSelector, namespaceSelector or ipBlock"
        yield Finding(peer.path, "MissingField", f"{dotted(peer.path)} names nobody", hint)
    if peer.has("ipBlock") and (peer.has("podSelector") or peer.has("namespaceSelector")):
        yield peer.wrong("ipBlock", "{} does not go with a selector", "write two entries", reason="ConflictingFields", of_key=True)
    for name in ("podSelector", "namespaceSelector"):
        yield from metadata.selector(peer.part(name))
    cidr = block.text("cidr")
    if cidr and (expected := formats.cidr(cidr)):
        yield block.wrong("cidr", f"{{}} {shown(cidr)} is no range", f"write {expected}")
        return
    for index, inner in enumerate(block.list("except")):
        path = (*block.path, "except", index)
        if not isinstance(inner, str) or formats.cidr(inner):
            yield Finding(path, "InvalidValue", f"{dotted(path)} {shown(inner)} is no range", "write a range of addresses like 10.0.0.0/16")
        elif cidr and not _inside(inner, cidr):
            yield Finding(path, "InvalidValue", f"{dotted(path)} {inner} does not lie inside {cidr}", "write a smaller range of it")


def _inside(inner: str, outer: str) -> bool:
    """Whether a range is a true part of another."""
    one, other = ipaddress.ip_network(inner, strict=False), ipaddress.ip_network(outer, strict=False)
    return one.version == other.version and one != other and one.subnet_of(other)  # type: ignore[arg-type]  # of one version


RULES: Rules = {
    ("", "Service"): (_service,),
    ("networking.k8s.io", "Ingress"): (_ingress,),
    ("networking.k8s.io", "NetworkPolicy"): (_policy,),
}
