"""The whole diagnosis of a bank as data."""

from typing import Any

from homeassistant.util.dt import utc_from_timestamp

from .bank import BankCoordinator
from .bank_sentence import described, sensor_sentences
from .core.battery import Seconds
from .core.diagnosis.finding import Estimate
from .core.diagnosis.sentence import why_not
from .measure import by_name


def diagnosis_report(bank: BankCoordinator) -> dict[str, Any]:
    """Return findings with evidence, estimates with uncertainty, and what was not judged."""
    state, naming = bank.data, bank.naming
    return {
        "bank": bank.config_entry.title,
        "status": state.status.value,
        "findings": [
            described(finding, bank.batteries, bank.sentence(finding))
            | {"first_seen": _moment(finding.first_seen), "last_seen": _moment(finding.last_seen)}
            for finding in state.findings
        ],
        "current_share": by_name(bank, {b: _told(e, 100) for b, e in state.share.items()}),
        "fair_share": by_name(bank, {b: round(100 * s, 1) for b, s in state.fair_share.items()}),
        "own_resistance": by_name(
            bank, {b: _told(e, 1000) for b, e in state.own_resistance.items()}
        ),
        "path_resistance_excess": by_name(
            bank, {b: _told(e, 1000) for b, e in state.path_resistance_excess.items()}
        ),
        "current_gain": by_name(
            bank,
            {
                b: {**_told(e, 100), "witness": e.witness.value}
                for b, e in state.current_gain.items()
            },
        ),
        "current_sensors": sensor_sentences(state, naming),
        "circulating_current": state.circulating_current,
        "ready_to_parallel": state.ready_to_parallel,
        "not_judged": [
            {
                "kind": item.kind.value,
                "reason": item.reason,
                "batteries": naming.names(item.batteries),
                "message": why_not(item, naming),
            }
            for item in state.not_judged
        ],
    }


def _told(estimate: Estimate, factor: float) -> dict[str, Any]:
    """Return an estimate in % or milliohms, and from when to when it was observed."""
    return {
        "value": round(factor * estimate.value, 2),
        "sigma": round(factor * estimate.sigma, 2),
        "count": estimate.count,
        "since": _moment(estimate.since),
        "latest": _moment(estimate.latest),
    }


def _moment(time: Seconds | None) -> str | None:
    return None if time is None else utc_from_timestamp(time).isoformat(timespec="seconds")
