"""Route tables, routes and the associations of subnets with them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws import ec2tags, tagging
from sandbox.plugins.aws.entry import Change, Entry, Props
from sandbox.plugins.aws.resources.vpc import first
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import ipv4_network, ipv6_network

_TARGETS: Final = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "transitGatewayId": "TransitGatewayId",
    "vpcEndpointId": "VpcEndpointId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
}
_SHOWN_TARGETS: Final = {name: there for name, there in _TARGETS.items() if name != "vpcEndpointId"}
_DESTINATIONS: Final = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
_INLINE: Final = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
_GONE: Final = ("InvalidRouteTableID.NotFound", "InvalidRouteTableId.NotFound")


def _sent(given: Mapping[str, Any], destinations: Mapping[str, str]) -> Props:
    return {there: given[here] for here, there in {**destinations, **_TARGETS}.items() if given.get(here)}


def _create_table(aws: Aws, inputs: Props) -> str:
    ec2 = aws.client("ec2")
    made = ec2.create_route_table(VpcId=inputs["vpcId"], **ec2tags.specification("route-table", inputs))
    id_ = aws.made(str(made["RouteTable"]["RouteTableId"]))
    for route in inputs.get("routes") or ():
        ec2.create_route(RouteTableId=id_, **_sent(route, _INLINE))
    return id_


def _table(ec2: Any, id_: str) -> Props | None:
    return first(ec2.describe_route_tables(RouteTableIds=[id_])["RouteTables"])


def _read_table(aws: Aws, id_: str, _before: Props) -> Props | None:
    table = _table(aws.client("ec2"), id_)
    if table is None:
        return None
    return {
        "arn": aws.arn("ec2", f"route-table/{id_}"),
        "ownerId": table.get("OwnerId") or aws.account,
        "routes": [_shown_inline(route) for route in _own_routes(table)],
        "vpcId": table["VpcId"],
        "tags": tagging.mapping(table.get("Tags")),
    }


def _own_routes(table: Mapping[str, Any]) -> list[Props]:
    """Give the routes somebody declared: not the local one, not those of gateway endpoints, as the real provider leaves them out."""
    return [
        route
        for route in table.get("Routes") or ()
        if route.get("GatewayId") != "local"
        and not str(route.get("GatewayId", "")).startswith("vpce-")
        and route.get("Origin") != "EnableVgwRoutePropagation"
    ]


def _shown_inline(route: Mapping[str, Any]) -> Props:
    return {here: route[there] for here, there in {**_INLINE, **_SHOWN_TARGETS}.items() if route.get(there)}


def _destination(route: Mapping[str, Any]) -> tuple[str, str]:
    return next((there, route[here]) for here, there in _INLINE.items() if route.get(here))


def _update_table(aws: Aws, change: Change) -> None:
    ec2 = aws.client("ec2")
    if "routes" in change.keys:
        old = {_destination(route): route for route in change.old.get("routes") or ()}
        new = {_destination(route): route for route in change.new.get("routes") or ()}
        for key in sorted(old.keys() - new.keys()):
            ec2.delete_route(RouteTableId=change.id, **dict([key]))
        for key, route in new.items():
            if key not in old:
                ec2.create_route(RouteTableId=change.id, **_sent(route, _INLINE))
            elif _sent(old[key], _INLINE) != _sent(route, _INLINE):
                ec2.replace_route(RouteTableId=change.id, **_sent(route, _INLINE))
    ec2tags.retag(ec2, change.id, change)


def _delete_table(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("ec2").delete_route_table(RouteTableId=id_)


def _create_route(aws: Aws, inputs: Props) -> str:
    aws.client("ec2").create_route(RouteTableId=inputs["routeTableId"], **_sent(inputs, _DESTINATIONS))
    return _route_id(inputs)


def _route_id(inputs: Mapping[str, Any]) -> str:
    destination = next(inputs[name] for name in _DESTINATIONS if inputs.get(name))
    return f"r-{inputs['routeTableId']}{zlib.crc32(destination.encode())}"


def _read_route(aws: Aws, _id: str, before: Props) -> Props | None:
    table = _table(aws.client("ec2"), before["routeTableId"])
    if table is None:
        return None
    here, there = next((name, key) for name, key in _DESTINATIONS.items() if before.get(name))
    route = next((each for each in table.get("Routes") or () if each.get(there) == before[here]), None)
    if route is None:
        return None
    state: Props = {name: route.get(key) for name, key in _SHOWN_TARGETS.items() if route.get(key)}
    if str(state.get("gatewayId", "")).startswith("vpce-"):
        state["vpcEndpointId"] = state.pop("gatewayId")
    return {
        **state,
        "id": _route_id(before),
        here: before[here],
        "routeTableId": before["routeTableId"],
        "origin": route.get("Origin"),
        "state": route.get("State"),
    }


def _update_route(aws: Aws, change: Change) -> None:
    aws.client("ec2").replace_route(RouteTableId=change.new["routeTableId"], **_sent(change.new, _DESTINATIONS))


def _delete_route(aws: Aws, _id: str, state: Props) -> None:
    destination = {there: state[here] for here, there in _DESTINATIONS.items() if state.get(here)}
    aws.client("ec2").delete_route(RouteTableId=state["routeTableId"], **destination)


def _imported_route(_aws: Aws, id_: str) -> Props:
    table, _, destination = id_.partition("_")
    name = (
        "destinationPrefixListId"
        if destination.startswith("pl-")
        else "destinationIpv6CidrBlock"
        if ":" in destination
        else "destinationCidrBlock"
    )
    return {"routeTableId": table, name: destination}


def _associate(aws: Aws, inputs: Props) -> str:
    target = {"SubnetId": inputs["subnetId"]} if inputs.get("subnetId") else {"GatewayId": inputs["gatewayId"]}
    return str(aws.client("ec2").associate_route_table(RouteTableId=inputs["routeTableId"], **target)["AssociationId"])


def _find_association(ec2: Any, ids: set[str], target: str | None) -> tuple[Props, Props] | None:
    """Give an association and its table: by id, or by its subnet or gateway, since a replaced association has a new id."""
    for page in ec2.get_paginator("describe_route_tables").paginate():
        for table in page["RouteTables"]:
            for each in table.get("Associations") or ():
                if each["RouteTableAssociationId"] in ids or (target and target in {each.get("SubnetId"), each.get("GatewayId")}):
                    return each, table
    return None


def _read_association(aws: Aws, id_: str, before: Props) -> Props | None:
    found = _find_association(aws.client("ec2"), {id_, before.get("id") or id_}, before.get("subnetId") or before.get("gatewayId"))
    if found is None:
        return None
    each, table = found
    return {
        "id": each["RouteTableAssociationId"],
        "routeTableId": table["RouteTableId"],
        "subnetId": each.get("SubnetId"),
        "gatewayId": each.get("GatewayId"),
    }


def _update_association(aws: Aws, change: Change) -> None:
    found = _find_association(
        aws.client("ec2"), {change.id, change.old.get("id") or change.id}, change.old.get("subnetId") or change.old.get("gatewayId")
    )
    current = found[0]["RouteTableAssociationId"] if found else change.id
    aws.client("ec2").replace_route_table_association(AssociationId=current, RouteTableId=change.new["routeTableId"])


def _delete_association(aws: Aws, id_: str, state: Props) -> None:
    aws.client("ec2").disassociate_route_table(AssociationId=state.get("id") or id_)


def _imported_association(aws: Aws, id_: str) -> Props:
    """Take `subnet-…/rtb-…` as the real provider does; the association's own id is looked up."""
    target, _, table = id_.partition("/")
    found = _table(aws.client("ec2"), table) if table else None
    for each in (found or {}).get("Associations") or ():
        if target in {each.get("SubnetId"), each.get("GatewayId")}:
            return {"id": each["RouteTableAssociationId"]}
    return {}


