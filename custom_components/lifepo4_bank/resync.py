"""The article's remedy for one battery discharging while another stands by (section 3.3).

Switch discharge of the battery that carries the load off and on again, so that the current is
shared out anew; then watch what became of it.
"""

from collections.abc import Collection
from time import monotonic
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from .bank import BankCoordinator
from .bank_sentence import async_listed
from .const import DOMAIN
from .coordinator import BatteryCoordinator
from .core.battery import Seconds
from .core.interlock import may_stay_off
from .core.takeover import DEFAULT_FLOOR
from .core.verdict import Check
from .cycle import async_await_others, async_cycle
from .live import async_text
from .measure import async_samples, async_tell, by_name, currents, shares
from .news import NEWS_WITHIN, unheard
from .refusal import response, sentence
from .switching import SWITCHGEAR

OFF: Final[Seconds] = 5.0
WATCH: Final[Seconds] = 60.0
EVENT_RESYNC: Final = f"{DOMAIN}_resync"

type Shares = dict[str, float | None]


async def async_resync(
    hass: HomeAssistant, bank: BankCoordinator, *, force: bool = False
) -> dict[str, Any]:
    """Carry the procedure out; return the shares before and after.

    Raises ServiceValidationError `nothing_discharges`, or what `async_cycle` raises.
    """
    await bank.async_read_together()
    waited = await async_await_others(hass, _leader(bank), force=force)
    if waited:
        await bank.async_read_together()
    leader = _leader(bank)
    before = _shares(bank)
    cycle = await async_cycle(hass, leader, OFF, force=force)
    on_again = monotonic()
    trouble = cycle.stopped_by
    if not trouble:
        trouble = await _async_watch(hass, bank, leader, {c.key for c in cycle.verdict.reasons})
    silent = unheard(bank.members.values(), on_again)
    after = _shares(bank, silent)
    names = hass.data[SWITCHGEAR].names()
    reasons = [sentence(check, names) for check in trouble]
    unheard_names = [bank.batteries[battery].name for battery in silent]
    result = {
        "bank": bank.config_entry.title,
        "battery": leader.battery.name,
        "waited_seconds": round(waited, 1),
        "off_seconds": round(cycle.seconds, 1),
        "share_before": by_name(bank, before),
        "share_after": by_name(bank, after),
        "stopped_because": reasons,
        "not_heard_since": unheard_names,
        "message": _message(
            hass,
            unheard_names,
            battery=leader.battery.name,
            before=_words(bank, before),
            after=_words(bank, after),
            reasons=". ".join(reasons),
        ),
        "checks": response(cycle.verdict, names),
    }
    async_tell(hass, bank, EVENT_RESYNC, {"message": result["message"]})
    return result


def _message(hass: HomeAssistant, silent: list[str], **told: str) -> str:
    """Say in words what came of it, and of which batteries it is not known."""
    said = async_text(hass, "resync_stopped" if told["reasons"] else "resync_done", **told)
    if silent:
        names = async_listed(hass, silent)
        said += f" {async_text(hass, 'resync_not_heard', battery=names)}"
    return said


def _leader(bank: BankCoordinator) -> BatteryCoordinator:
    """Find the battery that carries most of the load and can be switched."""
    giving = {
        battery: coordinator
        for battery, coordinator in bank.members.items()
        if coordinator is not None
        and "discharge" in coordinator.switchable
        and coordinator.data.current is not None
        and coordinator.data.current < -(coordinator.battery.detection_floor or DEFAULT_FLOOR)
    }
    if not giving:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="nothing_discharges",
            translation_placeholders={"bank": bank.config_entry.title},
        )
    return min(giving.values(), key=lambda coordinator: coordinator.data.current or 0.0)


async def _async_watch(
    hass: HomeAssistant, bank: BankCoordinator, leader: BatteryCoordinator, overridden: set[str]
) -> tuple[Check, ...]:
    """Watch the shares; return at once what leaves the safe range.

    Batteries of entities are waited for longer, as without them the shares are not known.
    """
    began = monotonic()
    async for _ in async_samples(hass, bank, WATCH):
        if found := _out_of_range(hass, bank, leader, overridden):
            return found
    if unheard(bank.members.values(), began):
        async for _ in async_samples(hass, bank, max(0.0, NEWS_WITHIN - WATCH)):
            if found := _out_of_range(hass, bank, leader, overridden):
                return found
            if not unheard(bank.members.values(), began):
                break
    return ()


def _out_of_range(
    hass: HomeAssistant, bank: BankCoordinator, leader: BatteryCoordinator, overridden: set[str]
) -> tuple[Check, ...]:
    gear = hass.data[SWITCHGEAR]
    neighbour = next((m for m in bank.members.values() if m not in (None, leader)), leader)
    # All but the leader, then all but another: so that the leader is judged, too.
    for left_out in (leader, neighbour):
        command, seen = gear.watched(left_out or leader)
        # Nothing is off any more, so the silence of those that tell at their own pace is no danger.
        reasons = may_stay_off(command, seen, seen.time).reasons
        if found := tuple(check for check in reasons if check.key not in overridden):
            return found
    return ()


def _shares(bank: BankCoordinator, silent: Collection[str] = ()) -> Shares:
    """Return the shares as last read; what concerns the silent ones is not known."""
    sample = bank.data.sample
    flowing = currents(sample) if sample else {}
    return shares(bank, {b: flow for b, flow in flowing.items() if b not in silent})


def _words(bank: BankCoordinator, told: Shares) -> str:
    """Say the shares in a few words."""
    said = [
        async_text(bank.hass, "share_unknown", battery=bank.batteries[battery].name)
        if share is None
        else f"{bank.batteries[battery].name} {share:.0f} %"
        for battery, share in told.items()
    ]
    return async_listed(bank.hass, said)
