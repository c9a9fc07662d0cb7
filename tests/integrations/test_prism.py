"""What our modules ask is what the vendors' own descriptions of their APIs allow."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import httpx
import pytest

import integrations
from tests.integrations import recordings
from tests.integrations.prism import Prism, descriptions, installed, serving
from tests.integrations.recordings import readings, replay
from tests.integrations.vendor import Asked, says, vendor


@dataclass(frozen=True)
class Described:
    """A kind, and the files that describe what may be asked of its vendor."""

    kind: str
    files: tuple[str, ...]
    wrong: str
    """A question that it must refuse, to see that it looks."""
    root: str = ""
    """What the files leave out at the beginning of every path."""
    beyond: tuple[str, ...] = ()
    """Beginnings of paths that the files do not know, being of another part or version."""

    def __str__(self) -> str:
        return self.kind


DESCRIBED = [
    Described(
        "hubspot",
        tuple(f"hubspot-{what}-v3.yaml" for what in ("companies", "contacts", "tickets")),
        "/crm/v3/objects/companies?limit=many",
        beyond=("/crm/v3/owners", "/crm/v4/"),
    ),
    Described("intercom", ("intercom-2.14.yaml",), "/companies?page=many"),
    Described("paddle", ("paddle-billing-2025-05-27.yaml",), "/subscriptions?per_page=many"),
    Described(
        "pipedrive",
        ("pipedrive-v1.yaml",),
        "/api/v1/organizations?start=many",
        root="/api/v1",
        beyond=("/api/v2/",),
    ),
]

HERE = [each.kind for each in DESCRIBED if each.kind in integrations.available()]


def _missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module", params=HERE)
def described(request: pytest.FixtureRequest) -> Described:
    named: str = request.param
    return next(each for each in DESCRIBED if each.kind == named)


@pytest.fixture(scope="module")
def judges(described: Described) -> Iterator[list[Prism]]:
    folder, program = descriptions(), installed()
    if folder is None:
        _missing("KEEPRATE_SPECS names no folder with the vendors' descriptions.")
    if program is None:
        _missing("Prism is not installed here; `make prism` does so where there is npm.")
    assert folder is not None
    assert program is not None
    with ExitStack() as all_of_them:
        yield [
            all_of_them.enter_context(serving(program, folder / file, root=described.root))
            for file in described.files
        ]


async def _objection(judges: Sequence[Prism], asked: Asked) -> str | None:
    """What the one that knows the path has against it. Raises KeyError if none of them does."""
    for judge in judges:
        with suppress(KeyError):
            return await judge.objects_to(asked)
    raise KeyError(f"{asked.request.method} {asked.request.path}")


async def _asked(path: str) -> Asked:
    """A request for it, as a server sees it."""
    async with vendor(says({})) as served, httpx.AsyncClient() as client:
        await client.get(f"{served.url}{path}", headers={"Authorization": "Bearer token"})
    return served.asked[0]


async def test_every_request_is_one_that_the_description_allows(
    described: Described, judges: list[Prism]
) -> None:
    questions: list[Asked] = []
    for reading in readings(described.kind):
        async with replay(reading) as served:
            await reading.read(reading.settings(url=served.url))
        questions += served.asked
    known = [each for each in questions if not each.request.path.startswith(described.beyond)]
    if not known:
        pytest.skip(f"{described.files[0]} is of another version than what is asked")

    objections = [await _objection(judges, each) for each in known]

    assert [why for why in objections if why is not None] == []


async def test_a_wrong_question_would_be_refused(described: Described, judges: list[Prism]) -> None:
    assert await _objection(judges, await _asked(described.wrong))
    with pytest.raises(KeyError):
        await _objection(judges, await _asked(f"{described.root}/nothing/of/the/kind"))


@pytest.mark.parametrize("described", ["paddle"], indirect=True)
async def test_the_vendors_own_examples_make_customers(
    described: Described, judges: list[Prism]
) -> None:
    got = await recordings.records(recordings.settings(described.kind, url=judges[0].url))

    assert {type(record).__name__ for record in got} == {"DatedStay"}
