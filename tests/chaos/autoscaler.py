"""How many replicas KEDA and the HorizontalPodAutoscaler under it would have, from one look to the next."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Any

SYNC = 15.0
"""Seconds between two looks of the HorizontalPodAutoscaler, by default."""
_TOLERANCE = 0.1
_WINDOW = 300.0
_PODS, _PERCENT = 4, 100


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a ScaledObject says."""

    target: int
    least: int
    most: int
    cooldown: float = 300.0

    @classmethod
    def of(cls, scaled_object: dict[str, Any]) -> "Rule":
        """Of one trigger on a storage queue."""
        (trigger,) = scaled_object["triggers"]
        return cls(
            target=int(trigger["metadata"]["queueLength"]),
            least=scaled_object["minReplicaCount"],
            most=scaled_object["maxReplicaCount"],
            cooldown=float(scaled_object["cooldownPeriod"]),
        )


class Autoscaler:
    """From one replica to `most`: Kubernetes' formula and its default behaviour. From none to one, and back: KEDA's."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self.replicas = rule.least
        self._wanted: deque[tuple[float, int]] = deque()
        self._active_at = -math.inf

    def look(self, now: float, metric: int) -> int:
        """How many there are from now on."""
        if metric > 0:
            self._active_at = now
        if self.replicas == 0:
            self.replicas = 1 if metric > 0 else 0
            return self.replicas
        wanted = self._stable(now, self._formula(metric))
        if wanted > self.replicas:
            # At most twice as many, or four more, whatever is more, in fifteen seconds.
            wanted = min(wanted, max(self.replicas * (100 + _PERCENT) // 100, self.replicas + _PODS))
        self.replicas = max(wanted, self._rule.least, 1)
        is_idle = metric == 0 and now - self._active_at >= self._rule.cooldown
        if self._rule.least == 0 and is_idle:
            self.replicas = 0
        return self.replicas

    def _formula(self, metric: int) -> int:
        """`ceil(metric / target)`, unless that is nearly what there is."""
        if abs(metric / (self._rule.target * self.replicas) - 1) <= _TOLERANCE:
            return self.replicas
        return min(max(math.ceil(metric / self._rule.target), self._rule.least), self._rule.most)

    def _stable(self, now: float, wanted: int) -> int:
        """Down only to the most that was wanted in the last five minutes; up at once."""
        self._wanted.append((now, wanted))
        while self._wanted[0][0] <= now - _WINDOW:
            self._wanted.popleft()
        return max(wanted, min(self.replicas, max(each for _, each in self._wanted)))
