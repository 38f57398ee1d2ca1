"""各期的灯：每一期按它自己那一版方案看，所以与那一期的总览相符。"""

from collections import Counter

from ..models import ReportingPeriod
from .ledger import Ledger


class History:
    """到 `ledger` 那一期为止的各期。各期之间方案没有修订过的，同一本台账就能判（不另查库）。"""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._known: dict[int, dict[int, str]] = {}

    def ledger_of(self, period: ReportingPeriod) -> Ledger:
        """看这一期要用的台账：同一版的共用一本。"""
        if period == self.ledger.period or self.ledger.edition_of(period) == self.ledger.edition:
            return self.ledger
        return Ledger(self.ledger.plan, period, self.ledger.today)

    def levels(self, period: ReportingPeriod) -> dict[int, str]:
        """举措 → 这一期的灯。"""
        if period.pk not in self._known:
            ledger = self.ledger_of(period)
            if ledger.period == period:
                found = {line.measure.pk: line.light.level for line in ledger.lines}
            else:
                found = {measure.pk: ledger.light_of(measure, period).level for measure in ledger.measures}
            self._known[period.pk] = found
        return self._known[period.pk]

    def totals(self, period: ReportingPeriod) -> Counter:
        """这一期各灯的项数。"""
        return Counter(self.levels(period).values())
