"""Address ranges of a network's subnets: arithmetic alone.

A network's range has eight parts of equal size. Zone i has the i-th part for its private subnet; the last part is cut into eight for the
public ones, the i-th again for zone i. So nothing moves when a zone is added, and the seventh part stays free.
A `/16` gives private subnets of 8,190 addresses (`/19`) and public ones of 1,022 (`/22`), less the five that AWS keeps in each.
Sources: VPC user guide, VPC CIDR blocks and Subnet CIDR blocks (a VPC is /16 to /28, a subnet too, five addresses of each are AWS's); EKS
best practices, IP address utilisation (pods take addresses of private subnets, load balancers few of public ones).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

MOST_ZONES = 6
"""No region has more zones."""
LARGEST, SMALLEST = 16, 22
"""Prefix lengths that a network may have: with a longer one the public subnets would be smaller than the /28 that AWS allows."""
_PARTS = 3
"""Bits of eight parts."""
_PUBLIC_PART = 7


@dataclass(frozen=True, slots=True)
class ZoneRanges:
    """The two subnets of one zone."""

    public: IPv4Network
    private: IPv4Network


def of_zones(network: IPv4Network, zones: int) -> tuple[ZoneRanges, ...]:
    """The ranges of the first `zones` zones.

    Raises:
        ValueError: the network is larger than /16 or smaller than /22, or there are no zones, or more than six.
    """
    if not LARGEST <= network.prefixlen <= SMALLEST:
        raise ValueError(f"a network has a prefix from /{LARGEST} to /{SMALLEST}, not /{network.prefixlen}")
    if not 1 <= zones <= MOST_ZONES:
        raise ValueError(f"a network has 1 to {MOST_ZONES} zones, not {zones}")
    parts = list(network.subnets(prefixlen_diff=_PARTS))
    public = list(parts[_PUBLIC_PART].subnets(prefixlen_diff=_PARTS))
    return tuple(ZoneRanges(public[zone], parts[zone]) for zone in range(zones))
