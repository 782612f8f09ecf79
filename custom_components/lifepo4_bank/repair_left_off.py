"""The repair of a battery that is off, or may be, because of us."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .guarantee import GUARANTEE
from .switching import loaded_batteries

AGAIN = "again"


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
