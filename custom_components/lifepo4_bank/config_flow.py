"""How batteries and banks are set up."""

from typing import Any, override

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult, OptionsFlow
from homeassistant.core import callback

from .bank_flow import BankSteps
from .battery_flow import BatterySteps
from .const import CONF_KIND, DOMAIN, KIND_BANK, KIND_BATTERY, KIND_ENTITIES
from .entities_flow import EntitiesSteps
from .options_flow import BankOptionsFlow


class BatteryBankFlow(BatterySteps, EntitiesSteps, BankSteps, ConfigFlow, domain=DOMAIN):
    """Sets up a battery, a battery made of entities, or a bank."""

    VERSION = 1

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what to set up."""
        return self.async_show_menu(
            step_id="user", menu_options=[KIND_BATTERY, KIND_ENTITIES, KIND_BANK]
        )

    async def async_step_reconfigure(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002  given so
    ) -> ConfigFlowResult:
        """Change members of a bank, or the entities of a battery."""
        kind = self._get_reconfigure_entry().data[CONF_KIND]
        if kind == KIND_BANK:
            return await self.async_step_reconfigure_bank()
        if kind == KIND_ENTITIES:
            return await self.async_step_reconfigure_entities()
        return self.async_abort(reason="nothing_to_reconfigure")

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow that sets the options."""
        return BankOptionsFlow()
