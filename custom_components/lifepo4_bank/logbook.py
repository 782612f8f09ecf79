"""Lines in the logbook: what was found about a bank, and what was done about it.

Home Assistant itself writes a line for an event entity, but with the kind of finding only.
"""

from collections.abc import Callable

from homeassistant.components.event import ATTR_EVENT_TYPE
from homeassistant.components.logbook import async_log_entry
from homeassistant.components.logbook.const import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_cached_translations

from .bank_sentence import async_listed
from .const import DOMAIN
from .event import RESOLVED
from .live import async_text
from .resync import EVENT_RESYNC
from .start_check import EVENT_CHECK
from .trigger import entities_of


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Write a line for each finding; describe the results of `resync` and `start_check`."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        entry = hass.config_entries.async_get_entry(event.data["entry_id"])
        return {
            LOGBOOK_ENTRY_NAME: entry.title if entry else event.data.get("bank", DOMAIN),
            LOGBOOK_ENTRY_MESSAGE: event.data["message"],
        }

    for event in (EVENT_RESYNC, EVENT_CHECK):
        async_describe_event(DOMAIN, event, describe)

    @callback
    def tell(event: Event[EventStateChangedData]) -> None:
        _tell(hass, event.data)

    hass.bus.async_listen(EVENT_STATE_CHANGED, tell, event_filter=_is_event_entity)


@callback
def _is_event_entity(data: EventStateChangedData) -> bool:
    return data["entity_id"].startswith("event.")


@callback
def _tell(hass: HomeAssistant, data: EventStateChangedData) -> None:
    """Write the sentence of what was just found or cleared, but nothing at a restart."""
    entity_id, old, new = data["entity_id"], data["old_state"], data["new_state"]
    if (
        not entities_of(hass, {entity_id}, "diagnosis")
        or old is None
        or new is None
        or new.state in {old.state, STATE_UNAVAILABLE}
        or old.state == STATE_UNAVAILABLE
    ):
        return
    entity = er.async_get(hass).async_get(entity_id)
    entry_id = entity.config_entry_id if entity else None
    if entry_id and (entry := hass.config_entries.async_get_entry(entry_id)):
        async_log_entry(hass, entry.title, _message(hass, new), DOMAIN, entity_id)


def _message(hass: HomeAssistant, state: State) -> str:
    if state.attributes[ATTR_EVENT_TYPE] != RESOLVED:
        return str(state.attributes["message"])
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    kind: str = state.attributes["kind"]
    what = texts.get(f"component.{DOMAIN}.selector.finding_kind.options.{kind}", kind)
    batteries = async_listed(hass, state.attributes["batteries"])
    return async_text(hass, "logbook_cleared", what=f"{what} ({batteries})" if batteries else what)
