"""Guided repairs: page by page with live values, finished only when the data say so."""

from collections.abc import Mapping
from functools import partialmethod
from typing import Any, Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import probatio

from .bank import BankConfigEntry, BankCoordinator
from .bank_sentence import async_listed
from .ble.commanded import commanded, reported
from .const import DOMAIN
from .coordinator import BatteryCoordinator
from .core.battery import Seconds
from .core.diagnosis.finding import Finding, Kind
from .core.remedy import HELP, TROUBLESHOOTING, VERIFY, Help, Step, steps
from .core.verdict import Mosfet
from .issues import SEVERITIES, issue_id
from .live import async_live_values, async_text
from .resync import async_resync
from .start_check import async_load_test, pre_parallel_words
from .switching import SWITCHGEAR

NEXT = "next"
AGAIN = "again"

PRESENT: Final[Seconds] = 20.0
"""Values so young are shown as they are: to read six batteries over one proxy takes five seconds,
and a page should turn at once."""
FOLLOWED: Final[Seconds] = 300.0
"""How long the batteries are read faster after a page was shown, so that the next has such values
without asking."""
MEASURING: Final = frozenset({Help.CHECK_VOLTAGES, Help.TEST_LOAD})
"""What reads all batteries and changes none."""

type Data = dict[str, str | int | float | None]


