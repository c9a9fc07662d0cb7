"""The days on which terms end, from what records tell and what was known before."""

from collections.abc import Sequence


def ends_of_terms(
    told: Sequence[Sequence[int]], known: tuple[int, ...] = (), today: int | None = None
) -> tuple[int, ...]:
    """All ends of a customer's terms, each once, ascending; `told` by each of their records.

    A record that tells several days tells all of them, and what it has corrected is corrected. One
    that tells a single day, or none, may tell the next one alone, as the renewal date of most CRMs
    does, which moves on when it has passed: then what is `known` and has passed by `today` stays.
    """
    ends = {day for record in told for day in record}
    if today is not None and all(len(record) <= 1 for record in told):
        ends.update(day for day in known if day <= today)
    return tuple(sorted(ends))
