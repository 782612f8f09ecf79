"""A bank as the card needs it: how it is joined, who shares with whom, and what is wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from statistics import fmean
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .bank import BankCoordinator
from .bank_device import async_battery_device
from .bank_member_sensors import SENSORS
from .bank_seats import Member
from .bank_sentence import described
from .const import DOMAIN
from .core.battery import Amperes, BatterySample
from .core.diagnosis.finding import BankState, Finding, Severity
from .core.diagnosis.rules import BY_SCALE, Scale
from .core.interlock import may_switch
from .core.judgement import TRUSTED_SHARE
from .issues import issue_id
from .permission import device_id_of
from .refusal import sentence
from .switching import SWITCHGEAR

type Json = dict[str, Any]
type Readings = Mapping[str, BatterySample]
type Branches = tuple[tuple[str, ...], ...]

NORMAL: Final = (BY_SCALE[Scale.SHARE_LOW][0].clear, BY_SCALE[Scale.SHARE_HIGH][0].clear)
"""Shares, in parts of the fair one, that nobody has to hear of."""
TELLING_CURRENT: Final[Amperes] = 5
"""Of branches together, below which the parts of a moment say nothing."""
OF_THE_BANK: Final = frozenset(sensor.key for sensor in SENSORS)
"""Entities on a battery's device that belong to its bank."""


@callback
def bank_view(hass: HomeAssistant, bank: BankCoordinator) -> Json:
    """Return the bank in JSON; volts, parts of 1, and seconds since the epoch.

    Measured values are not in it where an entity has them: `entities` tells, by key, which.
    """
    entry, state, layout = bank.config_entry, bank.data, bank.layout
    heard = state.sample.batteries if state.sample is not None else {}
    device_id = device_id_of(hass, entry.entry_id, entry.entry_id)
    return {
        "name": entry.title,
        "device_id": device_id,
        "notation": layout.notation,
        "arrangement": layout.arrangement.value,
        "blocks": layout.blocks,
        "entities": _entities(hass, device_id, entry.entry_id),
        "batteries": {
            battery: _battery(hass, bank, battery, seat) for battery, seat in bank.seats.items()
        },
        "sharing": [_group(state, group, heard) for group in layout.sharing],
        "apart": _apart(bank.seats, heard),
        "normal": NORMAL,
        "status": state.status.value,
        "findings": [_finding(bank, finding) for finding in state.findings],
    }


def _battery(hass: HomeAssistant, bank: BankCoordinator, battery: str, seat: Member) -> Json:
    device = async_battery_device(hass, seat)
    sample = bank.data.sample
    reading = sample.batteries.get(battery) if sample is not None else None
    newest = seat.coordinator.data if seat.coordinator is not None else None
    known: Json = {
        "name": device_name(device) or seat.battery.name,
        "device_id": device.id if device else None,
        "entities": {},
        "online": reading is not None,
        "gone": seat.gone,
        "seen": newest.time if newest is not None else None,
        "cells": [],
        "discharge_enabled": None,
        "charge_enabled": None,
        "refused": [],
    }
    if device is not None:
        own = _entities(hass, device.id, battery)
        of_bank = _entities(hass, device.id, f"{bank.config_entry.entry_id}_{battery}")
        known["entities"] = own | {key: of_bank[key] for key in OF_THE_BANK & of_bank.keys()}
    if reading is not None:
        known["cells"] = reading.cells
        known["discharge_enabled"] = reading.discharge_enabled
        known["charge_enabled"] = reading.charge_enabled
    if "discharge" in known["entities"]:
        known["refused"] = _refused(hass, bank, seat)
    return known


def _refused(hass: HomeAssistant, bank: BankCoordinator, seat: Member) -> list[str]:
    """Return why the interlock would not let the discharge be switched over, as last read."""
    if seat.coordinator is None:
        return []
    gear, sample = hass.data[SWITCHGEAR], bank.data.sample
    heard = sample.batteries if sample is not None else {}
    off, seen = gear.watched(seat.coordinator)
    reading = heard.get(off.battery)
    verdict = may_switch(
        replace(off, on=reading is not None and reading.discharge_enabled is False), seen
    )
    # Batteries that are heard are read anew before they are switched.
    return [
        sentence(check, gear.names())
        for check in verdict.reasons
        if check.key != "readings_fresh" or not heard.keys() >= set(check.batteries)
    ]


def device_name(device: dr.DeviceEntry | None) -> str | None:
    """Return the name that the owner gave to a device, else its own."""
    return None if device is None else device.name_by_user or device.name


def _group(state: BankState, group: Branches, heard: Readings) -> list[Json]:
    """Return the shares of branches in parallel: learned ones that can be trusted, and of now."""
    currents = [heard[one[0]].current if one[0] in heard else None for one in group]
    known = [current for current in currents if current is not None]
    total = sum(known) if len(known) == len(group) else None
    enough = total is not None and abs(total) >= TELLING_CURRENT
    return [
        _branch(state, branch, total)
        # Nothing of a negative current is -0.0, which would be shown.
        | {"now": current / total + 0.0 if enough and total and current is not None else None}
        for branch, current in zip(group, currents, strict=True)
    ]


def _branch(state: BankState, branch: tuple[str, ...], total: Amperes | None) -> Json:
    """Return a share as far as it can be trusted, the fair one, and the amperes above that."""
    share, fair = state.share.get(branch[0]), state.fair_share.get(branch[0])
    told: Json = {"batteries": branch, "fair": fair, "share": None, "sigma": None, "excess": None}
    if share is not None and share.sigma <= TRUSTED_SHARE:
        told |= {"share": share.value, "sigma": share.sigma}
        if fair is not None and total is not None:
            told["excess"] = (share.value - fair) * abs(total)
    return told


def _apart(batteries: Iterable[str], heard: Readings) -> dict[str, dict[str, float | None]]:
    """Return how far voltage and state of charge of each battery are from the mean of all."""
    volts = from_mean({name: reading.voltage for name, reading in heard.items()})
    soc = from_mean({name: reading.soc for name, reading in heard.items()})
    return {name: {"volts": volts.get(name), "soc": soc.get(name)} for name in batteries}


def from_mean(values: Mapping[str, float | None]) -> dict[str, float]:
    """Return the distances of the known values from their mean; none of a single value."""
    known = {name: value for name, value in values.items() if value is not None}
    return {name: value - fmean(known.values()) for name, value in known.items() if len(known) > 1}


def _finding(bank: BankCoordinator, finding: Finding) -> Json:
    entry_id = bank.config_entry.entry_id
    repairable = finding.severity > Severity.NOTE
    told = described(finding, bank.batteries, bank.sentence(finding))
    return {
        "kind": told["kind"],
        "cause": told["cause"],
        "severity": told["severity"],
        "message": told["message"],
        "batteries": finding.batteries,
        "since": finding.first_seen,
        "issue": issue_id(entry_id, finding, len(bank.batteries)) if repairable else None,
    }


def _entities(hass: HomeAssistant, device_id: str, prefix: str) -> dict[str, str]:
    """Return by key the enabled entities of ours whose unique id begins with this."""
    return {
        entity.unique_id.removeprefix(f"{prefix}_"): entity.entity_id
        for entity in er.async_entries_for_device(er.async_get(hass), device_id)
        if entity.platform == DOMAIN and entity.unique_id.startswith(f"{prefix}_")
    }
