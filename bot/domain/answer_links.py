"""Links with which one person answers one question on a web page: signed, so that nobody makes one.

What is signed is the question, the person and a word that the link is known by once it was used.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256
from typing import NamedTuple


class AnswerLink(NamedTuple):
    ask: str
    person: str
    once: str
    """Drawn by chance; no two links have the same."""


def signed(link: AnswerLink, key: bytes) -> str:
    """As it stands in an address: letters, digits, - and _, and one dot."""
    said = "\n".join(link).encode()
    return f"{_written(said)}.{_written(_signature(said, key))}"


def read_signed(text: str, key: bytes) -> AnswerLink | None:
    """None for what was not signed with that key, or is cut short."""
    said, _, signature = text.partition(".")
    try:
        read, given = _read(said), _read(signature)
    except (Error, ValueError):
        return None
    if not hmac.compare_digest(_signature(read, key), given):
        return None
    parts = read.decode().split("\n")
    return AnswerLink(*parts) if len(parts) == len(AnswerLink._fields) else None


def _signature(said: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"answer link\n" + said, sha256)


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _read(text: str) -> bytes:
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
