"""Who may see and do what.

OUTSIDE     people of other workspaces, guests, people who left: surveys, and nothing else
COLLEAGUE   ours, but not named: no figures
VIEWER      sees figures and names
OPERATOR    asks customers, starts pulls, follows alerts up, changes posts and rules
ADMIN       decides about held pulls and merges, sends again what failed, names people
"""

from collections.abc import Set
from dataclasses import dataclass, fields, replace
from enum import IntEnum


class Role(IntEnum):
    """Each may what those before it may."""

    OUTSIDE = 0
    COLLEAGUE = 1
    VIEWER = 2
    OPERATOR = 3
    ADMIN = 4


@dataclass(frozen=True, slots=True)
class Named:
    """Who is named in Slack, beside those of config.yaml: ids of people, and of channels."""

    viewers: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    """In which every colleague sees figures."""

    def changed(self, shown: "Named", wanted: "Named") -> "Named":
        """With what somebody added to what they were shown, and without what they took away: what
        others have changed meanwhile stays."""
        told = {}
        for each in fields(Named):
            before, after = getattr(shown, each.name), getattr(wanted, each.name)
            told[each.name] = getattr(self, each.name) - (before - after) | (after - before)
        return Named(**told)


def named_anew(was: Named, now: Named) -> str:
    """For the audit log: who was added and who taken away; "" where nobody was."""
    told = []
    for each in fields(Named):
        before, after = getattr(was, each.name), getattr(now, each.name)
        told += [f"{each.name} +{id}" for id in sorted(after - before)]
        told += [f"{each.name} -{id}" for id in sorted(before - after)]
    return ", ".join(told)


@dataclass(frozen=True, slots=True)
class Access:
    """Who is named for what: ids of people (U…, W…) and of user groups (S…)."""

    admins: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()
    viewers: frozenset[str] = frozenset()
    everybody_views: bool = False
    """Whether every colleague sees figures, wherever they ask."""
    channels: frozenset[str] = frozenset()
    """In these every colleague sees figures: they are posted there anyway, or somebody said so."""

    @property
    def groups(self) -> frozenset[str]:
        """The user groups among those named."""
        named = self.admins | self.operators | self.viewers
        return frozenset(id for id in named if id.startswith("S"))

    def also(self, named: Named, channels: Set[str]) -> "Access":
        """With these people, and these channels to which figures go."""
        return replace(
            self,
            viewers=self.viewers | named.viewers,
            operators=self.operators | named.operators,
            channels=self.channels | named.channels | channels,
        )

    def role(self, person: str, groups: Set[str], channel: str) -> Role:
        """Of one of ours, who is in these groups and asks in this channel ("" for none).

        Where nobody is named operator, every viewer is one, and where nobody is named admin, every
        operator: a company of five need not say who may do what.
        """
        names = {person, *groups}
        if names & self.admins:
            return Role.ADMIN
        operates = bool(names & self.operators)
        views = self.everybody_views or bool(names & self.viewers) or channel in self.channels
        if not views and not operates:
            return Role.COLLEAGUE
        if not operates and self.operators:
            return Role.VIEWER
        return Role.OPERATOR if self.admins else Role.ADMIN
