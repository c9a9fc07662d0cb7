"""Moments as the database keeps them: whole milliseconds since 1970-01-01 UTC."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Cut to the millisecond before. A naive `moment` is a ValueError: it could be any zone's."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment without a zone cannot be stored: {moment}")
    return (moment - _EPOCH) // _MILLISECOND


def from_ms(number: int) -> datetime:
    """Aware, in UTC."""
    return _EPOCH + number * _MILLISECOND


def from_ms_or_none(number: int | None) -> datetime | None:
    return None if number is None else from_ms(number)
