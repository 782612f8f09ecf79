"""The actions."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_device_and_config_entry
import probatio

from .bank import BankCoordinator
from .const import CONF_KIND, DOMAIN, KIND_BANK
from .coordinator import BatteryCoordinator
from .core.battery import BatterySample
from .core.verdict import Mosfet
from .cycle import async_await_others, async_cycle
from .permission import async_check_permission, device_id_of
from .refusal import response, sentence
from .report import diagnosis_report
from .resync import async_resync
from .start_check import async_start_check
from .switching import SWITCHGEAR

ATTR_CHECK: Final = "check"
ATTR_ENABLED: Final = "enabled"
ATTR_FORCE: Final = "force"
ATTR_OFF_SECONDS: Final = "off_seconds"

_BATTERY = {
    probatio.Required(ATTR_DEVICE_ID): cv.string,
    probatio.Optional(ATTR_FORCE, default=False): cv.boolean,
}
SET_SCHEMA: Final = probatio.Schema({**_BATTERY, probatio.Required(ATTR_ENABLED): cv.boolean})
CYCLE_SCHEMA: Final = probatio.Schema(
    {
        **_BATTERY,
        probatio.Optional(ATTR_OFF_SECONDS, default=5): probatio.All(
            probatio.Coerce(float), probatio.Range(min=2, max=60)
        ),
    }
)

BANK_SCHEMA: Final = probatio.Schema({probatio.Required(ATTR_DEVICE_ID): cv.string})
RESYNC_SCHEMA: Final = BANK_SCHEMA.extend(
    {probatio.Optional(ATTR_FORCE, default=False): cv.boolean}
)
CHECK_SCHEMA: Final = BANK_SCHEMA.extend(
    {probatio.Required(ATTR_CHECK): probatio.In(["pre_parallel", "load_test"])}
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for mosfet in Mosfet:
        hass.services.async_register(
            DOMAIN,
            f"set_{mosfet}",
            _set_mosfet(mosfet),
            SET_SCHEMA,
            supports_response=SupportsResponse.OPTIONAL,
        )
    hass.services.async_register(
        DOMAIN,
        "cycle_discharge",
        _async_cycle_discharge,
        CYCLE_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )

    hass.services.async_register(
        DOMAIN,
        "resync",
        _async_resync,
        RESYNC_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(
        DOMAIN,
        "diagnose",
        _async_diagnose,
        BANK_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )
    hass.services.async_register(
        DOMAIN,
        "start_check",
        _async_start_check,
        CHECK_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


def _set_mosfet(mosfet: Mosfet) -> Callable[[ServiceCall], Coroutine[Any, Any, dict[str, Any]]]:
    """Make the action that switches one MOSFET."""

    async def async_set(call: ServiceCall) -> dict[str, Any]:
        hass = call.hass
        coordinator = await _async_battery(call, mosfet)
        gear = hass.data[SWITCHGEAR]
        sample, verdict = await gear.async_switch(
            coordinator, mosfet, call.data[ATTR_ENABLED], force=call.data[ATTR_FORCE]
        )
        return {
            "battery": coordinator.battery.name,
            **_reading(sample),
            "checks": response(verdict, gear.names()),
        }

    return async_set


async def _async_cycle_discharge(call: ServiceCall) -> dict[str, Any]:
    """Switch discharge off and on again."""
    hass = call.hass
    coordinator = await _async_battery(call, Mosfet.DISCHARGE)
    waited = await async_await_others(hass, coordinator, force=call.data[ATTR_FORCE])
    cycle = await async_cycle(
        hass, coordinator, call.data[ATTR_OFF_SECONDS], force=call.data[ATTR_FORCE]
    )
    names = hass.data[SWITCHGEAR].names()
    return {
        "battery": coordinator.battery.name,
        "waited_seconds": round(waited, 1),
        "off_seconds": round(cycle.seconds, 1),
        "stopped_early_because": [sentence(check, names) for check in cycle.stopped_by],
        "while_off": _reading(cycle.off),
        "after": _reading(cycle.on),
        "checks": response(cycle.verdict, names),
    }


async def _async_resync(call: ServiceCall) -> dict[str, Any]:
    """Have the load shared out anew."""
    bank = await _async_bank(call, POLICY_CONTROL)
    for coordinator in bank.members.values():
        if coordinator is not None and "discharge" in coordinator.switchable:
            device_id = device_id_of(
                call.hass, coordinator.config_entry.entry_id, coordinator.battery.id
            )
            await async_check_permission(
                call.hass, call.context, device_id, POLICY_CONTROL, Mosfet.DISCHARGE.value
            )
    return await async_resync(call.hass, bank, force=call.data[ATTR_FORCE])


async def _async_diagnose(call: ServiceCall) -> dict[str, Any]:
    """Tell all that is known."""
    return diagnosis_report(await _async_bank(call, POLICY_READ))


async def _async_start_check(call: ServiceCall) -> dict[str, Any]:
    """Measure what was asked for."""
    bank = await _async_bank(call, POLICY_READ)
    return await async_start_check(call.hass, bank, call.data[ATTR_CHECK])


async def _async_bank(call: ServiceCall, policy: str) -> BankCoordinator:
    """Return the bank that the call names, if the caller may do this to it."""
    device_id: str = call.data[ATTR_DEVICE_ID]
    entry: ConfigEntry[Any]
    device, entry = async_get_device_and_config_entry(call.hass, DOMAIN, device_id)
    if entry.data[CONF_KIND] != KIND_BANK:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="not_a_bank",
            translation_placeholders={"name": entry.title},
        )
    await async_check_permission(call.hass, call.context, device.id, policy)
    bank: BankCoordinator = entry.runtime_data
    return bank


async def _async_battery(call: ServiceCall, mosfet: Mosfet) -> BatteryCoordinator:
    """Return the battery that the call names, if the caller may switch it."""
    device_id: str = call.data[ATTR_DEVICE_ID]
    entry: ConfigEntry[Any]
    device, entry = async_get_device_and_config_entry(call.hass, DOMAIN, device_id)
    if entry.data[CONF_KIND] == KIND_BANK:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="not_a_battery",
            translation_placeholders={"name": entry.title},
        )
    await async_check_permission(call.hass, call.context, device.id, POLICY_CONTROL, mosfet.value)
    coordinator: BatteryCoordinator = entry.runtime_data
    return coordinator


def _reading(sample: BatterySample) -> dict[str, Any]:
    """Give the part of a reading that switching is about."""
    return {
        "discharge_enabled": sample.discharge_enabled,
        "discharge_commanded": sample.discharge_commanded,
        "charge_enabled": sample.charge_enabled,
        "charge_commanded": sample.charge_commanded,
        "voltage": sample.voltage,
        "current": sample.current,
    }
