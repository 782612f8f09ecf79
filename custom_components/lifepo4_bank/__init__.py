"""LiFePO4 Battery Bank: batteries, the banks they make, and what is wrong with them."""

from typing import Any, Final

from homeassistant.components import bluetooth
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_ADDRESS, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .bank import async_remove_bank, async_setup_bank
from .bank_offer import async_offer_banks
from .bank_return import async_take_back
from .battery_source import BatterySource
from .ble.family import is_known
from .bluetooth_source import BluetoothSource
from .const import (
    CONF_FAMILY,
    CONF_KIND,
    CONF_NOMINAL_VOLTAGE,
    DOMAIN,
    KIND_BANK,
    KIND_BATTERY,
    KIND_ENTITIES,
)
from .coordinator import BatteryConfigEntry, BatteryCoordinator
from .entities_sign import async_forget_sign
from .entities_source import EntitiesSource
from .frontend import async_setup_frontend
from .guarantee import async_before_unload, async_setup_guarantee, async_watch_battery
from .issues import async_forget_findings
from .radio import async_load_families
from .services import async_setup_services
from .websocket_api import async_setup_websocket

CONFIG_SCHEMA: Final = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS: Final[dict[str, tuple[Platform, ...]]] = {
    KIND_BATTERY: (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.SENSOR, Platform.SWITCH),
    KIND_ENTITIES: (Platform.BINARY_SENSOR, Platform.SENSOR, Platform.SWITCH),
    KIND_BANK: (Platform.BINARY_SENSOR, Platform.EVENT, Platform.SENSOR),
}


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001
    """Set up what exists whether or not a battery is loaded: the actions and the card."""
    await async_setup_guarantee(hass)
    async_setup_services(hass)
    async_setup_websocket(hass)
    await async_setup_frontend(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Set up a battery or a bank."""
    kind: str = entry.data[CONF_KIND]
    if kind == KIND_BANK:
        await async_setup_bank(hass, entry)
    else:
        await _async_setup_battery(hass, entry)
        async_take_back(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS[kind])
    async_offer_banks(hass)
    return True


async def _async_setup_battery(hass: HomeAssistant, entry: BatteryConfigEntry) -> None:
    """Read the battery once; ConfigEntryNotReady tells why it cannot be read."""
    source: BatterySource
    if entry.data[CONF_KIND] == KIND_ENTITIES:
        source = EntitiesSource(hass, entry)
    else:
        await async_load_families(hass)
        if not is_known(entry.data.get(CONF_FAMILY, "")):
            raise ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key="unknown_family",
                translation_placeholders={"battery": entry.title},
            )
        source = BluetoothSource(hass, entry)
    coordinator = BatteryCoordinator(hass, entry, source)
    await coordinator.async_config_entry_first_refresh()
    entry.runtime_data = coordinator
    if entry.data.get(CONF_NOMINAL_VOLTAGE) is None:
        # banks are put together after it, also while the battery cannot be reached
        learned = {CONF_NOMINAL_VOLTAGE: coordinator.battery.nominal_voltage}
        hass.config_entries.async_update_entry(entry, data={**entry.data, **learned})
    source.start(coordinator.async_news)
    await async_watch_battery(hass, entry)


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Unload a battery or a bank; the coordinator lets go of the battery by itself."""
    if entry.data[CONF_KIND] != KIND_BANK:
        await async_before_unload(hass, entry)
    elif entry.disabled_by is not None:
        async_forget_findings(hass, entry.entry_id)
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS[entry.data[CONF_KIND]])


async def async_remove_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Forget a bank and offer its batteries again."""
    if entry.data[CONF_KIND] == KIND_BANK:
        await async_remove_bank(hass, entry)
    elif entry.data[CONF_KIND] == KIND_BATTERY:
        # whoever removed it by mistake finds it among the discovered again
        bluetooth.async_rediscover_address(hass, entry.data[CONF_ADDRESS])
    else:
        async_forget_sign(hass, entry.entry_id)
    async_offer_banks(hass)
