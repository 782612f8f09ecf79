"""Downloads for bug reports: what a battery reports, and what its bank made of it.

A bank's download can be run through the diagnosis again with script/replay.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from homeassistant.components.diagnostics.util import async_redact_data
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS
from homeassistant.core import HomeAssistant, valid_entity_id

from .bank import BankConfigEntry, BankCoordinator
from .bank_sentence import async_naming, described
from .const import CONF_BATTERIES, CONF_KIND, CONF_SECRET, KIND_BANK
from .coordinator import BatteryConfigEntry, BatteryCoordinator
from .core.battery import Battery
from .core.diagnosis.finding import BankState, Finding
from .core.diagnosis.sentence import sentence
from .core.record import write_reading, write_sample
from .pseudonyms import Aliases, Pseudonyms

type Json = dict[str, Any]

TO_REDACT: Final = {CONF_SECRET, CONF_ADDRESS}
FLAGS: Final = "flags"
"""The evidence in words that are no texts; other words are names of batteries."""


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: ConfigEntry[Any]) -> Json:
    """Return what is known without asking any battery."""
    if entry.data[CONF_KIND] == KIND_BANK:
        return _bank(hass, entry)
    coordinator = _loaded(entry)
    called = None if coordinator is None else coordinator.battery
    names = Pseudonyms({"battery_1": _aliases(entry, seated=called)})
    battery = {} if coordinator is None else _battery(coordinator, names)
    return names.hide({"entry": _entry(entry, names)} | battery)


def _bank(hass: HomeAssistant, entry: BankConfigEntry) -> Json:
    """Return a bank with its batteries and its latest readings."""
    bank: BankCoordinator | None = getattr(entry, "runtime_data", None)
    names = Pseudonyms({"bank": _aliases(entry)} | _members(hass, entry, bank))
    told = {"entry": _entry(entry, names)}
    return names.hide(told if bank is None else told | _loaded_bank(bank, names))


def _members(
    hass: HomeAssistant, entry: BankConfigEntry, bank: BankCoordinator | None
) -> dict[str, Aliases]:
    """Give every battery a number; by now it may have another title, or be gone."""
    seated = {} if bank is None else {seat.entry_id: seat.battery for seat in bank.seats.values()}
    entry_ids = dict.fromkeys([*seated, *entry.data[CONF_BATTERIES]])
    return {
        f"battery_{number}": _aliases(
            hass.config_entries.async_get_entry(entry_id), entry_id, seated.get(entry_id)
        )
        for number, entry_id in enumerate(entry_ids, start=1)
    }


def _loaded_bank(bank: BankCoordinator, names: Pseudonyms) -> Json:
    """Return all of a bank that script/replay needs, and what the bank itself made of it."""
    layout = bank.layout
    batteries = {
        name: replace(known, name=names.text(known.name)) for name, known in bank.batteries.items()
    }
    return {
        "bank": {
            "layout": layout.notation,
            "arrangement": layout.arrangement.value,
            "blocks": layout.blocks,
            "options": asdict(bank.diagnosis.options),
            "removed": sorted(bank.gone),
        },
        "batteries": {name: asdict(known) for name, known in batteries.items()},
        "links": {
            name: None if member is None else _link(member, names)
            for name, member in bank.members.items()
        },
        "state": _state(bank.data)
        | {"findings": [_finding(bank, one, batteries, names) for one in bank.data.findings]},
        "learned": bank.recent.learned,
        "samples": [write_sample(sample) for sample in bank.recent],
    }


def _finding(
    bank: BankCoordinator, finding: Finding, batteries: Mapping[str, Battery], names: Pseudonyms
) -> Json:
    """Return a finding, told of batteries that are called by their pseudonyms already.

    So a battery named "12" does not take the numbers out of the sentence.
    """
    evidence = {
        name: names.text(value) if isinstance(value, str) and name != FLAGS else value
        for name, value in finding.evidence.items()
    }
    finding = replace(finding, evidence=evidence)
    naming = async_naming(bank.hass, batteries, bank.layout)
    return described(finding, batteries, sentence(finding, naming)) | {
        "first_seen": finding.first_seen,
        "last_seen": finding.last_seen,
    }


def _state(state: BankState) -> Json:
    """Return the totals and the diagnosis as they are published, without the findings."""
    return {
        "time": state.time,
        "status": state.status.value,
        "totals": None if state.totals is None else _told(asdict(state.totals)),
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


def _battery(coordinator: BatteryCoordinator, names: Pseudonyms) -> Json:
    """Return one battery with its newest reading."""
    battery = coordinator.battery
    return {
        "battery": asdict(replace(battery, name=names.text(battery.name))),
        "link": _link(coordinator, names),
        "reading": None if coordinator.data is None else write_reading(coordinator.data),
    }


def _link(coordinator: BatteryCoordinator, names: Pseudonyms) -> Json:
    """Return how well a battery is heard, and what it says it is."""
    told = coordinator.source.device_info
    seen, failure = coordinator.last_seen, coordinator.last_exception
    return {
        "maker": {
            name: told.get(name) for name in ("manufacturer", "model", "sw_version", "hw_version")
        },
        "switchable": sorted(coordinator.switchable),
        "link_quality": coordinator.source.link_quality,
        "rssi": coordinator.source.rssi,
        "last_seen": None if seen is None else seen.isoformat(),
        "last_failure": names.text(str(failure)) if failure else None,
        "options": _settings(coordinator.config_entry.options, names),
    }


def _told(values: Mapping[str, Any]) -> Json:
    """Leave out what is not known."""
    return {name: value for name, value in values.items() if value is not None}


def _entry(entry: ConfigEntry[Any], names: Pseudonyms) -> Json:
    """Return the entry as it is set up, whether or not that worked."""
    return {
        "title": names.text(entry.title),
        "state": entry.state.value,
        "reason": names.text(entry.reason) if entry.reason else None,
        "data": _settings(entry.data, names),
        "options": _settings(entry.options, names),
    }


def _settings(values: Mapping[str, Any], names: Pseudonyms) -> Json:
    """Return what was set, in which names stand in the ids of entities only."""
    return {
        key: names.text(value) if isinstance(value, str) and valid_entity_id(value) else value
        for key, value in async_redact_data(dict(values), TO_REDACT).items()
    }


def _loaded(entry: BatteryConfigEntry) -> BatteryCoordinator | None:
    return getattr(entry, "runtime_data", None)


def _aliases(
    entry: ConfigEntry[Any] | None, entry_id: str | None = None, seated: Battery | None = None
) -> Aliases:
    """Return all that a battery or a bank is known by."""
    ids, titles = [entry_id], list[str]()
    if entry is not None:
        ids += [entry.entry_id, entry.unique_id, entry.data.get(CONF_ADDRESS)]
        titles.append(entry.title)
    if seated is not None:
        ids.append(seated.id)
        titles.append(seated.name)
    return Aliases.of(ids, titles)