def _check_route(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for names in (_DESTINATIONS, _TARGETS):
        given = [name for name in names if inputs.get(name) is not None]
        if len(given) != 1:
            yield given[0] if given else next(iter(names)), f"exactly one of {', '.join(names)} must be given, not {len(given)}"


def _check_association(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if bool(inputs.get("subnetId")) == bool(inputs.get("gatewayId")):
        yield "subnetId", "exactly one of subnetId and gatewayId must be given"


def _check_table(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for route in inputs.get("routes") or ():
        if isinstance(route, Mapping):
            for names in (_INLINE, _TARGETS):
                if len([name for name in names if route.get(name) not in (None, "")]) != 1:
                    yield "routes", f"a route needs exactly one of {', '.join(names)}"


ROUTE_TABLE: Final = Entry(
    pulumi="aws:ec2/routeTable:RouteTable",
    terraform="aws_route_table",
    title="EC2 Route Table",
    inputs=("routes", "tags", "vpcId"),
    refused=("routes.carrierGatewayId", "routes.coreNetworkArn", "routes.localGatewayId", "routes.odbNetworkArn"),
    create=_create_table,
    read=_read_table,
    update=_update_table,
    delete=_delete_table,
    replaces=("vpcId",),
    checks={"routes.cidrBlock": ipv4_network, "routes.ipv6CidrBlock": ipv6_network},
    check=_check_table,
    gone=_GONE,
)
ROUTE: Final = Entry(
    pulumi="aws:ec2/route:Route",
    terraform="aws_route",
    title="EC2 Route",
    inputs=("routeTableId", *_DESTINATIONS, *_TARGETS),
    create=_create_route,
    read=_read_route,
    update=_update_route,
    delete=_delete_route,
    replaces=("routeTableId", *_DESTINATIONS),
    checks={"destinationCidrBlock": ipv4_network, "destinationIpv6CidrBlock": ipv6_network},
    check=_check_route,
    gone=(*_GONE, "InvalidRoute.NotFound"),
    imported=_imported_route,
)
ASSOCIATION: Final = Entry(
    pulumi="aws:ec2/routeTableAssociation:RouteTableAssociation",
    terraform="aws_route_table_association",
    title="EC2 Route Table Association",
    inputs=("gatewayId", "routeTableId", "subnetId"),
    create=_associate,
    read=_read_association,
    update=_update_association,
    delete=_delete_association,
    replaces=("gatewayId", "subnetId"),
    check=_check_association,
    gone=("InvalidAssociationID.NotFound",),
    imported=_imported_association,
)
ENTRIES: Final = (ROUTE_TABLE, ROUTE, ASSOCIATION)
