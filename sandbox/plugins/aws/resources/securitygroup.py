"""EC2 security groups with their inline rules, and the resources that hold one rule each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from sandbox.plugins.aws import ec2tags, tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import between, ipv4_network, ipv6_network, matches

Direction = Literal["ingress", "egress"]
# One atom of a rule: protocol, from, to, description, kind of source, source.
Atom = tuple[str, int, int, str, str, str]

_GONE: Final = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
_RULE_GONE: Final = ("InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound")
_PROTOCOLS: Final = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
_LISTS: Final = {"cidrBlocks": "cidr", "ipv6CidrBlocks": "cidr6", "prefixListIds": "prefix", "securityGroups": "group"}


def _protocol(given: Any) -> str:
    text = str(given).lower()
    return _PROTOCOLS.get(text, text)


def _atoms(rule: Mapping[str, Any], own: str) -> Iterator[Atom]:
    """Give an inline rule as atoms; `own` is the group's id, which `self` stands for."""
    protocol = _protocol(rule["protocol"])
    ports = (0, 0) if protocol == "-1" else (int(rule.get("fromPort") or 0), int(rule.get("toPort") or 0))
    head = (protocol, *ports, rule.get("description") or "")
    for name, kind in _LISTS.items():
        for source in rule.get(name) or ():
            yield (*head, kind, source)
    if rule.get("self"):
        yield (*head, "group", own)


def _permissions(atoms: Iterable[Atom]) -> list[Props]:
    sent = []
    for protocol, low, high, description, kind, source in atoms:
        named = {"Description": description} if description else {}
        ports = {} if protocol == "-1" else {"FromPort": low, "ToPort": high}
        item: Props = {
            "cidr": {"IpRanges": [{"CidrIp": source, **named}]},
            "cidr6": {"Ipv6Ranges": [{"CidrIpv6": source, **named}]},
            "prefix": {"PrefixListIds": [{"PrefixListId": source, **named}]},
            "group": {"UserIdGroupPairs": [{"GroupId": source, **named}]},
        }[kind]
        sent.append({"IpProtocol": protocol, **ports, **item})
    return sent


def _live_atoms(permissions: Iterable[Mapping[str, Any]]) -> Iterator[Atom]:
    sources = {
        "IpRanges": ("cidr", "CidrIp"),
        "Ipv6Ranges": ("cidr6", "CidrIpv6"),
        "PrefixListIds": ("prefix", "PrefixListId"),
        "UserIdGroupPairs": ("group", "GroupId"),
    }
    for permission in permissions:
        protocol = _protocol(permission["IpProtocol"])
        low, high = (0, 0) if protocol == "-1" else (permission.get("FromPort") or 0, permission.get("ToPort") or 0)
        for there, (kind, key) in sources.items():
            for each in permission.get(there) or ():
                yield protocol, low, high, each.get("Description") or "", kind, each[key]


def _rules(live: set[Atom], declared: Iterable[Mapping[str, Any]], own: str) -> list[Props]:
    """Give live atoms as rules: cut as the program cuts them where all of a rule is there, gathered by ports and description otherwise."""
    left, shown = set(live), []
    for rule in declared:
        wanted = set(_atoms(rule, own))
        if wanted and wanted <= left:
            left -= wanted
            shown.append(dict(rule))
    gathered: dict[tuple[str, int, int, str], Props] = {}
    names = {kind: name for name, kind in _LISTS.items()}
    for protocol, low, high, description, kind, source in sorted(left):
        rule = gathered.setdefault(
            (protocol, low, high, description),
            {"protocol": protocol, "fromPort": low, "toPort": high, "description": description, "self": False},
        )
        if kind == "group" and source == own:
            rule["self"] = True
        else:
            rule.setdefault(names[kind], []).append(source)
    return [*shown, *gathered.values()]


def _create(aws: Aws, inputs: Props) -> str:
    ec2 = aws.client("ec2")
    vpc = {"VpcId": inputs["vpcId"]} if inputs.get("vpcId") else {}
    tags = ec2tags.specification("security-group", inputs)
    id_ = str(ec2.create_security_group(GroupName=inputs["name"], Description=inputs["description"], **vpc, **tags)["GroupId"])
    aws.made(id_)
    # AWS opens all egress of a new group; the real provider closes it, so that only what is declared is open.
    group = _group(ec2, id_)
    if group["IpPermissionsEgress"]:
        ec2.revoke_security_group_egress(GroupId=id_, IpPermissions=_permissions(_live_atoms(group["IpPermissionsEgress"])))
    for direction in ("ingress", "egress"):
        atoms = {atom for rule in inputs.get(direction) or () for atom in _atoms(rule, id_)}
        _authorize(ec2, direction, id_, atoms)
    return id_


def _group(ec2: Any, id_: str) -> Props:
    found: Props = ec2.describe_security_groups(GroupIds=[id_])["SecurityGroups"][0]
    return found


