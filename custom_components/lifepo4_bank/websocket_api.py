"""Tells the card what it shows of a bank beyond the states of its entities."""

from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.const import ERR_NOT_FOUND, ERR_UNAUTHORIZED
from homeassistant.components.websocket_api.decorators import async_response, websocket_command
from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigEntryState,
)
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.dispatcher import async_dispatcher_connect
import probatio

from .bank import BankConfigEntry
from .bank_offer import bank_entries
from .const import DOMAIN
from .permission import async_check_permission, device_id_of
from .view import bank_view

TYPE: Final = f"{DOMAIN}/subscribe"
CHOOSE: Final = "choose"
"""There are several banks, and the caller did not say which."""


@callback
def async_setup_websocket(hass: HomeAssistant) -> None:
    """Register the card's one command."""
    async_register_command(hass, _async_subscribe)


@websocket_command({probatio.Required("type"): TYPE, probatio.Optional(ATTR_DEVICE_ID): cv.string})
@async_response
async def _async_subscribe(
    hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
) -> None:
    """Send the view of a bank, by default of the only one, now and whenever it changes.

    An event without content means that the bank is not loaded. Errors: `not_found`, `choose`,
    `unauthorized`.
    """
    banks = _banks(hass, msg.get(ATTR_DEVICE_ID))
    if len(banks) != 1:
        code = CHOOSE if banks else ERR_NOT_FOUND
        connection.send_error(msg["id"], code, f"{len(banks)} banks fit, not one")
        return
    entry = banks[0]
    device_id = device_id_of(hass, entry.entry_id, entry.entry_id)
    try:
        await async_check_permission(hass, connection.context(msg), device_id, POLICY_READ)
    except Unauthorized:
        connection.send_error(msg["id"], ERR_UNAUTHORIZED, "Not allowed to see it")
        return
    subscription = Subscription(hass, connection, msg["id"], entry)
    connection.subscriptions[msg["id"]] = subscription.end
    connection.send_result(msg["id"])
    subscription.follow()


class Subscription:
    """One card that follows one bank, also through reloading and removal."""

    def __init__(
        self,
        hass: HomeAssistant,
        connection: ActiveConnection,
        message: int,
        entry: BankConfigEntry,
    ) -> None:
        """Notice when the bank is loaded or unloaded."""
        self._hass = hass
        self._connection = connection
        self._message = message
        self._entry = entry
        self._stop: CALLBACK_TYPE | None = None
        self._unwatch = async_dispatcher_connect(
            hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed
        )

    @callback
    def follow(self) -> None:
        """Listen to the coordinator that the bank has now, and tell its view."""
        self._leave()
        if self._entry.state is ConfigEntryState.LOADED:
            self._stop = self._entry.runtime_data.async_add_listener(self._tell)
        self._tell()

    @callback
    def end(self) -> None:
        """Stop for good."""
        self._leave()
        self._unwatch()

    @callback
    def _leave(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None

    @callback
    def _tell(self) -> None:
        view = bank_view(self._hass, self._entry.runtime_data) if self._stop is not None else None
        self._connection.send_event(self._message, view)

    @callback
    def _entry_changed(self, _change: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
        if entry.entry_id == self._entry.entry_id:
            self.follow()


def _banks(hass: HomeAssistant, device_id: str | None) -> list[BankConfigEntry]:
    """Return the banks that are meant: that of the device, or all."""
    banks = [entry for entry in bank_entries(hass) if entry.disabled_by is None]
    if device_id is None:
        return banks
    device = dr.async_get(hass).async_get(device_id)
    if device is None:
        return []
    return [entry for entry in banks if (DOMAIN, entry.entry_id) in device.identifiers]
