"""How far current sensors read above or below a witness that carries the same current.

Notes
-----
Readings in parallel add up to the witness, `S = sum(c_i * r_i) + o` with `c_i` the inverse gains.
Batteries in series carry one current: each reading alone is the witness's, the median of all.
A sum shows at any load; single gains in it show only when the batteries share the current now so,
now so. That is linear regression with noise in the regressors, which
ordinary least squares would take for such variation. So every reading is multiplied with those of
the round before, whose noise is another one (instrumental variables), and what the data do not
tell stays as expected (ridge regression).

References
----------
Young 2011, Recursive Estimation and Time-Series Analysis, chapter 7; Hoerl and Kennard 1970,
Technometrics 12; Huber 1964, Ann. Math. Statist. 35.

"""

from collections.abc import Sequence
from math import exp, hypot, isfinite, sqrt
from typing import Any

from .battery import Amperes, Fraction, Seconds

EXPECTED: Fraction = 0.05
"""Standard deviation of gains before anything is seen: BMS sensors are within some percent."""
OFFSET = 0.15
"""Standard deviation of one sensor's offset, in detection floors."""
FADE = 2000.0
"""Observations after which the oldest have faded to 1/e: about two days under load."""
MEMORY: Seconds = 30 * 86400.0
"""The same in time: sensors drift with the seasons."""
NOISE_RATE = 0.03
CLIP = 3.0
"""Residuals beyond so many standard deviations count less (Huber)."""
RUN = 12
"""Residuals beyond that in a row mean another sensor, not an accident."""
MODEL: Fraction = 0.002
"""Error of a gain that no averaging removes: warmth, sensors that are not quite linear."""

LEAST = 0.1
"""A factor below it is no sensor's."""

type Matrix = list[list[float]]


