"""Downloads for bug reports: what a battery reports, and what its bank made of it.

A bank's download can be run through the diagnosis again with script/replay.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics.util import async_redact_data
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import HomeAssistant

from .bank import BankConfigEntry, BankCoordinator
from .bank_sentence import described
from .const import CONF_BATTERIES, CONF_KIND, CONF_SECRET, KIND_BANK
from .coordinator import BatteryConfigEntry, BatteryCoordinator
from .core.diagnosis.finding import BankState
from .core.record import write_reading, write_sample
from .pseudonyms import Pseudonyms

type Json = dict[str, Any]

TO_REDACT: Final = {CONF_SECRET, CONF_ADDRESS}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Json:
    """Return what is known without asking any battery."""
    if entry.data[CONF_KIND] == KIND_BANK:
        return _bank(hass, entry)
    aliases = _aliases(entry)
    coordinator = _loaded(entry)
    battery = {} if coordinator is None else _battery(coordinator)
    return Pseudonyms([aliases]).hide({"entry": _entry(entry)} | battery)


def _bank(hass: HomeAssistant, entry: BankConfigEntry) -> Json:
    """Return a bank with its batteries and its latest readings."""
    members = [
        hass.config_entries.async_get_entry(entry_id) for entry_id in entry.data[CONF_BATTERIES]
    ]
    coordinator: BankCoordinator | None = getattr(entry, "runtime_data", None)
    if coordinator is None:
        aliases = [_aliases(member) if member else [] for member in members]
        return Pseudonyms(aliases).hide({"entry": _entry(entry)})
    aliases = [
        [seat.battery.id, seat.battery.name, *(_aliases(member) if member else [seat.entry_id])]
        for seat, member in zip(coordinator.seats.values(), members, strict=True)
    ]
    layout = coordinator.layout
    return Pseudonyms(aliases).hide(
        {
            "entry": _entry(entry),
            "bank": {
                "layout": layout.notation,
                "arrangement": layout.arrangement.value,
                "blocks": layout.blocks,
                "options": asdict(coordinator.diagnosis.options),
                "removed": sorted(coordinator.gone),
            },
            "batteries": {name: asdict(known) for name, known in coordinator.batteries.items()},
            "links": {
                name: None if member is None else _link(member)
                for name, member in coordinator.members.items()
            },
            "state": _state(coordinator, coordinator.data),
            "learned": coordinator.recent.learned,
            "samples": [write_sample(sample) for sample in coordinator.recent],
        }
    )


def _state(bank: BankCoordinator, state: BankState) -> Json:
    """Return the diagnosis and the totals as they are published."""
    return {
        "time": state.time,
        "status": state.status.value,
        "totals": None if state.totals is None else _told(asdict(state.totals)),
        "findings": [
            described(finding, bank.batteries, bank.sentence(finding))
            | {"first_seen": finding.first_seen, "last_seen": finding.last_seen}
            for finding in state.findings
        ],
        "not_judged": [
            {"kind": silent.kind.value, "reason": silent.reason, "batteries": silent.batteries}
            for silent in state.not_judged
        ],
        "estimates": {
            name: {battery: asdict(estimate) for battery, estimate in estimates.items()}
            for name, estimates in (
                ("share", state.share),
                ("own_resistance", state.own_resistance),
                ("path_resistance_excess", state.path_resistance_excess),
                ("current_gain", state.current_gain),
            )
        },
        "shunt_trouble": state.sample.shunt_trouble if state.sample else None,
        "fair_share": dict(state.fair_share),
        "circulating_current": state.circulating_current,
        "ready_to_parallel": state.ready_to_parallel,
    }


def _battery(coordinator: BatteryCoordinator) -> Json:
    """Return one battery with its newest reading."""
    return {
        "battery": asdict(coordinator.battery),
        "link": _link(coordinator),
        "reading": None if coordinator.data is None else write_reading(coordinator.data),
    }


def _link(coordinator: BatteryCoordinator) -> Json:
    """Return how well a battery is heard, and what it says it is."""
    told = coordinator.source.device_info
    seen = coordinator.last_seen
    return {
        "maker": {
            name: told.get(name) for name in ("manufacturer", "model", "sw_version", "hw_version")
        },
        "switchable": sorted(coordinator.switchable),
        "link_quality": coordinator.source.link_quality,
        "rssi": coordinator.source.rssi,
        "last_seen": None if seen is None else seen.isoformat(),
        "last_failure": str(coordinator.last_exception) if coordinator.last_exception else None,
        "options": async_redact_data(dict(coordinator.config_entry.options), TO_REDACT),
    }


def _told(values: Mapping[str, Any]) -> Json:
    """Leave out what is not known."""
    return {name: value for name, value in values.items() if value is not None}


def _entry(entry: ConfigEntry[Any]) -> Json:
    """Return the entry as it is set up, whether or not that worked."""
    return {
        "title": entry.title,
        "state": entry.state.value,
        "reason": entry.reason,
        "data": async_redact_data(dict(entry.data), TO_REDACT),
        "options": async_redact_data(dict(entry.options), TO_REDACT),
    }


def _loaded(entry: BatteryConfigEntry) -> BatteryCoordinator | None:
    return getattr(entry, "runtime_data", None)


def _aliases(entry: ConfigEntry[Any]) -> list[str]:
    """Return all that a battery is known by."""
    known = (entry.unique_id, entry.title, entry.entry_id, entry.data.get(CONF_ADDRESS))
    return [name for name in known if name]
