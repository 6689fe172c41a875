"""What is declared: a number of Kubernetes objects in some teams, as plain records that both programs' inputs are written from."""

from __future__ import annotations

from dataclasses import dataclass

FOUNDATION = 8
"""Objects that a namespace gets for its team: Namespace, ResourceQuota, LimitRange, RoleBinding and four NetworkPolicies."""
SERVICE = 6
"""Objects of a service: ServiceAccount, two ConfigMaps, Deployment, Service, PodDisruptionBudget."""
UNCHANGED = 6
"""Objects of a namespace that a new release leaves alone: all of the foundation but the ResourceQuota and the LimitRange."""
_NAMESPACE = 50
"""Objects in a namespace, about."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a team, and how many ConfigMaps it has beyond the usual two."""

    name: str
    extra: int


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace and the services in it."""

    name: str
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """A team and its namespaces."""

    name: str
    namespaces: tuple[Namespace, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that one program declares; `release` is what an update of all changes."""

    teams: tuple[Team, ...]
    release: int

    @property
    def objects(self) -> int:
        """Kubernetes objects."""
        return sum(
            FOUNDATION + sum(SERVICE + service.extra for service in namespace.services)
            for team in self.teams
            for namespace in team.namespaces
        )

    @property
    def changed(self) -> int:
        """Kubernetes objects that another release changes."""
        return self.objects - UNCHANGED * sum(len(team.namespaces) for team in self.teams)


def of(objects: int, teams: int, prefix: str = "", release: int = 1) -> Shape:
    """Exactly `objects` objects, spread evenly over `teams` teams with namespaces of about 50 objects each.

    `prefix` begins the names of teams, so that several shapes have room in one cluster.

    Raises:
        ValueError: there are too few objects for so many teams.
    """
    spaces = max(teams, round(objects / _NAMESPACE))
    if objects < spaces * (FOUNDATION + SERVICE):
        raise ValueError(f"{teams} teams have at least {spaces * (FOUNDATION + SERVICE)} objects, not {objects}")
    sizes = _even(objects - FOUNDATION * spaces, spaces)
    per_team = _even(spaces, teams)
    made = []
    for number, count in enumerate(per_team, 1):
        name = f"{prefix}team-{number}"
        namespaces = tuple(_namespace(f"{name}-{index}", sizes.pop()) for index in range(1, count + 1))
        made.append(Team(name, namespaces))
    return Shape(tuple(made), release)


def _namespace(name: str, objects: int) -> Namespace:
    count, left = divmod(objects, SERVICE)
    return Namespace(name, tuple(Service(f"{name}-{letter}", left if not letter else 0) for letter in range(count)))


def _even(total: int, parts: int) -> list[int]:
    """`total` in `parts` numbers that differ by one at most."""
    return [total // parts + (index < total % parts) for index in range(parts)]
