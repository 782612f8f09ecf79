"""Which repair flow belongs to an issue."""

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.core import HomeAssistant

from .left_off import PREFIX
from .repair_guided import Data, GuidedRepair
from .repair_left_off import LeftOffRepair
from .repair_wrong_sign import WrongSignRepair


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: Data | None
) -> RepairsFlow:
    """Choose the flow for an issue."""
    told = data or {}
    if issue_id.startswith(PREFIX):
        return LeftOffRepair(str(told["battery"]))
    entry = hass.config_entries.async_get_entry(str(told.get("entry_id")))
    if entry is None:
        return ConfirmRepairFlow()
    if "kind" in told:
        return GuidedRepair(entry, told)
    return WrongSignRepair(entry)
