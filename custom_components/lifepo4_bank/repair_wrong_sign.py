"""The repair of a battery from entities whose current counts the wrong way round."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.helpers import issue_registry as ir
import probatio

from .const import DOMAIN
from .coordinator import BatteryConfigEntry
from .entities_sign import inverted
from .entities_states import CONF_CURRENT, CONF_INVERT_CURRENT, number


class WrongSignRepair(RepairsFlow):
    """Turns the sign round when the owner agrees; wrong again, the issue comes back."""

    def __init__(self, entry: BatteryConfigEntry) -> None:
        """Remember which battery."""
        super().__init__()
        self._entry = entry

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin with the only question."""
        return await self.async_step_turn()

    async def async_step_turn(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show what the battery counts now; turn it round."""
        if user_input is not None:
            self._turn()
            return self.async_create_entry(data={})
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        told = (issue.translation_placeholders if issue else None) or {}
        return self.async_show_form(
            step_id="turn",
            data_schema=probatio.Schema({}),
            description_placeholders={**told, "current": self._current()},
        )

    def _turn(self) -> None:
        data = self._entry.data
        if inverted(self.hass, data[CONF_CURRENT]) is data[CONF_INVERT_CURRENT]:
            return  # somebody has done it since the page was opened
        turned = {**data, CONF_INVERT_CURRENT: not data[CONF_INVERT_CURRENT]}
        self.hass.config_entries.async_update_entry(self._entry, data=turned)
        self.hass.config_entries.async_schedule_reload(self._entry.entry_id)

    def _current(self) -> str:
        """Say the current as the battery counts it now."""
        data = self._entry.data
        current = number(self.hass.states.get(data[CONF_CURRENT]), CONF_CURRENT)
        if current is None:
            return "? A"
        return f"{-current if data[CONF_INVERT_CURRENT] else current:+.1f} A"
