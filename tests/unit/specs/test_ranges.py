from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transom.specs import ranges

networks = st.builds(
    lambda bits, prefix: IPv4Network(((bits >> (32 - prefix)) << (32 - prefix), prefix)), st.integers(0, 2**32 - 1), st.integers(16, 22)
)


@given(networks, st.integers(1, ranges.MOST_ZONES))
def test_subnets_fit_and_are_apart(network: IPv4Network, zones: int) -> None:
    """Every subnet lies in its network, is of a size that AWS allows, and overlaps no other."""
    found = [subnet for zone in ranges.of_zones(network, zones) for subnet in (zone.public, zone.private)]
    assert len(found) == 2 * zones
    assert all(subnet.subnet_of(network) and 16 <= subnet.prefixlen <= 28 for subnet in found)
    assert not any(one.overlaps(other) for one, other in combinations(found, 2))


@given(networks, st.integers(1, ranges.MOST_ZONES - 1))
def test_a_zone_more_moves_nothing(network: IPv4Network, zones: int) -> None:
    """The ranges of a network's zones stay what they are when another zone is added."""
    assert ranges.of_zones(network, zones + 1)[:zones] == ranges.of_zones(network, zones)


def test_ranges_of_a_usual_network() -> None:
    """The page of the kind shows these: they may never change, since a subnet with another range is another subnet."""
    found = ranges.of_zones(IPv4Network("10.20.0.0/16"), 3)
    assert [str(zone.private) for zone in found] == ["10.20.0.0/19", "10.20.32.0/19", "10.20.64.0/19"]
    assert [str(zone.public) for zone in found] == ["10.20.224.0/22", "10.20.228.0/22", "10.20.232.0/22"]


@pytest.mark.parametrize("network, zones", [("10.0.0.0/15", 1), ("10.0.0.0/23", 1), ("10.0.0.0/16", 0), ("10.0.0.0/16", 7)])
def test_what_no_network_can_be(network: str, zones: int) -> None:
    """A range that is too large or too small, and a number of zones that no region has, are refused."""
    with pytest.raises(ValueError, match="a network has"):
        ranges.of_zones(IPv4Network(network), zones)
