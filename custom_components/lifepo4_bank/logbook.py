"""Lines in the logbook for what was done about a bank."""

from collections.abc import Callable

from homeassistant.components.logbook.const import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN
from .resync import EVENT_RESYNC
from .start_check import EVENT_CHECK


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe the results of `resync` and `start_check`."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        entry = hass.config_entries.async_get_entry(event.data["entry_id"])
        return {
            LOGBOOK_ENTRY_NAME: entry.title if entry else event.data.get("bank", DOMAIN),
            LOGBOOK_ENTRY_MESSAGE: event.data["message"],
        }

    for event in (EVENT_RESYNC, EVENT_CHECK):
        async_describe_event(DOMAIN, event, describe)
