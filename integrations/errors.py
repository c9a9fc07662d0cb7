"""What can go wrong at a source, named by who has to act.

IntegrationError
├── CredentialsRejected   an admin must mend the token or its scopes
├── SourceUnavailable     nobody: the next pull tries again
├── BadRecord             whoever owns the data must mend the record that is named
└── UnexpectedResponse    we must mend the integration

The sentence of each says what happened, where, and what to do. It never holds a secret, a query
string or a customer's words.
"""

from datetime import UTC, date, datetime


class IntegrationError(Exception):
    """A pull that did not reach the end."""

    source: str = ""
    """The source's name; `integrations.customers` writes it, and the sentence begins with it."""

    def __init__(self, sentence: str = "", *, setting: str = "") -> None:
        super().__init__(sentence)
        self.setting = setting
        """The one of the source's settings that would mend it, where it is clear which."""

    def __str__(self) -> str:
        sentence = super().__str__()
        return f"{self.source}: {sentence}" if self.source else sentence


class CredentialsRejected(IntegrationError):
    """The source knows us but not like this."""


class SourceUnavailable(IntegrationError):
    """The source does not answer, or asks us to wait."""

    def __init__(
        self, sentence: str, *, retry_after: float | None = None, setting: str = ""
    ) -> None:
        super().__init__(sentence, setting=setting)
        self.retry_after = retry_after
        """Seconds, where the source said how many."""


class BadRecord(IntegrationError):
    """A row that cannot be true: a date that is none, an end before its beginning."""


def backwards(
    record: str,
    customer: str,
    since: date | datetime | int,
    until: date | datetime | int,
    *,
    where: str,
) -> BadRecord:
    """Of a record (a subscription, by its id) that ends before it begins; moments may be in Unix
    seconds. `where` it can be mended: the product."""
    return BadRecord(
        f"{record} of customer {customer} ends on {_said(until)}, before it begins on"
        f" {_said(since)}; look at it in {where}"
    )


def dateless(record: str, field: str, *, status: str = "", where: str) -> BadRecord:
    """Of a record that does not say a day that it must have, as one of its `status` has. `where` it
    can be mended: the product."""
    lacks = f"is {status} but has no {field}" if status else f"has no {field}"
    return BadRecord(f"{record} {lacks}; look at it in {where}")


def unknown_status(record: str, status: str) -> "UnexpectedResponse":
    """Of a record that is neither one nor the other of what we know."""
    return UnexpectedResponse(
        f"{record} has a status that we do not know ({status[:40]!r}); report it to us"
    )


def _said(at: date | datetime | int) -> str:
    if isinstance(at, int):
        at = datetime.fromtimestamp(at, UTC)
    return f"{at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else f"{at:%Y-%m-%d}"


class UnexpectedResponse(IntegrationError):
    """An answer of a shape that the source's documentation does not show."""
