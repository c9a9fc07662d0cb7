"""What our modules ask is what the vendors' own descriptions of their APIs allow."""

import os
from collections.abc import Iterator
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
    """A kind, and the file that describes what may be asked of its vendor."""

    kind: str
    file: str
    wrong: str
    """A question that it must refuse, to see that it looks."""
    root: str = ""
    """What the file leaves out at the beginning of every path."""
    beyond: tuple[str, ...] = ()
    """Beginnings of paths that the file does not know, being of another part or version."""

    def __str__(self) -> str:
        return self.kind


DESCRIBED = [
    Described("hubspot", "hubspot-companies-v3.yaml", "/crm/v3/objects/companies?limit=many"),
    Described("intercom", "intercom-2.14.yaml", "/companies?page=many"),
    Described("paddle", "paddle-billing-2025-05-27.yaml", "/subscriptions?per_page=many"),
    Described(
        "pipedrive",
        "pipedrive-v1.yaml",
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
def judge(described: Described) -> Iterator[Prism]:
    folder, program = descriptions(), installed()
    if folder is None:
        _missing("KEEPRATE_SPECS names no folder with the vendors' descriptions.")
    if program is None:
        _missing("Prism is not installed here; `make prism` does so where there is npm.")
    assert folder is not None
    assert program is not None
    with serving(program, folder / described.file, root=described.root) as judge:
        yield judge


async def _asked(path: str) -> Asked:
    """A request for it, as a server sees it."""
    async with vendor(says({})) as served, httpx.AsyncClient() as client:
        await client.get(f"{served.url}{path}", headers={"Authorization": "Bearer token"})
    return served.asked[0]


async def test_every_request_is_one_that_the_description_allows(
    described: Described, judge: Prism
) -> None:
    questions: list[Asked] = []
    for reading in readings(described.kind):
        async with replay(reading) as served:
            await reading.read(reading.settings(url=served.url))
        questions += served.asked
    known = [each for each in questions if not each.request.path.startswith(described.beyond)]
    if not known:
        pytest.skip(f"{described.file} is of another version than what is asked")

    objections = [await judge.objects_to(each) for each in known]

    assert [why for why in objections if why is not None] == []


async def test_a_wrong_question_would_be_refused(described: Described, judge: Prism) -> None:
    assert await judge.objects_to(await _asked(described.wrong))
    with pytest.raises(KeyError):
        await judge.objects_to(await _asked(f"{described.root}/nothing/of/the/kind"))


@pytest.mark.parametrize("described", ["paddle"], indirect=True)
async def test_the_vendors_own_examples_make_customers(described: Described, judge: Prism) -> None:
    got = await recordings.records(recordings.settings(described.kind, url=judge.url))

    assert {type(record).__name__ for record in got} == {"DatedStay"}
