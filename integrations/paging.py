"""From one page to the next, by the source's own marker."""

import re

import httpx

from integrations.errors import UnexpectedResponse
from integrations.refusals import address

_LINK = re.compile(r"<(?P<url>[^>]*)>(?P<rest>(?:[^,\"<]|\"[^\"]*\")*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)


def repeated(where: str, page: int) -> UnexpectedResponse:
    """Of a source that gives the same page twice."""
    return UnexpectedResponse(
        f"{where} gave the same page again (page {page}); the pull is thrown away: report it to us"
        " if the next one ends so too"
    )


class Trail:
    """The markers of the pages read so far.

    A source that gives the same one twice would be read for ever.
    """

    def __init__(self, where: str) -> None:
        self._where = address(where)
        self._seen: set[str] = set()

    def follow(self, marker: str) -> str:
        """The marker, if it leads to a page not yet read."""
        if marker in self._seen:
            raise repeated(self._where, len(self._seen) + 1)
        self._seen.add(marker)
        return marker


def link(headers: httpx.Headers, rel: str) -> str | None:
    """The address that a Link header gives for `rel`, as it stands there (RFC 8288)."""
    for found in _LINK.finditer(headers.get("Link", "")):
        told = _REL.search(found["rest"])
        if told is not None and rel in (told[1] or told[2]).lower().split():
            return found["url"]
    return None


def same_host(url: str, following: str) -> str:
    """The address that follows after `url`, made whole, if it is at the same host.

    A token must never travel to another one. A server behind a proxy may call itself http; it is
    asked as `url` is.
    """
    asked = httpx.URL(url)
    try:
        told = asked.join(following)
    except (httpx.InvalidURL, ValueError):
        told = httpx.URL("")
    if asked.scheme == "https" and told.scheme == "http" and told.port is None:
        told = told.copy_with(scheme="https")
    if told.userinfo or (told.scheme, told.host, told.port) != (
        asked.scheme,
        asked.host,
        asked.port,
    ):
        raise UnexpectedResponse(
            f"{address(url)} leads to a page on another host, which must not see the token;"
            " set url: to the address that the API calls itself, or report it to us"
        )
    return str(told)
