"""What a rule can see before it has seen anything: from a number of customers and their CRR.

Nothing beats the luck of small numbers. With 50 customers no rule tells a bad month from a bad turn
before 7 have left in it, and it is better to say so than to be believed to watch.
"""

from bot.domain.detection import Settings, Sight
from bot.domain.expected import SEASON, unexplained


def sight(
    base: int, crr: float, settings: Settings | None = None, *, history: int = 24
) -> Sight | None:
    """What one period shows of so many customers, of whom the share `crr` (0-1) usually stays.

    As if each of the `history` periods before had been like that. None where the rule keeps quiet
    of so few customers, or nobody ever leaves.
    """
    settings = settings or Settings()
    usual = base * (1 - crr)
    if base < settings.minimum_base or usual <= 0 or history < 1:
        return None
    kappa = max(unexplained(history), settings.unexplained)
    phi = max(1.0, settings.clustering + kappa * usual)
    variance = phi * usual + usual**2 / (min(history, 24) * usual / phi)
    same_time = usual * min(history // 12, 3)
    variance += usual**2 * phi * same_time / (same_time + SEASON * phi) ** 2
    return Sight(base, usual, variance, settings.alpha)