def _authorize(ec2: Any, direction: str, id_: str, atoms: Iterable[Atom]) -> None:
    permissions = _permissions(sorted(atoms))
    if not permissions:
        return
    call = ec2.authorize_security_group_ingress if direction == "ingress" else ec2.authorize_security_group_egress
    call(GroupId=id_, IpPermissions=permissions)


def _revoke(ec2: Any, direction: str, id_: str, atoms: Iterable[Atom]) -> None:
    permissions = _permissions(sorted(atoms))
    if not permissions:
        return
    call = ec2.revoke_security_group_ingress if direction == "ingress" else ec2.revoke_security_group_egress
    call(GroupId=id_, IpPermissions=permissions)


def _read(aws: Aws, id_: str, before: Props) -> Props:
    group = _group(aws.client("ec2"), id_)
    return {
        "arn": aws.arn("ec2", f"security-group/{id_}"),
        "name": group["GroupName"],
        "description": group["Description"],
        "ownerId": group["OwnerId"],
        "vpcId": group.get("VpcId"),
        "ingress": _rules(set(_live_atoms(group["IpPermissions"])), before.get("ingress") or (), id_),
        "egress": _rules(set(_live_atoms(group["IpPermissionsEgress"])), before.get("egress") or (), id_),
        "tags": tagging.mapping(group.get("Tags")),
    }


def live(aws: Aws, id_: str) -> Props:
    """Give a group as it is, its rules gathered as AWS tells them."""
    return _read(aws, id_, {})


def _update(aws: Aws, change: Change) -> None:
    ec2 = aws.client("ec2")
    group = _group(ec2, change.id)
    for direction, there in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        if direction in change.keys:
            have = set(_live_atoms(group[there]))
            want = {atom for rule in change.new.get(direction) or () for atom in _atoms(rule, change.id)}
            _revoke(ec2, direction, change.id, have - want)
            _authorize(ec2, direction, change.id, want - have)
    ec2tags.retag(ec2, change.id, change)


def _delete(aws: Aws, id_: str, state: Props) -> None:
    ec2 = aws.client("ec2")
    if state.get("revokeRulesOnDelete"):
        group = _group(ec2, id_)
        _revoke(ec2, "ingress", id_, _live_atoms(group["IpPermissions"]))
        _revoke(ec2, "egress", id_, _live_atoms(group["IpPermissionsEgress"]))
    ec2.delete_security_group(GroupId=id_)


_SOURCES: Final = {
    "cidrIpv4": "CidrIpv4",
    "cidrIpv6": "CidrIpv6",
    "prefixListId": "PrefixListId",
    "referencedSecurityGroupId": "ReferencedGroupId",
}


def _create_rule(aws: Aws, inputs: Props, *, egress: bool) -> str:
    ec2 = aws.client("ec2")
    named = {"Description": inputs["description"]} if inputs.get("description") else {}
    protocol = _protocol(inputs["ipProtocol"])
    permission: Props = {"IpProtocol": protocol}
    if protocol != "-1":
        permission |= {"FromPort": inputs.get("fromPort", -1), "ToPort": inputs.get("toPort", -1)}
    if inputs.get("cidrIpv4"):
        permission["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **named}]
    elif inputs.get("cidrIpv6"):
        permission["Ipv6Ranges"] = [{"CidrIpv6": inputs["cidrIpv6"], **named}]
    elif inputs.get("prefixListId"):
        permission["PrefixListIds"] = [{"PrefixListId": inputs["prefixListId"], **named}]
    else:
        permission["UserIdGroupPairs"] = [{"GroupId": inputs["referencedSecurityGroupId"], **named}]
    call = ec2.authorize_security_group_egress if egress else ec2.authorize_security_group_ingress
    made = call(GroupId=inputs["securityGroupId"], IpPermissions=[permission], **ec2tags.specification("security-group-rule", inputs))
    return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def _read_rule(aws: Aws, id_: str, before: Props) -> Props | None:
    ec2 = aws.client("ec2")
    # By its group where that is known: moto finds a rule by its id only among the groups it looks at.
    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[id_])["SecurityGroupRules"]
    rule = next((each for each in found if each["SecurityGroupRuleId"] == id_), None)
    if rule is None:
        return None
    protocol = _protocol(rule["IpProtocol"])
    # The program may have written the protocol by its number.
    shown = before["ipProtocol"] if before.get("ipProtocol") and _protocol(before["ipProtocol"]) == protocol else protocol
    open_ports = protocol == "-1"
    return {
        "arn": aws.arn("ec2", f"security-group-rule/{id_}"),
        "securityGroupRuleId": id_,
        "securityGroupId": rule["GroupId"],
        "description": rule.get("Description") or _pair_description(ec2, rule),
        "ipProtocol": shown,
        "fromPort": None if open_ports else rule.get("FromPort"),
        "toPort": None if open_ports else rule.get("ToPort"),
        "cidrIpv4": rule.get("CidrIpv4"),
        "cidrIpv6": rule.get("CidrIpv6"),
        "prefixListId": rule.get("PrefixListId"),
        "referencedSecurityGroupId": (rule.get("ReferencedGroupInfo") or {}).get("GroupId"),
        "tags": tagging.mapping(rule.get("Tags")),
    }


