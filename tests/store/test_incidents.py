"""Incidents: one at a time of a rule and scope, through to its end."""

import asyncio
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection

from bot.domain.incidents import Incident, IncidentState, Reading
from bot.messages.blocks import Message
from bot.store.database import Database
from bot.store.deliveries import Deliveries, Delivery, put
from bot.store.incidents import Also, Incidents, open_incident
from tests.store.examples import NOON, later

FELL = Reading(date(2026, 10, 1), 0.88, 0.95)
FELL_AGAIN = Reading(date(2026, 11, 1), 0.87, 0.95)


@pytest.fixture
def incidents(database: Database) -> Incidents:
    return Incidents(database)


async def opened(incidents: Incidents, rule: str = "monthly", scope: str = "") -> Incident:
    incident, _ = await incidents.open(rule, scope, FELL, delivery=f"{rule}{scope}", now=NOON)
    return incident


async def test_nothing_is_open_at_first(incidents: Incidents) -> None:
    assert await incidents.open_ones() == []
    assert await incidents.open_of("monthly", "") is None
    assert await incidents.get(1) is None


async def test_an_incident_is_opened_with_what_the_rule_saw(incidents: Incidents) -> None:
    incident, is_new = await incidents.open("monthly", "", FELL, delivery="key", now=NOON)

    assert is_new
    assert incident == Incident(
        id=incident.id,
        rule="monthly",
        scope="",
        state=IncidentState.OPEN,
        opened_at=NOON,
        opening=FELL,
        latest=FELL,
        delivery="key",
    )
    assert await incidents.get(incident.id) == incident
    assert await incidents.open_of("monthly", "") == incident


async def test_a_second_is_not_opened_beside_the_first(incidents: Incidents) -> None:
    first = await opened(incidents)

    again, is_new = await incidents.open("monthly", "", FELL_AGAIN, delivery="b", now=later(days=1))

    assert not is_new
    assert again == first


async def test_another_rule_or_scope_has_its_own(incidents: Incidents) -> None:
    three = [
        await opened(incidents),
        await opened(incidents, "weekly"),
        await opened(incidents, "monthly", "plan=pro"),
    ]

    assert await incidents.open_ones() == three
    assert await incidents.open_of("monthly", "plan=pro") == three[2]


async def test_of_two_replicas_one_opens_it(incidents: Incidents, replica: Database) -> None:
    both = (incidents, Incidents(replica))

    for rule in map(str, range(10)):
        results = await asyncio.gather(
            *(each.open(rule, "", FELL, delivery="", now=NOON) for each in both * 4)
        )

        assert sum(is_new for _, is_new in results) == 1
        assert len({incident.id for incident, _ in results}) == 1


async def test_an_update_keeps_the_opening(incidents: Incidents) -> None:
    incident = await incidents.update((await opened(incidents)).id, FELL_AGAIN)

    assert (incident.opening, incident.latest) == (FELL, FELL_AGAIN)


async def test_the_first_to_acknowledge_stays(incidents: Incidents) -> None:
    id = (await opened(incidents)).id
    first = await incidents.acknowledge(id, "U1", later(hours=1))

    second = await incidents.acknowledge(id, "U2", later(hours=2))

    assert first.state is IncidentState.ACKNOWLEDGED
    assert (first.acknowledged_by, first.acknowledged_at) == ("U1", later(hours=1))
    assert second == first
    assert await incidents.open_of("monthly", "") == first


async def test_a_resolved_incident_stays_as_it_was(incidents: Incidents) -> None:
    back = Reading(date(2026, 12, 1), 0.96, 0.95)
    id = (await opened(incidents)).id
    resolved = await incidents.resolve(id, later(days=1), back)

    assert resolved.state is IncidentState.RESOLVED
    assert (resolved.resolved_at, resolved.latest) == (later(days=1), back)
    assert await incidents.resolve(id, later(days=2)) == resolved
    assert await incidents.acknowledge(id, "U1", later(days=2)) == resolved
    assert await incidents.update(id, FELL_AGAIN) == resolved
    assert await incidents.open_ones() == []


async def test_after_it_is_resolved_a_new_one_can_open(incidents: Incidents) -> None:
    first = await opened(incidents)
    await incidents.resolve(first.id, later(days=1))

    second, is_new = await incidents.open("monthly", "", FELL_AGAIN, delivery="b", now=NOON)

    assert is_new
    assert second.id != first.id
    assert await incidents.open_ones() == [second]


async def test_an_undefined_figure_stays_undefined(incidents: Incidents) -> None:
    nothing = Reading(date(2026, 10, 1), None, None)

    incident = await incidents.update((await opened(incidents)).id, nothing)

    assert incident.latest == nothing


