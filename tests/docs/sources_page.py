"""docs/integrations.md, made of what the modules say about themselves.

python -m tests.docs.sources_page writes it anew.
"""

import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

import integrations
from integrations import base, rows
from tests.docs.pages import ROOT

PAGE = ROOT / "docs/integrations.md"

HEAD = """\
# Sources

<!-- Made by `python -m tests.docs.sources_page` of what the modules in integrations/ say. -->

A source is a system that knows your customers, or what they say: a CRM, a helpdesk, a file.
Each has a section under `sources` in `config.yaml`, which begins with its `kind`.
The first source is the truth: the weekly post, the alerts and `/crr` are about its customers.
Of the others, `keeprate crr --source NAME` shows the figures.

A pull reads a source to the end.
What it read is staged in the database page by page, so the memory that it takes does not grow with
the number of records.
One that does not get there changes nothing: what was known is kept.
A pull that a restart or an outage broke off goes on after its last page within six hours where the
source lets it:
CURSORS.
Later, under other settings, or where the source refuses, it begins anew.
What becomes of the three kinds of evidence, and from when there are figures, is in
[What the numbers mean](definitions.md#what-a-source-can-tell).

Some sources know tickets, and ratings that people gave elsewhere; `reads` says what is read of one.
These are asked for what changed every quarter of an hour (`tickets.cron`), and kept as they stand:
a ticket that is solved again is the same ticket.
A reading of tickets that was broken off goes on where it was at Zendesk, Freshdesk, Salesforce and
Dynamics, which tell changes in their order, and is made anew elsewhere.
What begins anew says why under "Broken off".
A source that gives nothing else must not be the first one.

Tokens and passwords belong in the environment, or in a file `.env` beside `config.yaml`: write
`${NAME}` where the value would stand.
A refresh token that the vendor replaces when it is used is kept in the database, and the one in
`config.yaml` counts again as soon as it is another one.

## Settings of every source

"""


def page() -> str:
    parts = [
        HEAD.replace("CURSORS", textwrap.fill(", ".join(_going_on()), 100)),
        "\n".join(_table(base.Settings, set())),
        "\n",
    ]
    for kind in integrations.available():
        parts += ["\n", *_source(kind)]
    return "".join(parts)


def _going_on() -> Iterator[str]:
    """What the systems are called of which a pull can go on."""
    for kind in integrations.available():
        reading = getattr(integrations.load(kind), "customers", None)
        if reading is not None and "after" in inspect.signature(reading).parameters:
            yield _title(kind)[0]


def _title(kind: str) -> tuple[str, str, str]:
    """What a system is called, what it is, and all else that its module says."""
    title, _, rest = (inspect.getdoc(integrations.load(kind)) or "").partition("\n")
    name, _, what = title.partition(": ")
    return name, what, rest


def _source(kind: str) -> Iterator[str]:
    module = integrations.load(kind)
    name, what, rest = _title(kind)
    yield f"## {name}\n\n`kind: {kind}`. {what[:1].upper()}{what[1:]}\n\n"
    yield from _said(rest.strip().splitlines())
    own = set(base.Settings.model_fields)
    yield f"| setting of `{kind}` | if left out | what it is |\n"
    yield "\n".join(_table(module.Settings, own)[1:])
    yield "\n"
    yield from _inner(kind, module.Settings)


def _inner(kind: str, model: type[BaseModel]) -> Iterator[str]:
    """What may stand inside of settings that have settings; first what all of them have."""
    inner = {
        name: inside
        for name, field in model.model_fields.items()
        for inside in get_args(field.annotation)
        # What every source has is told once, at the top of the page.
        if name not in base.Settings.model_fields
        and isinstance(inside, type)
        and issubclass(inside, BaseModel)
    }
    common: set[str] = set()
    if len(inner) > 1:
        one, *others = inner.values()
        common = {
            name
            for name, field in one.model_fields.items()
            if all(
                name in other.model_fields
                and _default(other, name, other.model_fields[name]) == _default(one, name, field)
                for other in others
            )
        }
        names = ", ".join(f"`{name}`" for name in inner)
        yield f"\n| in each of {names} | if left out | what it is |\n"
        yield "\n".join(_table(one, set(one.model_fields) - common)[1:])
        yield "\n"
    for name, each in inner.items():
        yield f"\n| in `{name}` of `{kind}` | if left out | what it is |\n"
        yield "\n".join(_table(each, common)[1:])
        yield "\n"


def _said(lines: list[str]) -> Iterator[str]:
    """The docstring's lines: what begins with a word and a colon becomes an item of a list."""
    items: list[list[str]] = []
    links: list[str] = []
    for line in lines:
        if line.startswith("https://"):
            links.append(line)
        elif begun := re.match(r"([A-Z][\w, ]{2,24}|`\w+`)(:| -) (.*)", line):
            inner = begun[1].startswith("`")
            text = f"{begun[1]}: {begun[3]}" if inner else f"**{begun[1]}**: {begun[3]}"
            items.append([("  - " if inner else "- ") + text])
        elif line.strip():
            items[-1].append(line)
    for item in items:
        indent = "    " if item[0].startswith("  ") else "  "
        yield f"\n{indent}".join(item) + "\n"
    for link in links:
        yield f"- <{link}>\n"
    yield "\n"


def _table(model: type[BaseModel], without: set[str]) -> list[str]:
    lines = ["| setting | if left out | what it is |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if name not in without:
            lines.append(f"| `{name}` | {_default(model, name, field)} | {field.description} |")
    return lines


def _default(model: type[BaseModel], name: str, field: FieldInfo) -> str:
    match name:
        case "name":
            return "its kind"
        case "reads":
            return "what it gives, but counts"
        case "customer_name":
            return "`name`, if there is such a column"
        case "requests_per_second":
            return ", ".join(_paces())
    if field.is_required():
        return "must be given"
    value: Any = field.get_default(call_default_factory=True)
    word = issubclass(model, rows.RowFields) and name in ("since", "until", "on")
    if value is None:
        return f"`{name}`" if word else "nothing"
    if isinstance(value, tuple):
        return ", ".join(f"`{part}`" for part in value)
    if isinstance(value, bool):
        return f"`{value}`".lower()
    return f"`{value}`" if value else "nothing"


def _paces() -> Iterator[str]:
    usual = base.Settings.requests_per_second_default
    yield f"{usual:g}"
    for kind in integrations.available():
        own = integrations.load(kind).Settings.requests_per_second_default
        if own != usual:
            yield f"of {kind} {own:g}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