def _pair_description(ec2: Any, rule: Mapping[str, Any]) -> str | None:
    """Give the description of a rule whose source is a group: moto 5.2 tells it only with the group's permissions."""
    source = (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
    if source is None:
        return None
    group = _group(ec2, rule["GroupId"])
    wanted = (_protocol(rule["IpProtocol"]), rule.get("FromPort"), rule.get("ToPort"), "group", source)
    live = _live_atoms(group["IpPermissionsEgress" if rule["IsEgress"] else "IpPermissions"])
    return next((atom[3] for atom in live if (*atom[:3], *atom[4:]) == wanted and atom[3]), None)


def _update_rule(aws: Aws, change: Change) -> None:
    ec2 = aws.client("ec2")
    if change.keys - {"tags"}:
        new = change.new
        # -1 for "no ports": AWS ignores it for all protocols, moto insists on a number.
        request: Props = {
            "IpProtocol": _protocol(new["ipProtocol"]),
            "Description": new.get("description") or "",
            "FromPort": new.get("fromPort", -1),
            "ToPort": new.get("toPort", -1),
            **{there: new[here] for here, there in _SOURCES.items() if new.get(here)},
        }
        sent = [{"SecurityGroupRuleId": change.id, "SecurityGroupRule": request}]
        ec2.modify_security_group_rules(GroupId=new["securityGroupId"], SecurityGroupRules=sent)
    ec2tags.retag(ec2, change.id, change)


def _delete_rule(aws: Aws, id_: str, state: Props, *, egress: bool) -> None:
    ec2 = aws.client("ec2")
    call = ec2.revoke_security_group_egress if egress else ec2.revoke_security_group_ingress
    call(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[id_])


def _check_rule(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    given = [name for name in _SOURCES if inputs.get(name) is not None]
    if len(given) != 1:
        yield given[0] if given else "cidrIpv4", f"exactly one of {', '.join(_SOURCES)} must be given, not {len(given)}"
    protocol = inputs.get("ipProtocol")
    if isinstance(protocol, str) and _protocol(protocol) in {"tcp", "udp"} and inputs.get("fromPort") is None:
        yield "fromPort", f"is required for protocol {protocol}"
    if isinstance(protocol, str) and _protocol(protocol) == "-1" and inputs.get("fromPort") is not None:
        yield "fromPort", "must not be given for all protocols (ipProtocol -1)"


def _rule_entry(word: str, *, egress: bool) -> Entry:
    """Give the entry of SecurityGroupIngressRule or SecurityGroupEgressRule."""

    def create(aws: Aws, inputs: Props) -> str:
        return _create_rule(aws, inputs, egress=egress)

    def delete(aws: Aws, id_: str, state: Props) -> None:
        _delete_rule(aws, id_, state, egress=egress)

    return Entry(
        pulumi=f"aws:vpc/securityGroup{word}Rule:SecurityGroup{word}Rule",
        terraform=f"aws_vpc_security_group_{word.lower()}_rule",
        title=f"VPC Security Group {word} Rule",
        inputs=("securityGroupId", "description", "fromPort", "ipProtocol", "tags", "toPort", *_SOURCES),
        create=create,
        read=_read_rule,
        update=_update_rule,
        delete=delete,
        replaces=("securityGroupId",),
        same={"ipProtocol": lambda old, new, _state: _protocol(old) == _protocol(new)},
        checks={
            "cidrIpv4": ipv4_network,
            "cidrIpv6": ipv6_network,
            "fromPort": between(-1, 65535),
            "toPort": between(-1, 65535),
        },
        check=_check_rule,
        gone=_RULE_GONE,
    )


SECURITY_GROUP: Final = Entry(
    pulumi="aws:ec2/securityGroup:SecurityGroup",
    terraform="aws_security_group",
    title="EC2 Security Group",
    inputs=("name", "description", "egress", "ingress", "revokeRulesOnDelete", "tags", "vpcId"),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    replaces=("name", "description", "vpcId"),
    kept=("revokeRulesOnDelete",),
    defaults={"description": "Managed by Pulumi", "revokeRulesOnDelete": False},
    same={f"{direction}.protocol": lambda old, new, _state: _protocol(old) == _protocol(new) for direction in ("ingress", "egress")},
    checks={
        "name": matches(r"(?!sg-).{1,255}", "must be 1 to 255 characters and not begin with sg-"),
        "description": matches(r".{1,255}", "must be 1 to 255 characters"),
        "ingress.cidrBlocks": ipv4_network,
        "ingress.ipv6CidrBlocks": ipv6_network,
        "egress.cidrBlocks": ipv4_network,
        "egress.ipv6CidrBlocks": ipv6_network,
    },
    gone=_GONE,
    autoname=Autoname("name", 255),
)
ENTRIES: Final = (SECURITY_GROUP, _rule_entry("Ingress", egress=False), _rule_entry("Egress", egress=True))