class GuidedRepair(RepairsFlow):
    """Leads through the steps for one finding."""

    def __init__(self, entry: BankConfigEntry, data: Data) -> None:
        """Choose the steps."""
        super().__init__()
        self._entry = entry
        self._batteries = tuple(filter(None, str(data.get("batteries") or "").split(",")))
        self._pages = (*steps(Kind(str(data["kind"])), str(data["cause"])), VERIFY)
        self._page = 0
        self._result = ""
        self._named = {"battery": entry.title, "others": ""}

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin with the first page; the issue may be gone before the last one."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        told = (issue.translation_placeholders if issue else None) or {}
        self._named |= {name: told[name] for name in self._named if name in told}
        return await self._async_show()

    async def async_step_next(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Turn the page."""
        self._page = min(self._page + 1, len(self._pages) - 1)  # pressed twice, it is one too many
        self._result = ""
        return await self._async_show()

    async def async_step_again(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Show the page again with new values."""
        self._result = ""
        return await self._async_show(anew=True)

    async def _async_page(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show the page that a browser comes back to."""
        return await self._async_show()

    async def async_step_verify(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Finish if the finding is gone; else show what the data say now."""
        if user_input is None:
            return await self._async_show()
        if (bank := await self._async_read()) is None:
            return self.async_abort(reason="bank_not_loaded")
        if self._found(bank) is not None:
            return await self._async_show({"base": "not_fixed"})
        if self._pages[:-1] == TROUBLESHOOTING and self._idle(bank):
            return await self._async_show({"base": "not_carrying"})
        return self.async_create_entry(data={})

    def _found(self, bank: BankCoordinator) -> Finding | None:
        """Return what this repair is about, as long as it is found."""
        for finding in bank.data.findings:
            name = issue_id(self._entry.entry_id, finding, len(bank.batteries))
            if name == self.issue_id and finding.severity in SEVERITIES:
                return finding
        return None

    @staticmethod
    def _idle(bank: BankCoordinator) -> list[str]:
        """Name the batteries that are not seen to carry anything (article, 4.1 step 6)."""
        return [
            bank.batteries[battery].name
            for battery, member in bank.members.items()
            if member is None or not member.answered or not member.data.current
        ]

    async def _async_show(
        self, errors: dict[str, str] | None = None, *, anew: bool = False
    ) -> RepairsFlowResult:
        """Show the page with present values, read anew where that is asked for or they are old."""
        bank = await self._async_read() if anew or self._is_old() else self._bank
        if bank is None:
            return self.async_abort(reason="bank_not_loaded")
        for member in self._members():
            member.quicken(FOLLOWED)
        page = self._pages[self._page]
        placeholders = await self._async_placeholders(bank)
        if page == VERIFY:
            return self.async_show_form(
                step_id=page,
                data_schema=probatio.Schema({}),
                errors=errors or {},
                description_placeholders=placeholders,
            )
        offered = [help_.value for help_ in HELP.get(Step(page), ()) if self._can(help_)]
        return self.async_show_menu(
            step_id=page,
            menu_options=[*offered, AGAIN, NEXT],
            description_placeholders=placeholders,
        )

    async def _async_placeholders(self, bank: BankCoordinator) -> Mapping[str, str]:
        """Tell what was found, and what each battery reads now."""
        warmth = self._pages[self._page] == Step.COMPARE
        values = await async_live_values(bank, warmth=warmth)
        found = self._found(bank)
        return {
            "sentence": bank.sentence(found) if found else async_text(self.hass, "repair_over"),
            **self._named,
            "bank": self._entry.title,
            "values": values,
            "result": self._result,
            "idle": async_listed(self.hass, self._idle(bank)),
            "joining": async_text(self.hass, f"joining_{bank.layout.arrangement}"),
        }

    def _is_old(self) -> bool:
        """Whether a reading would tell more than what is known.

        Not of a battery that does not answer, which the page says, nor of one made of entities.
        """
        return any(
            seat.coordinator.age > PRESENT
            for seat in (self._bank.seats.values() if self._bank else ())
            if seat.coordinator is not None and seat.coordinator.answered and not seat.told
        )

    async def _async_read(self) -> BankCoordinator | None:
        """Read the bank now; None when it is not loaded, or not any more."""
        if (bank := self._bank) is None:
            return None
        try:
            await bank.async_read_together()
        except HomeAssistantError:
            return None
        return bank

    @property
    def _bank(self) -> BankCoordinator | None:
        return self._entry.runtime_data if self._entry.state is ConfigEntryState.LOADED else None

    def _can(self, help_: Help) -> bool:
        """Whether Home Assistant can do this for these batteries."""
        match help_:
            case Help.CHECK_VOLTAGES | Help.TEST_LOAD:
                return True
            case Help.RUN_RESYNC:
                return any("discharge" in c.switchable for c in self._members())
            case Help.ENABLE_DISCHARGE:
                return any(_may_be_off(c, Mosfet.DISCHARGE) for c in self._concerned())
            case Help.ENABLE_CHARGE:
                return any(_may_be_off(c, Mosfet.CHARGE) for c in self._concerned())

    def _members(self) -> list[BatteryCoordinator]:
        bank = self._bank
        return [m for m in bank.members.values() if m is not None] if bank else []

    def _concerned(self) -> list[BatteryCoordinator]:
        return [m for m in self._members() if m.battery.id in self._batteries]

    async def _async_help(
        self, help_: Help, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Do it, and tell on the same page how it went."""
        try:
            self._result = await self._async_do(help_)
        except HomeAssistantError as err:
            self._result = f"{err}."  # Home Assistant takes the full stop away
        return await self._async_show(anew=help_ not in MEASURING)

    async def _async_do(self, help_: Help) -> str:
        if (bank := self._bank) is None:
            return ""
        match help_:
            case Help.CHECK_VOLTAGES:
                await bank.async_read_together()
                return pre_parallel_words(bank)
            case Help.TEST_LOAD:
                return str((await async_load_test(self.hass, bank, wait=0.0))["message"])
            case Help.RUN_RESYNC:
                return str((await async_resync(self.hass, bank))["message"])
            case Help.ENABLE_DISCHARGE | Help.ENABLE_CHARGE:
                mosfet = Mosfet.DISCHARGE if help_ is Help.ENABLE_DISCHARGE else Mosfet.CHARGE
                for coordinator in self._concerned():
                    if mosfet in coordinator.switchable:
                        gear = self.hass.data[SWITCHGEAR]
                        await gear.async_switch(coordinator, mosfet, on=True)
                return async_text(self.hass, "repair_switched_on")


def _may_be_off(coordinator: BatteryCoordinator, mosfet: Mosfet) -> bool:
    """Whether there may be something to switch on: all but what is reported on.

    What was asked to be off may report on while current flows the other way.
    """
    if mosfet not in coordinator.switchable:
        return False
    told = coordinator.data
    on = reported(told, mosfet) is True and commanded(told, mosfet) is not False
    return not (on and coordinator.answered)


for _page in Step:
    setattr(GuidedRepair, f"async_step_{_page}", GuidedRepair._async_page)  # noqa: SLF001  its own
for _help in Help:
    setattr(
        GuidedRepair,
        f"async_step_{_help}",
        partialmethod(GuidedRepair._async_help, _help),  # noqa: SLF001  its own
    )
