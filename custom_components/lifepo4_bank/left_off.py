"""The repairs that say that a battery is off, or may be, because of us.

They stand also while none of our entries is loaded, for example because all are disabled.
"""

from collections.abc import Collection
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .journal import Opened

PREFIX: Final = "left_off_"


def issue_id(battery: str) -> str:
    """Name of the repair of one battery."""
    return f"{PREFIX}{battery}"


def raise_issue(hass: HomeAssistant, opened: Opened) -> None:
    """Tell that a battery is off; the repair lets its owner see to it."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id(opened.battery),
        data={"battery": opened.battery, "entry_id": opened.entry_id},
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key="left_off" if opened.certain else "maybe_left_off",
        translation_placeholders={"battery": opened.name},
    )


def clear_issue(hass: HomeAssistant, battery: str) -> None:
    """Take the repair back: the battery is on."""
    ir.async_delete_issue(hass, DOMAIN, issue_id(battery))


def clear_issues_but(hass: HomeAssistant, batteries: Collection[str]) -> None:
    """Take back what an earlier start left behind about batteries that are in no record."""
    kept = {issue_id(battery) for battery in batteries}
    for domain, name in tuple(ir.async_get(hass).issues):
        if domain == DOMAIN and name.startswith(PREFIX) and name not in kept:
            ir.async_delete_issue(hass, DOMAIN, name)


def raise_broken_journal_issue(hass: HomeAssistant, file: str) -> None:
    """Tell that nobody knows any more what was off; `file` is what is left of the record."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        "journal_broken",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="journal_broken",
        translation_placeholders={"file": file},
    )
