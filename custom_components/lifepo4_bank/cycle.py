"""Switches a battery's discharge off for a moment: off, wait, on again (article, section 3.3)."""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .coordinator import BatteryCoordinator
from .core.battery import BatterySample, Seconds
from .core.branch import is_open
from .core.interlock import may_stay_off
from .core.verdict import Check, Mosfet, Outcome, Verdict
from .guarantee import GUARANTEE
from .news import async_await_news, async_late
from .refusal import refusal
from .switching import SWITCHGEAR

GLANCE: Final[Seconds] = 1.0
"""Between two looks at the others while the battery is off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """What happened."""

    verdict: Verdict
    off: BatterySample
    """The reading that confirmed off."""
    on: BatterySample
    """The reading that confirmed on again."""
    seconds: Seconds
    """How long it was off."""
    stopped_by: tuple[Check, ...] = ()
    """Why it was switched on early; empty when it was not."""


async def async_cycle(
    hass: HomeAssistant, coordinator: BatteryCoordinator, seconds: Seconds, *, force: bool = False
) -> Cycle:
    """Switch discharge off and on again.

    Once begun, it goes on to the end even if the caller gives up. Raises ServiceValidationError
    with the interlock's reasons, or HomeAssistantError when the battery does not follow; after
    the latter the battery is on again, or the error is `not_on_again`.
    """
    # In the background, so that a battery out of reach does not hold up Home Assistant's stop.
    task = hass.async_create_background_task(
        _async_cycle(hass, coordinator, seconds, force=force),
        f"{DOMAIN} cycle {coordinator.battery.id}",
    )
    return await asyncio.shield(task)


async def async_await_others(
    hass: HomeAssistant, coordinator: BatteryCoordinator, *, force: bool = False
) -> Seconds:
    """Wait for batteries of entities to tell something new before this one is switched off.

    What they told last may be a minute old, and nobody can have them read while it is off. Returns
    how long it took; raises ServiceValidationError at once for what no news would change.
    """
    gear = hass.data[SWITCHGEAR]
    late = await async_late(gear.bank_mates(coordinator))
    if not late:
        return 0.0
    verdict = await gear.async_ask(coordinator, Mosfet.DISCHARGE, on=False, force=force)
    if not verdict.allowed and any(c.outcome is Outcome.REFUSED for c in verdict.reasons):
        raise refusal(verdict, gear.names())
    return await async_await_news(hass, late)


async def _async_cycle(
    hass: HomeAssistant, coordinator: BatteryCoordinator, seconds: Seconds, *, force: bool
) -> Cycle:
    gear, guarantee = hass.data[SWITCHGEAR], hass.data[GUARANTEE]
    with gear.hold(coordinator):
        verdict = await gear.async_ask(coordinator, Mosfet.DISCHARGE, on=False, force=force)
        _check(hass, coordinator, verdict)
        clock = hass.loop.time
        try:
            sent = monotonic()
            off = await guarantee.async_off(coordinator, Mosfet.DISCHARGE)
            since = clock()
            stopped_by = await _async_wait(hass, coordinator, verdict, since + seconds, sent)
        finally:
            on = await guarantee.async_on_again(coordinator)
        return Cycle(
            verdict=verdict, off=off, on=on, seconds=clock() - since, stopped_by=stopped_by
        )


def _check(hass: HomeAssistant, coordinator: BatteryCoordinator, verdict: Verdict) -> None:
    """Refuse what the interlock refuses, and what could not be undone."""
    if hass.is_stopping:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="stopping")
    if not verdict.allowed:
        raise refusal(verdict, hass.data[SWITCHGEAR].names())
    if is_open(coordinator.data, Mosfet.DISCHARGE):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="already_off",
            translation_placeholders={"battery": coordinator.battery.name},
        )


async def _async_wait(
    hass: HomeAssistant,
    coordinator: BatteryCoordinator,
    verdict: Verdict,
    until: float,
    sent: Seconds,
) -> tuple[Check, ...]:
    """Wait, but only as long as the others carry on safely; return what ended it early.

    `sent` is when the command was, on the clock that readings are of.
    """
    gear, guarantee = hass.data[SWITCHGEAR], hass.data[GUARANTEE]
    overridden = {check.key for check in verdict.reasons}
    while (left := until - hass.loop.time()) > 0:
        if not await guarantee.async_pause(coordinator.battery.id, min(GLANCE, left)):
            return ()
        look = hass.async_create_task(gear.async_look(coordinator))
        # A reading that takes too long goes on: to break it off could cost the link.
        done, _ = await asyncio.wait({look}, timeout=until - hass.loop.time())
        if not done:
            return ()
        now = may_stay_off(verdict.command, look.result(), sent)
        if reasons := tuple(check for check in now.reasons if check.key not in overridden):
            return reasons
    return ()
