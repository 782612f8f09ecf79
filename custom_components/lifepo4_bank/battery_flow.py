"""Steps that set up a battery over Bluetooth."""

from collections.abc import Mapping
import logging
from typing import Any, Final

from homeassistant.components import bluetooth
from homeassistant.components.bluetooth import BluetoothServiceInfoBleak
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_ADDRESS
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio

from .ble.errors import AuthenticationRefused, BatteryError, Reason
from .ble.family import FAMILIES, Family, is_known
from .const import CONF_FAMILY, CONF_KIND, CONF_NOMINAL_VOLTAGE, CONF_SECRET, KIND_BATTERY
from .coordinator import nominal_voltage
from .radio import async_load_families, async_reader, async_reason, family_of

_LOGGER = logging.getLogger(__name__)

REFUSED: Final = "secret_refused"
SECRET: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
SECRET_SCHEMA: Final = probatio.Schema({probatio.Required(probatio.Secret(CONF_SECRET)): SECRET})


class BatterySteps(ConfigFlow):
    """Finds a battery, reads it once, and makes its entry."""

    def __init__(self) -> None:
        """Begin without a battery."""
        super().__init__()
        self._address = ""
        self._name = ""
        self._family: Family | None = None
        self._secret = ""
        self._nominal_voltage: float | None = None
        self._heard: dict[str, BluetoothServiceInfoBleak] = {}

    async def async_step_bluetooth(
        self, discovery_info: BluetoothServiceInfoBleak
    ) -> ConfigFlowResult:
        """Take a battery that Home Assistant has heard."""
        await async_load_families(self.hass)
        if not self._take(discovery_info):
            return self.async_abort(reason="not_supported")
        await self.async_set_unique_id(self._address)
        self._abort_if_unique_id_configured()
        self.context["title_placeholders"] = {"name": self._name}
        return await self.async_step_bluetooth_confirm()

    async def async_step_bluetooth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether to set the battery up."""
        return await self._async_try("bluetooth_confirm", user_input, probatio.Schema({}))

    async def async_step_battery(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Pick one of the batteries in range."""
        if user_input is None:
            await self._async_listen()
        elif self._take(self._heard[user_input[CONF_ADDRESS]]):
            await self.async_set_unique_id(self._address, raise_on_progress=False)
            self._abort_if_unique_id_configured()
        if not self._heard:
            return self.async_abort(reason="no_batteries_found")
        return await self._async_try("battery", user_input, self._battery_schema())

    async def async_step_secret(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the password that the battery wants."""
        if user_input is not None:
            self._secret = user_input[CONF_SECRET]
        return await self._async_try("secret", user_input, SECRET_SCHEMA)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Take the battery that refuses its secret."""
        await async_load_families(self.hass)
        self._address = entry_data[CONF_ADDRESS]
        self._name = self._get_reauth_entry().title
        if not is_known(key := entry_data.get(CONF_FAMILY, "")):
            return self.async_abort(
                reason="unknown_family", description_placeholders={"battery": self._name}
            )
        self._family = FAMILIES[key]
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the new secret and try it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._secret = user_input[CONF_SECRET]
            errors = await self._async_read()
            if not errors:
                entry = self._get_reauth_entry()
                return self.async_update_reload_and_abort(
                    entry, options={**entry.options, CONF_SECRET: self._secret}
                )
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=SECRET_SCHEMA,
            errors=errors,
            description_placeholders=self._placeholders(),
        )

    async def _async_try(
        self, step_id: str, user_input: dict[str, Any] | None, schema: probatio.Schema
    ) -> ConfigFlowResult:
        """Read the battery once the form was sent; make the entry if it answers."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._async_read()
            if not errors:
                return self._create()
            if step_id != "secret" and self._wants_secret(errors["base"]):
                return await self.async_step_secret()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, user_input),
            errors=errors,
            description_placeholders=self._placeholders(),
        )

    def _wants_secret(self, error: str) -> bool:
        """Whether to ask for a secret: without it some batteries do not say a word."""
        takes_one = self._family is not None and self._family.secret
        return error == REFUSED or (takes_one and error == Reason.SILENT)

    async def _async_read(self) -> dict[str, str]:
        """Read the battery; return what went wrong, as the form wants it."""
        if self._family is None:
            return {"base": "not_supported"}
        reader = async_reader(
            self.hass,
            self._address,
            self._family,
            secret=self._secret,
            link="release",
            name=self._name,
        )
        try:
            sample = await reader.read()
        except AuthenticationRefused:
            return {"base": REFUSED}
        except BatteryError as err:
            return {"base": async_reason(self.hass, self._address, err)}
        except Exception:
            _LOGGER.exception("Unexpected error while reading %s", self._name)
            return {"base": "unknown"}
        finally:
            await reader.close()
        self._nominal_voltage = nominal_voltage(sample)
        return {}

    def _create(self) -> ConfigFlowResult:
        """Make the entry of the battery that was read."""
        family = self._family
        return self.async_create_entry(
            title=self._name,
            data={
                CONF_KIND: KIND_BATTERY,
                CONF_ADDRESS: self._address,
                CONF_FAMILY: family.key if family else "",
                CONF_NOMINAL_VOLTAGE: self._nominal_voltage,
            },
            options={CONF_SECRET: self._secret} if self._secret else {},
        )

    def _take(self, heard: BluetoothServiceInfoBleak) -> bool:
        """Go on with one battery; return whether it is one that can be read."""
        self._address = heard.address.upper()
        self._name = heard.name or self._address
        self._family = family_of(heard)
        return self._family is not None

    async def _async_listen(self) -> None:
        """Listen for the batteries in range that are not set up.

        Those that only a proxy without connections hears are among them: reading says so.
        """
        await async_load_families(self.hass)
        await bluetooth.async_request_active_scan(self.hass)
        known = self._async_current_ids(include_ignore=False)
        self._heard = {
            heard.address: heard
            for heard in bluetooth.async_discovered_service_info(self.hass, connectable=False)
            if heard.address.upper() not in known and family_of(heard) is not None
        }

    def _battery_schema(self) -> probatio.Schema:
        """List the batteries in range, the nearest first."""
        nearest = sorted(self._heard.values(), key=lambda heard: heard.rssi, reverse=True)
        options = [
            SelectOptionDict(value=heard.address, label=f"{heard.name} ({heard.rssi} dBm)")
            for heard in nearest
        ]
        config = SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
        return probatio.Schema({probatio.Required(CONF_ADDRESS): SelectSelector(config)})

    def _placeholders(self) -> dict[str, str]:
        """Return what the texts of the forms name."""
        if not self._address:
            return {}
        return {"name": self._name, "brand": self._family.brand if self._family else ""}