class Gains:
    """Gains of readings that together are the current of a witness."""

    __slots__ = (
        "_moments", "_noise", "_run", "_sums", "_weights", "count", "since", "time",
    )  # fmt: skip

    def __init__(self, count: int) -> None:
        """Expect each of `count` readings to be right."""
        self._weights = [1 / count] * count
        self.forget()

    def forget(self) -> None:
        """Start anew."""
        size = len(self._weights) + 1
        self._moments: Matrix = [[0.0] * size for _ in range(size)]
        self._sums = [0.0] * size
        self._noise = 0.0
        self._run = 0
        self.count = 0
        self.since: Seconds | None = None
        self.time: Seconds = 0.0

    def observe(
        self,
        time: Seconds,
        before: tuple[Amperes, Sequence[Amperes]],
        now: tuple[Amperes, Sequence[Amperes]],
        floor: Amperes,
    ) -> None:
        """Learn two rounds of one steady stretch: the witness's current and the readings."""
        if not any(now[1]):
            return
        least = (0.03 * floor) ** 2
        if self.since is None:
            self.since = time
            self._noise = 4 * least + (0.02 * now[0]) ** 2
        fade = exp(-max(0.0, time - self.time) / MEMORY) * (1 - 1 / FADE) if self.count else 1.0
        self.time = time
        old, new = [*before[1], 1.0], [*now[1], 1.0]
        factors, _ = self._solve(floor)
        residual = now[0] - sum(c * x for c, x in zip(factors, new, strict=True))
        limit = CLIP * sqrt(self._noise)
        beyond = abs(residual) > limit
        self._run = self._run + 1 if beyond else 0
        if self._run >= RUN:
            self.forget()
            return
        weight = limit / abs(residual) if beyond else 1.0
        clipped = min(abs(residual), limit)
        self._noise = max(least, self._noise + NOISE_RATE * (clipped * clipped - self._noise))
        for row, (one, other) in enumerate(zip(old, new, strict=True)):
            moments = self._moments[row]
            for column in range(len(moments)):
                product = (one * new[column] + other * old[column]) / 2
                moments[column] = moments[column] * fade + weight * product
            product = (one * now[0] + other * before[0]) / 2
            self._sums[row] = self._sums[row] * fade + weight * product
        total = sum(map(abs, now[1]))
        for index, reading in enumerate(now[1]):
            self._weights[index] += NOISE_RATE * (abs(reading) / total - self._weights[index])
        self.count += 1

    def _solve(self, floor: Amperes) -> tuple[list[float], Matrix]:
        """Tell the factors, the offset last, and their covariance."""
        size = len(self._sums)
        noise = self._noise
        ridge = [noise / EXPECTED**2] * (size - 1)
        ridge.append(noise / (OFFSET * floor * sqrt(size - 1)) ** 2)
        moments = [list(row) for row in self._moments]
        sums = list(self._sums)
        for index, strength in enumerate(ridge):
            moments[index][index] += strength
            sums[index] += strength if index < size - 1 else 0.0
        inverse = _inverse(moments)
        factors = [sum(a * b for a, b in zip(row, sums, strict=True)) for row in inverse]
        return factors, [[noise * value for value in row] for row in inverse]

    def estimates(
        self, floor: Amperes, certain: Sequence[Fraction]
    ) -> list[tuple[float, float, bool]]:
        """Tell each gain, its standard deviation, and whether it is its own.

        Those whose standard deviation is above `certain` have one in common.
        """
        if not self.count:
            return []
        factors, covariance = self._solve(floor)
        if min(factors[:-1]) < LEAST:
            return []
        sigmas = [sqrt(max(covariance[i][i], 0.0)) for i in range(len(self._weights))]
        vague = [
            sigma > limit * c for sigma, limit, c in zip(sigmas, certain, factors, strict=False)
        ]
        if sum(vague) < 2:
            vague = [False] * len(vague)
        parts = [weight * doubt for weight, doubt in zip(self._weights, vague, strict=True)]
        whole = sum(parts) or 1.0
        parts = [part / whole for part in parts]
        common = sum(part * c for part, c in zip(parts, factors, strict=False))
        together = _spread(parts, covariance)
        return [
            (1 / common, _sigma(together, common), False)
            if doubt
            else (1 / factor, _sigma(sigma, factor), True)
            for factor, sigma, doubt in zip(factors, sigmas, vague, strict=False)
        ]

    def save(self) -> list[Any]:
        """Give all that is learned, for JSON."""
        return [
            self._moments, self._sums, self._weights, self._noise, self._run, self.count,
            self.since, self.time,
        ]  # fmt: skip

    def restore(self, saved: Sequence[Any]) -> None:
        """Take up what `save` gave, if it is of as many readings; raise ValueError if broken."""
        moments, sums, weights, noise, run, count, since, time = saved
        if len(weights) != len(self._weights):
            return
        size = len(self._sums)
        self._moments = [_numbers(row, size) for row in moments]
        self._sums = _numbers(sums, size)
        self._weights = _numbers(weights, size - 1)
        if len(self._moments) != size:
            raise ValueError("moments")
        self._noise, self._run, self.count = float(noise), int(run), int(count)
        self.since = None if since is None else float(since)
        self.time = float(time)


def _numbers(saved: Sequence[float], count: int) -> list[float]:
    numbers = [float(value) for value in saved]
    if len(numbers) != count or not all(map(isfinite, numbers)):
        raise ValueError("not such numbers")
    return numbers


def _spread(weights: Sequence[float], covariance: Matrix) -> float:
    """Take the standard deviation of a weighted sum."""
    variance = sum(
        a * b * covariance[i][j] for i, a in enumerate(weights) for j, b in enumerate(weights)
    )
    return sqrt(max(variance, 0.0))


def _sigma(factor_sigma: float, factor: float) -> float:
    """Take the standard deviation of a gain from that of its inverse."""
    return hypot(factor_sigma / factor**2, MODEL)


def _inverse(matrix: Matrix) -> Matrix:
    """Invert a symmetric positive matrix by Gauss-Jordan elimination."""
    size = len(matrix)
    rows = [[*row, *(float(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = rows[column] = [value / rows[column][column] for value in rows[column]]
        for index, row in enumerate(rows):
            if index != column and row[column]:
                factor = row[column]
                rows[index] = [a - factor * b for a, b in zip(row, pivot, strict=True)]
    return [row[size:] for row in rows]
