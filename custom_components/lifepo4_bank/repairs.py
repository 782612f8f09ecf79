"""Guided repairs: page by page with live values, finished only when the data say so."""

from collections.abc import Mapping
from functools import partialmethod
from typing import Any, cast

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import probatio

from .bank import BankConfigEntry, BankCoordinator
from .const import DOMAIN
from .core.diagnosis.finding import Kind
from .core.remedy import HELP, VERIFY, Help, Step, steps
from .core.verdict import Mosfet
from .guarantee import GUARANTEE
from .live import async_live_values, async_text
from .resync import async_resync
from .start_check import pre_parallel_words
from .switching import SWITCHGEAR, loaded_batteries

NEXT = "next"
AGAIN = "again"

type Data = dict[str, str | int | float | None]


class GuidedRepair(RepairsFlow):
    """Leads through the steps for one finding."""

    def __init__(self, entry: BankConfigEntry, data: Data) -> None:
        """Choose the steps."""
        super().__init__()
        self._entry = entry
        self._kind = Kind(str(data["kind"]))
        self._batteries = tuple(filter(None, str(data.get("batteries") or "").split(",")))
        self._pages = (*steps(self._kind, str(data["cause"])), VERIFY)
        self._page = 0
        self._result = ""

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin with the first page."""
        return await self._async_show()

    async def async_step_next(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Turn the page."""
        self._page += 1
        self._result = ""
        return await self._async_show()

    async def async_step_again(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show the page again with new values."""
        self._result = ""
        return await self._async_show()

    async def _async_turn(
        self, page: str, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Go on from a page that has been read."""
        if user_input is None:
            return await self._async_show()
        return await self._async_verify() if page == VERIFY else await self.async_step_next()

    async def _async_verify(self) -> RepairsFlowResult:
        """Finish if the finding is gone; else show what the data say now."""
        if (bank := self._bank) is None:
            return self.async_abort(reason="bank_not_loaded")
        await bank.async_refresh()
        if bank.last_update_success and not self._still_found(bank):
            return self.async_create_entry(data={})
        return await self._async_show({"base": "not_fixed"})

    def _still_found(self, bank: BankCoordinator) -> bool:
        return any(
            finding.kind is self._kind and set(finding.batteries) == set(self._batteries)
            for finding in bank.data.findings
        )

    async def _async_show(self, errors: dict[str, str] | None = None) -> RepairsFlowResult:
        """Show the page with values that have just been read."""
        if (bank := self._bank) is None:
            return self.async_abort(reason="bank_not_loaded")
        await bank.async_refresh()
        page = self._pages[self._page]
        helps = HELP.get(cast("Step", page), ())
        placeholders = await self._async_placeholders(bank)
        if helps:
            offered = [help_.value for help_ in helps if self._can(help_)]
            return self.async_show_menu(
                step_id=page,
                menu_options=[*offered, AGAIN, NEXT],
                description_placeholders=placeholders,
            )
        return self.async_show_form(
            step_id=page,
            data_schema=probatio.Schema({}),
            errors=errors or {},
            description_placeholders=placeholders,
        )

    async def _async_placeholders(self, bank: BankCoordinator) -> Mapping[str, str]:
        """Tell what was found, and what each battery reads now."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        told = (issue.translation_placeholders if issue else None) or {}
        return {
            "sentence": next(
                (
                    bank.sentence(finding)
                    for finding in bank.data.findings
                    if finding.kind is self._kind and finding.batteries == self._batteries
                ),
                told.get("sentence", ""),
            ),
            "battery": told.get("battery", ""),
            "bank": self._entry.title,
            "values": await async_live_values(bank),
            "result": self._result,
        }

    @property
    def _bank(self) -> BankCoordinator | None:
        return self._entry.runtime_data if self._entry.state is ConfigEntryState.LOADED else None

    def _can(self, help_: Help) -> bool:
        """Whether Home Assistant can do this for these batteries."""
        match help_:
            case Help.CHECK_VOLTAGES:
                return True
            case Help.RUN_RESYNC:
                return any("discharge" in c.switchable for c in self._members())
            case Help.ENABLE_DISCHARGE:
                return any("discharge" in c.switchable for c in self._concerned())
            case Help.ENABLE_CHARGE:
                return any("charge" in c.switchable for c in self._concerned())

    def _members(self) -> list[Any]:
        bank = self._bank
        return [m for m in bank.members.values() if m is not None] if bank else []

    def _concerned(self) -> list[Any]:
        return [m for m in self._members() if m.battery.id in self._batteries]

    async def _async_help(
        self, help_: Help, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Do it, and tell on the same page how it went."""
        try:
            self._result = await self._async_do(help_)
        except HomeAssistantError as err:
            self._result = str(err)
        return await self._async_show()

    async def _async_do(self, help_: Help) -> str:
        if (bank := self._bank) is None:
            return ""
        match help_:
            case Help.CHECK_VOLTAGES:
                await bank.async_refresh()
                return pre_parallel_words(bank)
            case Help.RUN_RESYNC:
                return str((await async_resync(self.hass, bank))["message"])
            case Help.ENABLE_DISCHARGE | Help.ENABLE_CHARGE:
                mosfet = Mosfet.DISCHARGE if help_ is Help.ENABLE_DISCHARGE else Mosfet.CHARGE
                for coordinator in self._concerned():
                    if mosfet in coordinator.switchable:
                        gear = self.hass.data[SWITCHGEAR]
                        await gear.async_switch(coordinator, mosfet, on=True)
                return async_text(self.hass, "repair_switched_on")


for _page in (*Step, VERIFY):
    setattr(
        GuidedRepair,
        f"async_step_{_page}",
        partialmethod(GuidedRepair._async_turn, str(_page)),  # noqa: SLF001  its own
    )
for _help in Help:
    setattr(
        GuidedRepair,
        f"async_step_{_help}",
        partialmethod(GuidedRepair._async_help, _help),  # noqa: SLF001  its own
    )


class LeftOffRepair(RepairsFlow):
    """Sees to a battery that is off, or may be, because of us."""

    def __init__(self, battery: str) -> None:
        """Remember which."""
        super().__init__()
        self._battery = battery

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Offer to switch on, or to leave it as its owner wants it."""
        return await self.async_step_offer()

    async def async_step_offer(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show the offer."""
        return self._show("offer")

    async def async_step_failed(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Tell that it did not answer, and offer the same again."""
        return self._show("failed")

    async def async_step_again(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Try to switch on now."""
        guarantee = self.hass.data[GUARANTEE]
        for coordinator in loaded_batteries(self.hass):
            if coordinator.battery.id == self._battery and await guarantee.async_try_now(
                coordinator
            ):
                return self.async_create_entry(data={})
        return await self.async_step_failed()

    async def async_step_settled(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Take its owner's word."""
        await self.hass.data[GUARANTEE].async_settle(self._battery)
        return self.async_create_entry(data={})

    def _show(self, step_id: str) -> RepairsFlowResult:
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return self.async_show_menu(
            step_id=step_id,
            menu_options=[AGAIN, "settled"],
            description_placeholders=(issue.translation_placeholders if issue else None) or {},
        )


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: Data | None
) -> RepairsFlow:
    """Choose the flow for an issue."""
    if data is not None and isinstance(entry_id := data.get("entry_id"), str):
        if issue_id.startswith("left_off_"):
            return LeftOffRepair(str(data["battery"]))
        entry = hass.config_entries.async_get_entry(entry_id)
        if entry is not None and "kind" in data:
            return GuidedRepair(entry, data)
    return ConfirmRepairFlow()
