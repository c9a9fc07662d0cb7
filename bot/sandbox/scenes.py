"""The workspace of the demo, and what its people say and answer before the demo opens."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.sandbox.settings import CUSTOMER, Channel, Settings, Team, User, as_installed

ZONE = ZoneInfo("Europe/Berlin")

GLOBEX = "T0GLOBEX"

SUCCESS = "C0SUCCESS"
"""Where the weekly post and the alerts go."""
BOARD = "C0BOARD"
"""Where the monthly and the quarterly post go."""
ACME_SHARED = "C0ACME"
GLOBEX_SHARED = "C0GLOBEX"
LEAD = "U0LEAD"
CARLA = "U0ACME"


@dataclass(frozen=True, slots=True)
class Said:
    """A message that somebody writes."""

    at: datetime
    person: str
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A click on a score of the newest question in a channel, and what is written in the form."""

    at: datetime
    person: str
    channel: str
    score: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """The newest low score in a channel, taken, replied to and closed in one go."""

    at: datetime
    person: str
    channel: str
    reply: str
    cause: str
    action: str


Scene = Said | Answered | FollowedUp


def workspace() -> Settings:
    """Brightside with two customers that share a channel with it."""
    usual = Settings()
    people = {user.id: user for user in usual.users}
    return replace(
        usual,
        app=as_installed("files:write"),
        other_teams=(*usual.other_teams, Team(GLOBEX, "Globex", "globex")),
        users=(
            people["U0LEAD"],
            people["U0OWNER"],
            User("U0NOOR", "noor", "Noor Visser", title="Account owner, Globex"),
            people["U0ADMIN"],
            people["U0ACME"],
            User("U0BEN", "ben", "Ben Castillo", CUSTOMER, title="IT"),
            User("U0GRETA", "greta", "Greta Sand", GLOBEX, title="Managing director"),
            User("U0HUGO", "hugo", "Hugo Lind", GLOBEX, title="Purchasing"),
        ),
        channels=(
            Channel("C0GENERAL", "general", ("U0LEAD", "U0OWNER", "U0NOOR", "U0ADMIN")),
            Channel(
                SUCCESS,
                "customer-success",
                ("U0LEAD", "U0OWNER", "U0NOOR", "U0ADMIN", "U0KEEP"),
                topic="Who stays, who leaves, and what we do about it",
            ),
            Channel(
                BOARD,
                "board",
                ("U0LEAD", "U0ADMIN", "U0KEEP"),
                topic="The month, and the quarter, in one post",
            ),
            Channel(
                ACME_SHARED,
                "acme-shared",
                ("U0LEAD", "U0OWNER", "U0ACME", "U0BEN", "U0KEEP"),
                shared_with=(CUSTOMER,),
                topic="Acme and Brightside",
            ),
            Channel(
                GLOBEX_SHARED,
                "globex-shared",
                ("U0LEAD", "U0NOOR", "U0GRETA", "U0HUGO", "U0KEEP"),
                shared_with=(GLOBEX,),
                topic="Globex and Brightside",
            ),
        ),
    )


def _at(month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


INSTALLED = _at(10, 1, 9, 30)
"""When the bot is started for the first time."""

OPENS = _at(11, 2, 9, 2)
"""What the clock says when the demo opens: the weekly post is two minutes old."""

SCENES: Sequence[Scene] = (
    Said(_at(10, 1, 9, 40), "U0ADMIN", "C0GENERAL",
         "From today plan Team costs 30 % more in DACH. The other regions follow next year."),
    Answered(_at(10, 1, 10, 12), "U0ACME", ACME_SHARED, 9,
             "Omar answers before we have asked. The reports could be faster."),
    Answered(_at(10, 1, 10, 31), "U0BEN", ACME_SHARED, 7),
    Answered(_at(10, 1, 11, 5), "U0GRETA", GLOBEX_SHARED, 10, "We would not go back."),
    Answered(_at(10, 1, 16, 48), "U0HUGO", GLOBEX_SHARED, 5,
             "Good software, but each invoice needs three e-mails."),
    FollowedUp(_at(10, 1, 17, 20), "U0NOOR", SUCCESS,
               "Hugo, three e-mails are two too many. From the next invoice on it is one.",
               "Invoicing", "One e-mail for each invoice, from November on."),
    Said(_at(10, 8, 14, 20), "U0BEN", ACME_SHARED,
         "Our export of orders stops after 1,000 lines since this morning."),
    Said(_at(10, 8, 16, 2), "U0OWNER", ACME_SHARED,
         "Found and mended, Ben: exports are whole again. Ticket 4711 is solved."),
    Said(_at(10, 8, 16, 5), "U0BEN", ACME_SHARED, "Confirmed, all 3,482 lines are there. Thanks!"),
    Said(_at(10, 20, 11, 15), "U0HUGO", GLOBEX_SHARED,
         "Can invoices carry our order number from November on?"),
    Said(_at(10, 21, 9, 50), "U0NOOR", GLOBEX_SHARED,
         "They can, Hugo: it is switched on for you. Ticket 4760 is solved."),
    Said(_at(10, 26, 9, 25), "U0LEAD", SUCCESS,
         "More leave than usual. <@U0OWNER>, what do they say?"),
    Said(_at(10, 26, 9, 31), "U0OWNER", SUCCESS,
         "Mostly one thing: the new price of Team. I ask each of them what would bring them back."),
)  # fmt: skip
"""In the order of their times."""
