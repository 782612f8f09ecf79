"""A battery that was removed from Home Assistant and is set up again takes its seat again."""

from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .bank_offer import bank_entries, banked
from .const import CONF_BATTERIES


@callback
def async_take_back(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Give a battery its seat in the bank that misses it: its new entry is another one."""
    if entry.entry_id in banked(hass):
        return
    for bank in bank_entries(hass):
        if bank.state is not ConfigEntryState.LOADED:
            continue
        for seat in bank.runtime_data.seats.values():
            if seat.gone and seat.battery.id == entry.unique_id:
                members = [
                    entry.entry_id if member == seat.entry_id else member
                    for member in bank.data[CONF_BATTERIES]
                ]
                hass.config_entries.async_update_entry(
                    bank, data={**bank.data, CONF_BATTERIES: members}
                )
                hass.config_entries.async_schedule_reload(bank.entry_id)
                return
