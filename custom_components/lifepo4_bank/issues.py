"""Repair issues of a bank: whatever is found wrong and not merely worth a note.

And batteries that were removed from Home Assistant and are still a part of the bank.
"""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .core.battery import Seconds
from .core.diagnosis.finding import Finding, Kind, Severity
from .core.diagnosis.sentence import sentence
from .core.remedy import BANK_WIDE

if TYPE_CHECKING:  # the bank starts this
    from .bank import BankConfigEntry, BankCoordinator

RENEWAL: Final[Seconds] = 600
"""Numbers in an issue that stands are renewed this often."""

NOT_SET_UP: Final = "not_set_up"
BATTERIES_PAGE: Final = f"homeassistant://config/integrations/integration/{DOMAIN}"
"""Where a battery is added and a bank reconfigured."""

SEVERITIES: Final = {
    Severity.WARNING: ir.IssueSeverity.WARNING,
    Severity.ERROR: ir.IssueSeverity.ERROR,
}


def issue_id(entry_id: str, finding: Finding, batteries: int) -> str:
    """Name the issue after the battery, or after the bank when it concerns all or none."""
    whole = len(finding.batteries) in (0, batteries) or (finding.kind, finding.cause) in BANK_WIDE
    concerned = "bank" if whole else "_".join(finding.batteries)
    return f"{entry_id}_{finding.kind}_{concerned}"


@callback
def async_follow_findings(entry: BankConfigEntry) -> None:
    """Keep the issues equal to the findings as long as the bank is loaded."""
    issues = BankIssues(entry.runtime_data)
    issues.renew()
    entry.async_on_unload(entry.runtime_data.async_add_listener(issues.renew))


@callback
def async_forget_findings(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the issues of a bank that is removed or disabled, dismissed ones included."""
    for issue in _issues_of(hass, entry_id):
        ir.async_delete_issue(hass, DOMAIN, issue.issue_id)


def _issues_of(hass: HomeAssistant, entry_id: str) -> list[ir.IssueEntry]:
    prefixes = tuple(f"{entry_id}_{kind}_" for kind in (*Kind, NOT_SET_UP))
    return [
        issue
        for (domain, name), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and name.startswith(prefixes)
    ]


class BankIssues:
    """The difference between what is found and what the issue registry shows."""

    def __init__(self, coordinator: BankCoordinator) -> None:
        """Know of no issue yet."""
        self._bank = coordinator
        self._written: dict[str, tuple[tuple[Severity, str], Seconds]] = {}

    @callback
    def renew(self) -> None:
        """Create, update and delete issues."""
        state = self._bank.data
        entry_id = self._bank.config_entry.entry_id
        wanted = {
            issue_id(entry_id, finding, len(self._bank.batteries)): finding
            for finding in reversed(state.findings)  # of several in one issue the worst is told
            if finding.severity in SEVERITIES
        }
        for name, finding in wanted.items():
            told, when = self._written.get(name, (None, 0.0))
            said = finding.severity, finding.cause
            if told != said or abs(state.time - when) >= RENEWAL:
                self._written[name] = said, state.time
                self._create(name, finding)
        self._written = {name: told for name, told in self._written.items() if name in wanted}
        removed = {f"{entry_id}_{NOT_SET_UP}_{battery}": battery for battery in self._bank.gone}
        for name, battery in removed.items():
            self._create_removed(name, battery)
        for issue in _issues_of(self._bank.hass, entry_id):
            # A dismissed issue of before the last start waits until it is known again.
            if issue.active and issue.issue_id not in wanted.keys() | removed.keys():
                ir.async_delete_issue(self._bank.hass, DOMAIN, issue.issue_id)

    def _create_removed(self, name: str, battery: str) -> None:
        """Tell of a battery that is missing for good, and where to see to it."""
        bank = self._bank
        ir.async_create_issue(
            bank.hass,
            DOMAIN,
            name,
            is_fixable=False,
            learn_more_url=BATTERIES_PAGE,
            severity=ir.IssueSeverity.WARNING,
            translation_key="not_set_up",
            translation_placeholders={
                "bank": bank.config_entry.title,
                "battery": bank.batteries[battery].name,
            },
        )

    def _create(self, name: str, finding: Finding) -> None:
        bank, naming = self._bank, self._bank.naming
        ir.async_create_issue(
            bank.hass,
            DOMAIN,
            name,
            data=_context(bank.config_entry.entry_id, finding),
            is_fixable=True,
            severity=SEVERITIES[finding.severity],
            translation_key=_translation_key(bank.hass, finding),
            translation_placeholders={
                "bank": bank.config_entry.title,
                "battery": naming.unit(finding.batteries) or bank.config_entry.title,
                "others": naming.others(finding),
                "sentence": sentence(finding, naming),
            },
        )


def _context(entry_id: str, finding: Finding) -> dict[str, Any]:
    """Return what the repair flow needs; the issue registry keeps plain values only."""
    return {
        "entry_id": entry_id,
        "kind": finding.kind.value,
        "cause": finding.cause,
        "severity": finding.severity.name.lower(),
        "batteries": ",".join(finding.batteries),
    }


def _translation_key(hass: HomeAssistant, finding: Finding) -> str:
    """Choose the text for kind and cause, where there is one, else that for the kind."""
    texts = async_get_cached_translations(hass, "en", "issues", DOMAIN)
    specific = f"{finding.kind}_{finding.cause}"
    known = f"component.{DOMAIN}.issues.{specific}.title" in texts
    return specific if known else finding.kind.value
