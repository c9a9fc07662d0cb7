"""docs/integrations.md says what the modules in integrations/ say."""

import inspect
import re

import pytest

import integrations
from tests.docs.sources_page import PAGE, page

HEADINGS = ("auth", "customer", "since", "until", "history", "limits", "traps")


def test_the_page_is_made_of_the_modules_as_they_are() -> None:
    assert PAGE.read_text() == page(), "write it anew: python -m tests.docs.sources_page"


def test_every_setting_of_every_kind_has_a_sentence() -> None:
    for kind in integrations.available():
        for name, field in integrations.load(kind).Settings.model_fields.items():
            assert field.description, f"{kind}: {name} is not described"
            assert f"| `{name}` |" in page()


def test_nothing_of_a_docstring_is_left_out() -> None:
    words = page().replace("**", "").replace(" - ", ": ").split()
    for kind in integrations.available():
        said = (integrations.load(kind).__doc__ or "").partition("\n")[2].replace(" - ", ": ")
        for line in said.splitlines():
            if not line.startswith("https://"):
                assert " ".join(line.split()[2:]) in " ".join(words), f"{kind}: {line}"


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("kind", integrations.available())
def test_every_system_says_this_of_itself(kind: str, heading: str) -> None:
    [section] = re.findall(rf"(?s)^`kind: {kind}`.*?(?=^## |\Z)", page(), re.MULTILINE)
    told = re.findall(r"^- \*\*([^*]+)\*\*: \S", section, re.MULTILINE)

    assert heading in {word.strip().lower() for words in told for word in words.split(",")}


@pytest.mark.parametrize("kind", integrations.available())
def test_what_begins_anew_after_it_was_broken_off_says_why(kind: str) -> None:
    module = integrations.load(kind)
    readings = [getattr(module, name, None) for name in ("customers", "tickets", "ratings")]
    begins_anew = any(
        reading is not None
        and "after" not in inspect.signature(reading).parameters
        and "up_to=" not in inspect.getsource(reading)
        for reading in readings
    )

    assert not begins_anew or "\nBroken off: " in str(module.__doc__)
