"""Branch currents of a resistive network with sources, after Kirchhoff.

Every current is positive in the direction that charges the battery of its branch, and so is the
current taken or given at the terminals: a load of 100 A is -100.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
import math

from .battery import Amperes, Ohms, Volts

OPEN: Ohms = math.inf
"""Resistance of a branch that does not conduct: an isolated battery, a blown fuse."""


class CircuitError(ValueError):
    """The network has no solution: current is asked of a part that no branch feeds."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A source of `voltage` in series with `resistance`, its plus pole at the node `plus`."""

    plus: Hashable
    minus: Hashable
    resistance: Ohms
    voltage: Volts = 0.0


@dataclass(frozen=True, slots=True)
class Solution:
    """Currents of the branches, in their order, and potentials of the nodes."""

    currents: tuple[Amperes, ...]
    potentials: Mapping[Hashable, Volts]


class TakeOff(StrEnum):
    """Where a daisy chain of batteries is joined to loads and chargers."""

    ONE_END = "one_end"
    """Both poles at the first battery."""
    DIAGONAL = "diagonal"
    """Plus at the first battery, minus at the last."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """Currents of the batteries of a parallel group, and the voltage at its terminals."""

    currents: tuple[Amperes, ...]
    voltage: Volts


def solve(branches: Sequence[Branch], injected: Mapping[Hashable, Amperes]) -> Solution:
    """Solve a network by nodal analysis.

    `injected` is the current that enters each node from outside; its sum is zero. A branch whose
    resistance is OPEN carries nothing. A part that hangs on nothing gets potential 0 at one node.
    Raises CircuitError for a resistance that is not positive and for current without a way.
    """
    if any(not branch.resistance > 0 for branch in branches):
        raise CircuitError("every resistance must be positive")
    nodes = list(dict.fromkeys(node for branch in branches for node in (branch.plus, branch.minus)))
    place = {node: index for index, node in enumerate(nodes)}
    if any(node not in place for node in injected):
        raise CircuitError("current injected at a node without branches")
    matrix = [[0.0] * (len(nodes) + 1) for _ in nodes]
    for node, current in injected.items():
        matrix[place[node]][-1] += current
    for branch in branches:
        conductance = 1.0 / branch.resistance
        plus, minus = place[branch.plus], place[branch.minus]
        matrix[plus][plus] += conductance
        matrix[minus][minus] += conductance
        matrix[plus][minus] -= conductance
        matrix[minus][plus] -= conductance
        matrix[plus][-1] += conductance * branch.voltage
        matrix[minus][-1] -= conductance * branch.voltage
    values = _eliminate(matrix)
    return Solution(
        tuple(
            (values[place[branch.plus]] - values[place[branch.minus]] - branch.voltage)
            / branch.resistance
            for branch in branches
        ),
        {node: values[place[node]] for node in nodes},
    )


def _eliminate(matrix: list[list[float]]) -> list[float]:
    """Solve a symmetric system by Gauss-Jordan; every separate part of it is singular once."""
    size = len(matrix)
    scale = max((abs(row[index]) for index, row in enumerate(matrix)), default=0.0) or 1.0
    flow = max((abs(row[-1]) for row in matrix), default=0.0) or 1.0
    for column in range(size):
        pivot = matrix[column]
        if abs(pivot[column]) <= 1e-12 * scale:
            # All other nodes of this part are expressed by this one: it is the reference.
            if abs(pivot[-1]) > 1e-7 * flow:
                raise CircuitError("current is asked of a part without a way for it")
            for row in matrix:
                row[column] = 0.0
            matrix[column] = [0.0] * (size + 1)
            matrix[column][column] = 1.0
            continue
        for index, row in enumerate(matrix):
            factor = row[column] / pivot[column]
            if index == column or factor == 0.0:
                continue
            for place in range(column, size + 1):
                row[place] -= factor * pivot[place]
    return [row[-1] / row[index] for index, row in enumerate(matrix)]


def busbar(voltages: Sequence[Volts], resistances: Sequence[Ohms], current: Amperes) -> Sharing:
    """Share `current` among batteries that each have a leg of their own to one pair of busbars.

    `voltages` are open-circuit, `resistances` those of battery and leg together (OPEN: isolated).
    Without any conducting battery and any current, the voltage is 0.
    """
    if any(not resistance > 0 for resistance in resistances):
        raise CircuitError("every resistance must be positive")
    conductances = [1.0 / resistance for resistance in resistances]
    total = sum(conductances)
    if total == 0.0:
        if current:
            raise CircuitError("current is asked of a part without a way for it")
        return Sharing((0.0,) * len(conductances), 0.0)
    weighted = sum(g * e for g, e in zip(conductances, voltages, strict=True))
    bus = (current + weighted) / total
    return Sharing(tuple((bus - e) * g for g, e in zip(conductances, voltages, strict=True)), bus)


def ladder(
    voltages: Sequence[Volts],
    resistances: Sequence[Ohms],
    current: Amperes,
    *,
    plus_links: Sequence[Ohms],
    minus_links: Sequence[Ohms],
    take_off: TakeOff = TakeOff.ONE_END,
) -> Sharing:
    """Share `current` among batteries chained one to the next by a link on each rail.

    There is one link fewer than batteries on each rail; a link of 0 joins its ends.
    """
    plus = _rail("plus", plus_links)
    minus = _rail("minus", minus_links)
    if not len(plus) == len(minus) == len(voltages) == len(resistances):
        raise CircuitError("a rail has one link fewer than there are batteries")
    branches = [
        Branch(plus[index], minus[index], resistance, voltage)
        for index, (resistance, voltage) in enumerate(zip(resistances, voltages, strict=True))
    ]
    for rail, links in ((plus, plus_links), (minus, minus_links)):
        branches += [
            Branch(first, second, link)
            for (first, second), link in zip(pairwise(rail), links, strict=True)
            if first != second
        ]
    positive = plus[0]
    negative = minus[0] if take_off is TakeOff.ONE_END else minus[-1]
    solution = solve(branches, {positive: current, negative: -current} if current else {})
    return Sharing(
        solution.currents[: len(voltages)],
        solution.potentials[positive] - solution.potentials[negative],
    )


def _rail(name: str, links: Sequence[Ohms]) -> list[tuple[str, int]]:
    """Name the node of each battery on a rail; a link without resistance keeps the node."""
    nodes = [(name, 0)]
    for link in links:
        if link < 0:
            raise CircuitError("no resistance is negative")
        nodes.append((name, nodes[-1][1] + 1) if link else nodes[-1])
    return nodes
