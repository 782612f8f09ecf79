"""What can be set for a battery or a bank after it was made."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass
from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import UnitOfElectricCurrent, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio

from .ble.family import FAMILIES
from .const import (
    CONF_CAPACITY,
    CONF_CURRENT_SENSOR,
    CONF_DETECTION_FLOOR,
    CONF_FAMILY,
    CONF_KIND,
    CONF_LINK,
    CONF_MAX_BATTERY_CURRENT,
    CONF_MAX_PARALLEL,
    CONF_MAX_SERIES,
    CONF_POLL_INTERVAL,
    CONF_POWERS_HOME_ASSISTANT,
    CONF_SECRET,
    DOMAIN,
    KIND_BANK,
    KIND_BATTERY,
)
from .coordinator import DEFAULT_POLL_INTERVAL

DEFAULT_LIMIT: Final = 4
"""Batteries in series or in parallel that makers allow by default (LiTime: 4S4P)."""
LINK_MODES: Final = ["auto", "keep", "release"]


def _number(low: float, high: float, unit: str | None = None, step: float = 1) -> NumberSelector:
    """Return a box for a number with its unit."""
    config = NumberSelectorConfig(min=low, max=high, step=step, mode=NumberSelectorMode.BOX)
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


_COUNT = probatio.All(_number(1, 16), probatio.Coerce(int))
_LINK = SelectSelector(SelectSelectorConfig(options=LINK_MODES, translation_key=CONF_LINK))
_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))


def _own_sensors(hass: HomeAssistant) -> list[str]:
    """Return our own sensors, which only repeat what the batteries report."""
    return [
        entity.entity_id
        for entity in er.async_get(hass).entities.values()
        if entity.platform == DOMAIN and entity.domain == SENSOR_DOMAIN
    ]


def _current_sensor(excluded: list[str]) -> EntitySelector:
    """Return a field for a current sensor of another integration."""
    return EntitySelector(
        EntitySelectorConfig(
            domain=SENSOR_DOMAIN, device_class=SensorDeviceClass.CURRENT, exclude_entities=excluded
        )
    )


def battery_schema(data: Mapping[str, Any]) -> probatio.Schema:
    """Return the options of a battery; a link and a secret only where it has them.

    Of a family that is not known any more it asks for a secret, so that one is not lost.
    """
    family = FAMILIES.get(data.get(CONF_FAMILY, ""))
    fields: dict[probatio.Marker, Any] = {
        probatio.Required(CONF_POLL_INTERVAL, default=DEFAULT_POLL_INTERVAL): probatio.All(
            _number(10, 300, UnitOfTime.SECONDS), probatio.Coerce(int)
        ),
    }
    if data[CONF_KIND] == KIND_BATTERY:
        fields[probatio.Required(CONF_LINK, default=LINK_MODES[0])] = _LINK
    fields[probatio.Optional(CONF_CAPACITY)] = _number(1, 20_000, "Ah", 0.1)
    fields[probatio.Optional(CONF_DETECTION_FLOOR)] = _number(
        0, 20, UnitOfElectricCurrent.AMPERE, 0.01
    )
    if data[CONF_KIND] == KIND_BATTERY and (family is None or family.secret):
        fields[probatio.Optional(probatio.Secret(CONF_SECRET))] = _SECRET
    return probatio.Schema(fields)


def bank_schema(own_sensors: list[str]) -> probatio.Schema:
    """Return the options of a bank; none of our own sensors can be its shunt."""
    ampere = UnitOfElectricCurrent.AMPERE
    return probatio.Schema(
        {
            probatio.Required(CONF_MAX_PARALLEL, default=DEFAULT_LIMIT): _COUNT,
            probatio.Required(CONF_MAX_SERIES, default=DEFAULT_LIMIT): _COUNT,
            probatio.Optional(CONF_MAX_BATTERY_CURRENT): _number(1, 2000, ampere),
            probatio.Required(CONF_POWERS_HOME_ASSISTANT, default=True): BooleanSelector(),
            probatio.Optional(CONF_CURRENT_SENSOR): _current_sensor(own_sensors),
        }
    )


class BankOptionsFlow(OptionsFlowWithReload):
    """Sets the options of a battery or of a bank."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Go to the form of the kind of entry."""
        if self.config_entry.data[CONF_KIND] == KIND_BANK:
            return await self.async_step_bank(user_input)
        return await self.async_step_battery(user_input)

    async def async_step_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the options of a battery."""
        schema = battery_schema(self.config_entry.data)
        return self._ask("battery", schema, self.config_entry.options, user_input)

    async def async_step_bank(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the options of a bank."""
        own = _own_sensors(self.hass)
        shown = dict(self.config_entry.options)
        if shown.get(CONF_CURRENT_SENSOR) in own:
            del shown[CONF_CURRENT_SENSOR]  # of an earlier version, it would refuse the form
        return self._ask("bank", bank_schema(own), shown, user_input)

    def _ask(
        self,
        step_id: str,
        schema: probatio.Schema,
        shown: Mapping[str, Any],
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        """Show the form with what is set now, or take over what was entered."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id=step_id, data_schema=self.add_suggested_values_to_schema(schema, shown)
        )
