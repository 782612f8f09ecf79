"""What the sensors of a bank say besides their value."""

from typing import Any

from .bank import BankCoordinator

type Attributes = dict[str, Any]


def counted(coordinator: BankCoordinator) -> Attributes:
    """Of how many batteries the state of charge is, and how many were heard for it."""
    totals = coordinator.data.totals
    return {} if totals is None else {"batteries": totals.batteries, "heard": totals.online}


def present(coordinator: BankCoordinator) -> Attributes:
    """How many there should be, and who is missing."""
    sample = coordinator.data.sample
    missing = frozenset() if sample is None else sample.missing
    names = {battery: known.name for battery, known in coordinator.batteries.items()}
    return {
        "batteries": len(names),
        "missing": [name for battery, name in names.items() if battery in missing],
        "removed": [name for battery, name in names.items() if battery in coordinator.gone],
    }


def current_source(coordinator: BankCoordinator) -> Attributes:
    """Say whether all batteries report the same current, and why a shunt is not used."""
    totals = coordinator.data.totals
    if totals is None:
        return {}
    attributes: Attributes = {"fleet_current": True} if totals.fleet_current else {}
    if (sample := coordinator.data.sample) is not None and sample.shunt_trouble is not None:
        attributes["shunt"] = str(sample.shunt_trouble)
    return attributes


def reasons(coordinator: BankCoordinator) -> Attributes:
    """Say what is wrong, in sentences, and what could not be judged."""
    state = coordinator.data
    return {
        "findings": [coordinator.sentence(finding) for finding in state.findings],
        "worst": state.findings[0].severity.name.lower() if state.findings else None,
        "not_judged": [
            {"kind": kind, "reason": reason}
            for kind, reason in dict.fromkeys(
                (silent.kind.value, silent.reason.value) for silent in state.not_judged
            )
        ],
    }
