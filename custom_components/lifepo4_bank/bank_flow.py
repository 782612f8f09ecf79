"""Steps that make a bank of batteries, or change one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, override

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.helpers.typing import DiscoveryInfoType
import probatio

from .bank_offer import banked, battery_entries, fitting, name_of, offer_id, voltage_of
from .bank_sentence import async_listed
from .bank_words import async_arrangement_words, async_offer_words
from .const import (
    CONF_ARRANGEMENT,
    CONF_BATTERIES,
    CONF_GROUP_SIZE,
    CONF_KIND,
    CONF_NOMINAL_VOLTAGE,
    KIND_BANK,
)
from .core.battery import Volts
from .core.layout import Arrangement, Layout, LayoutError

COMBINED: Final = (Arrangement.PARALLEL_GROUPS, Arrangement.SERIES_STRINGS)


class GroupSizeSelector(SelectSelector):
    """Sizes with their meaning in words; takes the bare number as well."""

    @override
    def __call__(self, data: Any) -> int:
        """Return the size as a number."""
        return int(super().__call__(str(data)))


def check_voltages(layout: Layout, nominal: Mapping[str, Volts | None]) -> None:
    """Refuse what would be joined in parallel at unequal nominal voltage.

    Raises LayoutError `unequal_voltage`; a battery whose voltage nobody knows passes.
    """
    for branches in layout.sharing:
        volts = [[nominal.get(battery) for battery in branch] for branch in branches]
        known = {
            round(sum(cell for cell in branch if cell is not None), 1)
            for branch in volts
            if None not in branch
        }
        if len(known) > 1:
            raise LayoutError("unequal_voltage")


class BankSteps(ConfigFlow):
    """Asks for the batteries of a bank and how they are joined."""

    def __init__(self) -> None:
        """Begin without a bank."""
        super().__init__()
        self._bank: dict[str, Any] = {}
        self._offered: Volts | None = None

    @override
    async def async_step_integration_discovery(
        self, discovery_info: DiscoveryInfoType
    ) -> ConfigFlowResult:
        """Offer a bank ready made of batteries that fit."""
        voltage: Volts = discovery_info[CONF_NOMINAL_VOLTAGE]
        await self.async_set_unique_id(offer_id(voltage))
        self._abort_if_unique_id_configured()
        if voltage not in dict(fitting(self.hass)):
            return self.async_abort(reason="too_few_batteries")
        self._offered = voltage
        title, name = await async_offer_words(self.hass, voltage)
        self.context["title_placeholders"] = {"name": title}
        self._bank = {CONF_NAME: name, CONF_ARRANGEMENT: Arrangement.PARALLEL.value}
        return await self.async_step_bank()

    async def async_step_bank(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for name, batteries and arrangement."""
        if user_input is None and len(self._choices()) < 2:
            return self.async_abort(reason="too_few_batteries")
        if user_input is None and self._offered is not None:
            # More may have been set up since it was offered.
            self._bank[CONF_BATTERIES] = dict(fitting(self.hass)).get(self._offered, [])
        return await self._async_ask(
            "bank", user_input, {probatio.Required(CONF_NAME): TextSelector()}
        )

    async def async_step_reconfigure_bank(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change members and arrangement; the bank keeps its identity and history."""
        if not self._bank:
            self._bank = dict(self._get_reconfigure_entry().data)
        return await self._async_ask("reconfigure_bank", user_input, {})

    async def async_step_groups(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how many batteries make a group or string, in words for each possible size."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._bank |= user_input
            refusal = self._refusal([self._bank[CONF_GROUP_SIZE]])
            if refusal is None:
                return await self._async_finish()
            errors = {CONF_GROUP_SIZE: refusal}
        return self.async_show_form(
            step_id="groups",
            data_schema=self.add_suggested_values_to_schema(
                await self._async_groups_schema(), self._suggested_group_size()
            ),
            errors=errors,
            description_placeholders={"voltages": self._voltages()},
        )

    async def _async_ask(
        self, step_id: str, user_input: dict[str, Any] | None, more: dict[probatio.Marker, Any]
    ) -> ConfigFlowResult:
        """Show the form of a bank, or go on with what was entered."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._bank |= user_input
            combined = self._arrangement in COMBINED
            refusal = self._refusal(self._sizes() if combined else [None])
            if refusal is not None:
                errors = {CONF_BATTERIES: refusal}
            elif not user_input.get(CONF_NAME, step_id).strip():
                errors = {CONF_NAME: "empty_name"}
            elif combined:
                return await self.async_step_groups()
            else:
                self._bank.pop(CONF_GROUP_SIZE, None)
                return await self._async_finish()
        schema = probatio.Schema({**more, **self._schema()})
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, self._suggested()),
            errors=errors,
            description_placeholders={"voltages": self._voltages()},
        )

    async def _async_finish(self) -> ConfigFlowResult:
        """Make the bank, or change it."""
        data = {key: value for key, value in self._bank.items() if key != CONF_NAME}
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            return self.async_update_reload_and_abort(entry, data=data)
        # the unique id of an offer must not stand in the way of the next one
        await self.async_set_unique_id(None)
        return self.async_create_entry(
            title=self._bank[CONF_NAME].strip(), data={CONF_KIND: KIND_BANK, **data}
        )

    @property
    def _arrangement(self) -> Arrangement:
        return Arrangement(self._bank[CONF_ARRANGEMENT])

    def _refusal(self, group_sizes: Sequence[int | None]) -> str | None:
        """Return why the batteries cannot be joined in any of the group sizes."""
        batteries: list[str] = self._bank[CONF_BATTERIES]
        if banked(self.hass, self._own_id()) & set(batteries):
            return "in_another_bank"
        nominal = {entry.entry_id: voltage_of(entry) for entry in battery_entries(self.hass)}
        refusal: str | None = "uneven_groups"
        try:
            Layout.of(Arrangement.PARALLEL, batteries)
        except LayoutError as err:
            return err.key
        for size in group_sizes:
            try:
                check_voltages(Layout.of(self._arrangement, batteries, size), nominal)
            except LayoutError as err:
                refusal = err.key
            else:
                return None
        return refusal

    def _sizes(self) -> list[int]:
        """Sizes into which the batteries divide."""
        count = len(self._bank[CONF_BATTERIES])
        return [size for size in range(2, count // 2 + 1) if count % size == 0]

    def _suggested_group_size(self) -> dict[str, str]:
        """Suggest the size that it has, else the smallest."""
        sizes, size = self._sizes(), self._bank.get(CONF_GROUP_SIZE)
        return {CONF_GROUP_SIZE: str(size if size in sizes else sizes[0])}

    async def _async_groups_schema(self) -> probatio.Schema:
        """Return the sizes to choose from, each with what it would make of the batteries."""
        names = {entry.entry_id: name_of(entry) for entry in battery_entries(self.hass)}
        options = []
        for size in self._sizes():
            layout = Layout.of(self._arrangement, self._bank[CONF_BATTERIES], size)
            words = await async_arrangement_words(self.hass, layout, names)
            options.append(SelectOptionDict(value=str(size), label=words))
        config = SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
        return probatio.Schema({probatio.Required(CONF_GROUP_SIZE): GroupSizeSelector(config)})

    def _own_id(self) -> str | None:
        """Entry id of the bank that is being changed."""
        if self.source != SOURCE_RECONFIGURE:
            return None
        return self._get_reconfigure_entry().entry_id

    def _choices(self) -> list[SelectOptionDict]:
        """Batteries that are in no other bank."""
        taken = banked(self.hass, self._own_id())
        return [
            SelectOptionDict(value=entry.entry_id, label=name_of(entry))
            for entry in battery_entries(self.hass)
            if entry.entry_id not in taken
        ]

    def _suggested(self) -> dict[str, Any]:
        """Return what the form begins with; a battery that is gone could not be taken out."""
        if CONF_BATTERIES not in self._bank:
            return self._bank
        choices = {option["value"] for option in self._choices()}
        there = [battery for battery in self._bank[CONF_BATTERIES] if battery in choices]
        return {**self._bank, CONF_BATTERIES: there}

    def _voltages(self) -> str:
        """Name the nominal voltages of the chosen batteries, for the reason of a refusal."""
        chosen: Sequence[str] = self._bank.get(CONF_BATTERIES, ())
        named = [
            f"{name_of(entry)} {voltage:g} V"
            for entry in battery_entries(self.hass)
            if entry.entry_id in chosen and (voltage := voltage_of(entry)) is not None
        ]
        return async_listed(self.hass, named)

    def _schema(self) -> dict[probatio.Marker, Any]:
        """Return the fields that making and changing a bank have in common."""
        batteries = SelectSelectorConfig(
            options=self._choices(), multiple=True, mode=SelectSelectorMode.LIST
        )
        arrangement = SelectSelectorConfig(
            options=[arrangement.value for arrangement in Arrangement],
            translation_key=CONF_ARRANGEMENT,
            mode=SelectSelectorMode.LIST,
        )
        return {
            probatio.Required(CONF_BATTERIES): SelectSelector(batteries),
            probatio.Required(CONF_ARRANGEMENT, default=Arrangement.PARALLEL.value): SelectSelector(
                arrangement
            ),
        }
