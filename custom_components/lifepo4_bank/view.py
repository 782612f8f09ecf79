"""A bank as the card needs it: how it is joined, who shares with whom, and what is wrong."""

from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .bank import BankCoordinator
from .bank_device import async_battery_device
from .bank_member_sensors import SENSORS
from .bank_seats import Member
from .bank_sentence import described
from .const import DOMAIN
from .core.diagnosis.finding import BankState, Finding, Severity
from .core.diagnosis.rules import BY_SCALE, Scale
from .core.judgement import TRUSTED_SHARE
from .issues import issue_id
from .permission import device_id_of

type Json = dict[str, Any]

NORMAL: Final = (BY_SCALE[Scale.SHARE_LOW][0].clear, BY_SCALE[Scale.SHARE_HIGH][0].clear)
"""Shares, in parts of the fair one, that nobody has to hear of."""
OF_THE_BANK: Final = frozenset(sensor.key for sensor in SENSORS)
"""Entities on a battery's device that belong to its bank."""


@callback
def bank_view(hass: HomeAssistant, bank: BankCoordinator) -> Json:
    """Return the bank in JSON; volts, parts of 1, and seconds since the epoch.

    Measured values are not in it where an entity has them: `entities` tells, by key, which.
    """
    entry, state, layout = bank.config_entry, bank.data, bank.layout
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
        "sharing": [[_branch(state, branch) for branch in group] for group in layout.sharing],
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
    }
    if device is not None:
        own = _entities(hass, device.id, battery)
        of_bank = _entities(hass, device.id, f"{bank.config_entry.entry_id}_{battery}")
        known["entities"] = own | {key: of_bank[key] for key in OF_THE_BANK & of_bank.keys()}
    if reading is not None:
        known["cells"] = reading.cells
        known["discharge_enabled"] = reading.discharge_enabled
        known["charge_enabled"] = reading.charge_enabled
    return known


def device_name(device: dr.DeviceEntry | None) -> str | None:
    """Return the name that the owner gave to a device, else its own."""
    return None if device is None else device.name_by_user or device.name


def _branch(state: BankState, branch: tuple[str, ...]) -> Json:
    """Return a share as far as it can be trusted, and the fair one."""
    share = state.share.get(branch[0])
    trusted = share is not None and share.sigma <= TRUSTED_SHARE
    return {
        "batteries": branch,
        "fair": state.fair_share.get(branch[0]),
        "share": share.value if share is not None and trusted else None,
        "sigma": share.sigma if share is not None and trusted else None,
    }


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
