"""Steps that make a battery from entities that Home Assistant already has."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import (
    BooleanSelector,
    EntitySelector,
    EntitySelectorConfig,
    TextSelector,
)
import probatio

from .const import CONF_CAPACITY, CONF_KIND, CONF_NOMINAL_VOLTAGE, DOMAIN, KIND_ENTITIES
from .core.chemistry import nominal_from_voltage
from .entities_sign import inverted
from .entities_states import (
    CONF_CHARGE_SWITCH,
    CONF_CURRENT,
    CONF_DISCHARGE_SWITCH,
    CONF_INVERT_CURRENT,
    CONF_SOC,
    CONF_TEMPERATURE,
    CONF_VOLTAGE,
    number,
    possible,
    unit_fits,
)

MEASURED: Final = (CONF_VOLTAGE, CONF_CURRENT, CONF_SOC, CONF_TEMPERATURE, CONF_CAPACITY)
SWITCHES: Final = (CONF_DISCHARGE_SWITCH, CONF_CHARGE_SWITCH)

_MEASUREMENT = EntitySelector(EntitySelectorConfig(domain=["sensor", "input_number", "number"]))
_SWITCH = EntitySelector(EntitySelectorConfig(domain=["switch", "input_boolean"]))

SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextSelector(),
        probatio.Required(CONF_VOLTAGE): _MEASUREMENT,
        probatio.Required(CONF_CURRENT): _MEASUREMENT,
        probatio.Required(CONF_SOC): _MEASUREMENT,
        probatio.Optional(CONF_TEMPERATURE): _MEASUREMENT,
        probatio.Optional(CONF_CAPACITY): _MEASUREMENT,
        probatio.Optional(CONF_DISCHARGE_SWITCH): _SWITCH,
        probatio.Optional(CONF_CHARGE_SWITCH): _SWITCH,
        probatio.Required(CONF_INVERT_CURRENT, default=False): BooleanSelector(),
    }
)


class EntitiesSteps(ConfigFlow):
    """Makes a battery of other integrations' entities."""

    def __init__(self) -> None:
        """Begin without a warning."""
        super().__init__()
        self._sign_warned = False

    async def async_step_entities(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the entities and check what they report."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._abort_if_used(user_input)
            errors, user_input = self._checked(user_input)
            if not errors:
                return self.async_create_entry(
                    title=user_input[CONF_NAME],
                    data=self._entities_data(user_input),
                )
        return self.async_show_form(
            step_id="entities",
            data_schema=self.add_suggested_values_to_schema(SCHEMA, user_input),
            errors=errors,
        )

    async def async_step_reconfigure_entities(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take other entities for the same battery, which keeps its history."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._abort_if_used(user_input)
            errors, user_input = self._checked(user_input)
            if not errors:
                return self.async_update_reload_and_abort(
                    entry, title=user_input[CONF_NAME], data=self._entities_data(user_input)
                )
        shown = user_input or {CONF_NAME: entry.title, **entry.data}
        return self.async_show_form(
            step_id="reconfigure_entities",
            data_schema=self.add_suggested_values_to_schema(SCHEMA, shown),
            errors=errors,
        )

    def _abort_if_used(self, user_input: Mapping[str, Any]) -> None:
        """Let no two batteries share their measurements."""
        self._async_abort_entries_match(
            {key: user_input[key] for key in (CONF_VOLTAGE, CONF_CURRENT)}
        )

    def _checked(self, user_input: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
        """Check the entities; turn the sign round, once, if the battery contradicts it."""
        user_input = {**user_input, CONF_NAME: user_input[CONF_NAME].strip()}
        errors = {
            key: error
            for key in (*MEASURED, *SWITCHES)
            if (entity_id := user_input.get(key)) and (error := self._why_not(entity_id, key))
        }
        if not user_input[CONF_NAME]:
            errors[CONF_NAME] = "empty_name"
        if errors or self._sign_warned:
            return errors, user_input
        evidence = inverted(self.hass, user_input[CONF_CURRENT])
        if evidence is not None and evidence is not user_input[CONF_INVERT_CURRENT]:
            self._sign_warned = True
            return (
                {CONF_INVERT_CURRENT: "sign_contradicts"},
                {**user_input, CONF_INVERT_CURRENT: evidence},
            )
        return errors, user_input

    def _why_not(self, entity_id: str, key: str) -> str | None:
        """Tell why an entity cannot be what it was picked for."""
        entity = er.async_get(self.hass).async_get(entity_id)
        if entity is not None and entity.platform == DOMAIN:
            return "own_entity"
        if key in SWITCHES:
            return None
        state = self.hass.states.get(entity_id)
        if state is not None and not unit_fits(state, key):
            return "wrong_unit"
        if number(state, key) is None:
            return "no_number"
        return _why_no_value(possible(state, key), key)

    def _entities_data(self, user_input: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the entry keeps."""
        voltage = number(self.hass.states.get(user_input[CONF_VOLTAGE]), CONF_VOLTAGE)
        return {
            CONF_KIND: KIND_ENTITIES,
            CONF_NOMINAL_VOLTAGE: None if voltage is None else nominal_from_voltage(voltage),
            **{key: value for key, value in user_input.items() if key != CONF_NAME},
        }


def _why_no_value(value: float | None, key: str) -> str | None:
    """Tell why a battery cannot have a value; None as `value` is no possible one."""
    if value is None:
        return "impossible"
    if key == CONF_VOLTAGE and nominal_from_voltage(value) is None:
        return "not_of_a_battery"  # most likely it is that of one of the cells
    return None
