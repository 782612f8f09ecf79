"""The seats of a bank: which battery sits on each, and what Home Assistant knows of it now."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant

from .const import CONF_KIND, CONF_NOMINAL_VOLTAGE, CONF_POLL_INTERVAL, KIND_ENTITIES
from .coordinator import (
    DEFAULT_POLL_INTERVAL,
    MIN_GRACE,
    MISSED_POLLS,
    BatteryConfigEntry,
    BatteryCoordinator,
)
from .core.battery import Battery, Seconds

ENTITIES_GRACE: Final[Seconds] = 330
"""Entities of other integrations may come every five minutes."""


@dataclass(frozen=True, slots=True)
class Member:
    """A battery of a bank as Home Assistant knows it now."""

    entry_id: str
    battery: Battery
    coordinator: BatteryCoordinator | None
    """None while its entry is not loaded."""
    gone: bool
    """Whether it is no longer set up at all."""
    age_limit: Seconds
    """An older reading does not count."""
    told: bool = False
    """Whether others decide when there is something new to read: it is made of entities."""

    @property
    def age(self) -> Seconds | None:
        """How old the newest reading is; None while there is none."""
        if self.coordinator is None or self.coordinator.data is None:
            return None
        return self.coordinator.age

    @property
    def fresh_age(self) -> Seconds | None:
        """How old the newest reading is; None while there is none that counts."""
        age = self.age
        return None if age is None or age > self.age_limit else age

    @property
    def told_ago(self) -> Seconds | None:
        """How old a reading would be that entities give now; None for any other battery."""
        return None if self.coordinator is None else self.coordinator.source.told_ago


def resolve(
    hass: HomeAssistant, entry_ids: Sequence[str], remembered: Mapping[str, Battery]
) -> dict[str, Member]:
    """Find the batteries with these entry ids; the keys are battery ids, in order.

    `remembered` tells, by entry id, what a battery was that is gone or not loaded yet.
    """
    members = {}
    for entry_id in entry_ids:
        entry: BatteryConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
        known = remembered.get(entry_id)
        if entry is None:
            battery = known or Battery(id=entry_id, name=entry_id)
            member = Member(entry_id, battery, None, gone=True, age_limit=0)
        else:
            member = _member(entry, known)
        members[member.battery.id] = member
    return members


def _member(entry: BatteryConfigEntry, remembered: Battery | None) -> Member:
    coordinator = entry.runtime_data if entry.state is ConfigEntryState.LOADED else None
    battery = coordinator.battery if coordinator else remembered or _of_entry(entry)
    poll = entry.options.get(CONF_POLL_INTERVAL, DEFAULT_POLL_INTERVAL)
    told = entry.data[CONF_KIND] == KIND_ENTITIES
    return Member(
        entry.entry_id,
        battery,
        coordinator,
        gone=False,
        age_limit=max(ENTITIES_GRACE if told else MIN_GRACE, MISSED_POLLS * poll),
        told=told,
    )


def _of_entry(entry: ConfigEntry[Any]) -> Battery:
    """Say what an entry tells of its battery before it is loaded for the first time."""
    by_entities = entry.data[CONF_KIND] == KIND_ENTITIES
    return Battery(
        id=entry.entry_id if by_entities else (entry.unique_id or entry.entry_id).upper(),
        name=entry.title,
        nominal_voltage=entry.data.get(CONF_NOMINAL_VOLTAGE),
    )


def to_saved(battery: Battery) -> dict[str, Any]:
    """Return a battery as JSON."""
    return asdict(battery)


def from_saved(saved: Mapping[str, Any]) -> Battery:
    """Take up what `to_saved` gave; raise ValueError when it is none."""
    try:
        return Battery(**saved)
    except TypeError as error:
        raise ValueError(f"not a saved battery: {error}") from error
