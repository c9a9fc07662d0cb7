"""Who was kept, who was lost, who is new: the customer retention rate over identities."""

from dataclasses import dataclass

from bot.domain.columns import Codes
from bot.domain.period import Period


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of one period."""

    opening: int
    closing: int
    kept: int
    lost: int
    new: int
    won_back: int
    early_losses: int

    @property
    def crr(self) -> float | None:
        """kept / opening, a fraction; None when there was nobody to keep."""
        return self.kept / self.opening if self.opening else None


@dataclass(frozen=True, eq=False, slots=True)
class Retention:
    """Who makes up the numbers of one period: sorted codes of customers, each at most once."""

    period: Period
    opening: Codes
    closing: Codes
    kept: Codes
    lost: Codes
    new: Codes
    won_back: Codes
    early_losses: Codes

    @property
    def counts(self) -> Counts:
        return Counts(
            opening=len(self.opening),
            closing=len(self.closing),
            kept=len(self.kept),
            lost=len(self.lost),
            new=len(self.new),
            won_back=len(self.won_back),
            early_losses=len(self.early_losses),
        )
