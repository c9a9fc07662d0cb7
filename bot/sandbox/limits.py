"""Slack's rate limits: a bucket per method, and one per channel for posting."""

from math import ceil

from bot.sandbox.clock import SandboxClock
from bot.sandbox.settings import Rates


class _Bucket:
    def __init__(self, per_second: float, burst: int, now: float) -> None:
        self._per_second = per_second
        self._burst = burst
        self._left = float(burst)
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until one more is let through; 0 now."""
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        return 0.0 if self._left >= 1 else (1 - self._left) / self._per_second

    def take(self) -> None:
        self._left -= 1


class Limits:
    def __init__(self, rates: Rates, clock: SandboxClock) -> None:
        self._rates = rates
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def retry_after(self, method: str, tier: int, channel: str = "") -> int | None:
        """None where the call is let through; else whole seconds to wait, at least one."""
        if not self._rates.enabled:
            return None
        now = self._clock.now().timestamp()
        needed = [self._method(method, tier, now)]
        if method == "chat.postMessage" and channel:
            needed.append(self._channel(channel, now))
        wait = max(bucket.wait(now) for bucket in needed)
        if wait > 0:
            return max(1, ceil(wait))
        for bucket in needed:
            bucket.take()
        return None

    def _method(self, method: str, tier: int, now: float) -> _Bucket:
        if method not in self._buckets:
            per_minute = burst = self._rates.tiers[tier]
            if method == "chat.postMessage":
                per_minute = self._rates.workspace_posts_per_minute
                burst = self._rates.workspace_post_burst or per_minute
            self._buckets[method] = _Bucket(per_minute / 60, burst, now)
        return self._buckets[method]

    def _channel(self, channel: str, now: float) -> _Bucket:
        name = f"#{channel}"
        if name not in self._buckets:
            rates = self._rates
            self._buckets[name] = _Bucket(rates.posts_per_second, rates.post_burst, now)
        return self._buckets[name]
