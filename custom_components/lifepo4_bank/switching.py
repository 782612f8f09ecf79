"""Switches a battery after asking the interlock, one battery of a bank at a time."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.hass_dict import HassKey

from .bank_offer import bank_entries
from .const import (
    CONF_BATTERIES,
    CONF_KIND,
    CONF_MAX_BATTERY_CURRENT,
    CONF_POWERS_HOME_ASSISTANT,
    DOMAIN,
    KIND_BANK,
)
from .coordinator import BatteryConfigEntry, BatteryCoordinator
from .core.battery import BatterySample
from .core.interlock import may_switch
from .core.takeover import DEFAULT_FLOOR
from .core.verdict import Check, Circumstances, Command, Conduction, Mosfet, Outcome, Verdict
from .news import async_read_anew, is_told
from .refusal import refusal


class Switchgear:
    """Knows what is being switched and which batteries have conducted lately."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Know nothing yet; what conducted before is not proven."""
        self._hass = hass
        self._held: set[str] = set()
        self.pending: frozenset[str] = frozenset()
        """Batteries that still wait to be switched on again."""
        self.conduction: dict[str, Conduction] = {}
        self.decided: Callable[[str], Awaitable[None]] | None = None
        """Called with a battery whose owner has switched it as it shall stay."""

    @callback
    def async_watch(self, entry: BatteryConfigEntry) -> None:
        """Note from now on when a battery carries current."""
        coordinator = entry.runtime_data

        @callback
        def note() -> None:
            self._note(coordinator)

        note()
        entry.async_on_unload(coordinator.async_add_listener(note))

    def _note(self, coordinator: BatteryCoordinator) -> None:
        sample, battery = coordinator.data, coordinator.battery
        if sample is None or sample.current is None:
            return
        floor = battery.detection_floor or DEFAULT_FLOOR
        before = self.conduction.get(battery.id, Conduction())
        when = monotonic() - coordinator.age
        self.conduction[battery.id] = Conduction(
            gave=when if sample.current < -floor else before.gave,
            took=when if sample.current > floor else before.took,
        )

    @contextmanager
    def hold(self, coordinator: BatteryCoordinator, *, on: bool = False) -> Iterator[None]:
        """Keep everybody else from switching in the bank of this battery meanwhile.

        Raises HomeAssistantError when somebody else is at it, force or not.
        """
        battery = coordinator.battery.id
        members = self._neighbours(battery) | {battery}
        busy = (self._held & members) | (self.pending & members - {battery})
        if busy:
            check = Check("one_at_a_time", Outcome.REFUSED, tuple(sorted(busy)), overridable=False)
            command = Command(battery=battery, mosfet=Mosfet.DISCHARGE, on=on, force=True)
            raise refusal(Verdict(command, (check,)), self.names())
        self._held.add(battery)
        try:
            yield
        finally:
            self._held.discard(battery)

    def is_held(self, battery: str) -> bool:
        """Whether somebody is switching this very battery."""
        return battery in self._held

    def names(self) -> dict[str, str]:
        """Names of all batteries that are set up, by their id."""
        return {
            coordinator.battery.id: coordinator.battery.name
            for coordinator in loaded_batteries(self._hass)
        }

    async def async_ask(
        self, coordinator: BatteryCoordinator, mosfet: Mosfet, on: bool, *, force: bool = False
    ) -> Verdict:
        """Read the batteries concerned anew and put the command to the interlock."""
        command = Command(battery=coordinator.battery.id, mosfet=mosfet, on=on, force=force)
        bank = self.bank_of(command.battery)
        members = _members(coordinator, bank)
        await async_read_anew(members)
        for member in members:
            self._note(member)
        return may_switch(command, self._circumstances(coordinator, members, bank))

    async def async_look(self, coordinator: BatteryCoordinator) -> Circumstances:
        """Read the others of the bank while this battery is off."""
        bank = self.bank_of(coordinator.battery.id)
        members = _members(coordinator, bank)
        await async_read_anew([member for member in members if member is not coordinator], 0)
        return self._circumstances(coordinator, members, bank)

    async def async_switch(
        self, coordinator: BatteryCoordinator, mosfet: Mosfet, on: bool, *, force: bool = False
    ) -> tuple[BatterySample, Verdict]:
        """Switch a MOSFET if the interlock allows it; return the reading that confirms it.

        Raises ServiceValidationError with the interlock's reasons, or HomeAssistantError when
        the battery does not answer or does not follow.
        """
        if self._hass.is_stopping and not on:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="stopping")
        with self.hold(coordinator, on=on):
            verdict = await self.async_ask(coordinator, mosfet, on, force=force)
            if not verdict.allowed:
                raise refusal(verdict, self.names())
            sample = await coordinator.async_switch(mosfet.value, on)
            if self.decided is not None:
                await self.decided(coordinator.battery.id)
            return sample, verdict

    def bank_mates(self, coordinator: BatteryCoordinator) -> list[BatteryCoordinator]:
        """Return the batteries of its bank that are set up, itself among them."""
        return _members(coordinator, self.bank_of(coordinator.battery.id))

    def watched(self, coordinator: BatteryCoordinator) -> tuple[Command, Circumstances]:
        """Return what `may_stay_off` needs to judge all but this battery, as last read."""
        bank = self.bank_of(coordinator.battery.id)
        command = Command(battery=coordinator.battery.id, mosfet=Mosfet.DISCHARGE, on=False)
        return command, self._circumstances(coordinator, _members(coordinator, bank), bank)

    def circumstances_of(self, coordinator: BatteryCoordinator) -> Circumstances:
        """Return what is known of one battery by itself."""
        return self._circumstances(coordinator, [coordinator], None)

    def bank_of(self, battery: str) -> ConfigEntry[Any] | None:
        """Return the bank that a battery belongs to, if that bank is loaded."""
        for entry in self._hass.config_entries.async_loaded_entries(DOMAIN):
            if entry.data[CONF_KIND] == KIND_BANK and battery in entry.runtime_data.batteries:
                return entry
        return None

    def _is_in_bank(self, coordinator: BatteryCoordinator) -> bool:
        """Whether any bank, loaded or not, lists this battery."""
        return any(
            coordinator.config_entry.entry_id in entry.data[CONF_BATTERIES]
            for entry in bank_entries(self._hass)
        )

    def _neighbours(self, battery: str) -> set[str]:
        bank = self.bank_of(battery)
        return set(bank.runtime_data.batteries) - {battery} if bank else set()

    def _circumstances(
        self,
        coordinator: BatteryCoordinator,
        members: list[BatteryCoordinator],
        bank: ConfigEntry[Any] | None,
    ) -> Circumstances:
        battery = coordinator.battery.id
        options = bank.options if bank else {}
        busy = self._held | self.pending
        # On a clock that never jumps: a wrong date makes no reading new and no proof last.
        now = monotonic()
        samples = {
            member.battery.id: replace(member.data, time=now - member.age)
            for member in members
            if member.data
        }
        return Circumstances(
            time=now,
            layout=bank.runtime_data.layout if bank else None,
            in_bank=bank is not None or self._is_in_bank(coordinator),
            batteries={member.battery.id: member.battery for member in members},
            samples=samples,
            conduction=self.conduction,
            told=frozenset(member.battery.id for member in members if is_told(member)),
            switchable=frozenset(Mosfet(mosfet) for mosfet in coordinator.switchable),
            link=_link(coordinator),
            being_switched=frozenset(busy & self._neighbours(battery)),
            max_battery_current=options.get(CONF_MAX_BATTERY_CURRENT),
            powers_home_assistant=options.get(CONF_POWERS_HOME_ASSISTANT, True),
        )


SWITCHGEAR: HassKey[Switchgear] = HassKey(f"{DOMAIN}.switchgear")


def loaded_batteries(hass: HomeAssistant) -> list[BatteryCoordinator]:
    """Return the coordinators of all batteries that are set up."""
    return [
        entry.runtime_data
        for entry in hass.config_entries.async_loaded_entries(DOMAIN)
        if entry.data[CONF_KIND] != KIND_BANK
    ]


def _members(
    coordinator: BatteryCoordinator, bank: ConfigEntry[Any] | None
) -> list[BatteryCoordinator]:
    """Return the batteries of a bank that are set up, or the lone battery."""
    if bank is None:
        return [coordinator]
    return [member for member in bank.runtime_data.members.values() if member is not None]


def _link(coordinator: BatteryCoordinator) -> float | None:
    """How surely a battery can be reached; a switch entity answers at once or not at all."""
    if is_told(coordinator):
        return 1.0 if coordinator.last_update_success else 0.0
    return coordinator.source.link_quality
