"""What stands at a dotted path of an answer: account.id, tags.0, contacts.*.email."""

from typing import Any

from integrations.errors import UnexpectedResponse
from integrations.helpdesk import word
from integrations.rows import shown

NOTHING = object()
"""Where nothing stands, which is not null."""


def cell(row: Any, path: str, where: str) -> Any:
    """What stands at a path of the settings: nothing but a text, a number, or a list of them."""
    found = reach(row, path.removesuffix("?"))
    if found is NOTHING:
        if path.endswith("?"):
            return None
        raise UnexpectedResponse(
            missing(where, row, path, f'write "{path}?" if it may be left out')
        )
    if isinstance(found, bool):
        return word(found)
    listed = found if isinstance(found, list) else [found]
    if any(isinstance(each, dict | list) for each in listed):
        raise UnexpectedResponse(f'{where} has {what_is(found)} at "{path}"; name a field inside')
    return found


def reach(body: Any, path: str) -> Any:
    """What stands at a dotted path; `NOTHING` if nothing does, None behind a null."""
    if isinstance(body, dict) and path in body:  # a name may have dots in it: @odata.nextLink
        return body[path]
    if body is None:
        return None
    head, dot, rest = path.partition(".")
    if isinstance(body, dict):
        inner = body.get(head, NOTHING)
    elif isinstance(body, list) and head == "*":
        every = [reach(each, rest) if dot else each for each in body]
        return [each for each in every if each is not NOTHING and each is not None]
    elif isinstance(body, list) and head.lstrip("-").isdecimal():
        try:
            inner = body[int(head)]
        except IndexError:
            inner = NOTHING
    else:
        return NOTHING
    return reach(inner, rest) if dot and inner is not NOTHING else inner


def missing(where: str, body: Any, path: str, remedy: str) -> str:
    """What is there instead of what stands at a path: names alone, nothing of what they hold; and
    the `remedy`."""
    found, gone, rest = body, "", path.removesuffix("?")
    while rest:
        head, _, rest = rest.partition(".")
        inner = reach(found, head)
        if inner is NOTHING:
            break
        found, gone = inner, f"{gone}.{head}".strip(".")
    at = f'; at "{gone}" there is {what_is(found)}' if gone else f", but {what_is(found)}"
    return f'{where} has no "{path.removesuffix("?")}"{at}; {remedy}'


def what_is(found: Any) -> str:
    match found:
        case dict():
            names = [shown(name) for name in found]
            more = f" and {len(names) - 20} more" if len(names) > 20 else ""
            return f"an object with {', '.join(names[:20])}{more}" if names else "an empty object"
        case list():
            return f"a list of {len(found)}"
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case _:
            return "a number"
