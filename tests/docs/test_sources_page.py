"""docs/integrations.md says what the modules in integrations/ say."""

import integrations
from tests.docs.sources_page import PAGE, page


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