async def test_it_is_opened_together_with_its_message(database: Database) -> None:
    incidents, deliveries = Incidents(database), Deliveries(database)
    delivery = Delivery("incident:monthly", "C1", Message("Retention fell"), NOON)

    incident, _ = await database.write(
        lambda c: (
            open_incident(c, "monthly", "", FELL, delivery=delivery.key, now=NOON)[0],
            put(c, delivery),
        )
    )
    assert (incident.channel, incident.ts) == ("", "")

    await deliveries.sent(delivery.key, "1763.000100", NOON)

    [standing] = await incidents.open_ones()
    assert (standing.channel, standing.ts) == ("C1", "1763.000100")


def told_in(places: list[bool]) -> Also:
    """Notes whether each change was one."""

    def also(connection: Connection, incident: Incident, changed: bool) -> None:
        places.append(changed)

    return also


async def twice(incidents: Incidents, what: str, incident: Incident, also: Also) -> None:
    """A click that comes twice, a second apart."""
    id = incident.id
    for second in (1, 2):
        now = later(seconds=second)
        match what:
            case "acknowledge":
                await incidents.acknowledge(id, "U1", now, also=also)
            case "assign":
                await incidents.assign(id, "U2", also=also)
            case "snooze":
                await incidents.snooze(id, now + timedelta(days=7), also=also)
            case "remind":
                await incidents.reminded(incident, now, also=also)
            case "resolve":
                await incidents.resolve(id, now, by="U1", also=also)
            case "normal":
                await incidents.resolve(id, now, by="U1", is_normal=True, also=also)
            case "not normal":
                await incidents.not_normal(id, also=also)
            case "reopen":
                await incidents.reopen(id, also=also)


STEPS = ["acknowledge", "assign", "snooze", "remind", "resolve", "normal", "not normal", "reopen"]


@pytest.mark.parametrize("what", STEPS)
async def test_what_is_done_twice_is_told_once(incidents: Incidents, what: str) -> None:
    incident = await opened(incidents)
    if what == "reopen":
        incident = await incidents.resolve(incident.id, NOON)
    told: list[bool] = []

    await twice(incidents, what, incident, told_in(told))

    assert told == [True, False]


@pytest.mark.parametrize("what", STEPS)
async def test_of_two_replicas_one_tells_it(
    incidents: Incidents, replica: Database, what: str
) -> None:
    incident = await opened(incidents)
    if what == "reopen":
        incident = await incidents.resolve(incident.id, NOON)
    told: list[bool] = []

    both = (incidents, Incidents(replica))
    await asyncio.gather(*(twice(each, what, incident, told_in(told)) for each in both))

    assert sorted(told) == [False, False, False, True]


async def test_what_cannot_be_told_is_not_done(incidents: Incidents) -> None:
    """Whoever dies between the two has done neither."""

    def fails(connection: Connection, incident: Incident, changed: bool) -> None:
        raise ValueError("the message")

    incident = await opened(incidents)
    for change in (
        incidents.acknowledge(incident.id, "U1", NOON, also=fails),
        incidents.assign(incident.id, "U1", also=fails),
        incidents.snooze(incident.id, later(days=1), also=fails),
        incidents.reminded(incident, NOON, also=fails),
        incidents.not_normal(incident.id, also=fails),
        incidents.resolve(incident.id, NOON, also=fails),
    ):
        with pytest.raises(ValueError, match="the message"):
            await change

    assert await incidents.get(incident.id) == incident


async def test_a_reminder_that_is_overtaken_by_a_snooze_is_none(incidents: Incidents) -> None:
    seen = await opened(incidents)
    snoozed = await incidents.snooze(seen.id, later(days=3))

    assert await incidents.reminded(seen, later(days=1)) == snoozed


async def test_another_snooze_takes_the_place_of_the_first(incidents: Incidents) -> None:
    id = (await opened(incidents)).id
    told: list[bool] = []
    for days in (7, 1):
        await incidents.snooze(id, later(days=days), also=told_in(told))

    found = await incidents.get(id)
    assert found is not None
    assert found.snoozed_until == later(days=1)
    assert told == [True, True]


async def test_beside_an_open_one_nothing_is_reopened(incidents: Incidents) -> None:
    first = await opened(incidents)
    await incidents.resolve(first.id, NOON)
    await opened(incidents)
    told: list[bool] = []

    done = await incidents.reopen(first.id, also=told_in(told))

    assert done.state is IncidentState.RESOLVED
    assert told == [False]
