"""Guided measurements: may the batteries be joined, and does each carry its part."""

from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from .bank import BankCoordinator
from .const import DOMAIN
from .core.battery import Amperes, Seconds
from .core.diagnosis.prepare import Readiness
from .core.takeover import DEFAULT_FLOOR, PROVING_LOAD, PROVING_TIME
from .live import async_text
from .measure import async_samples, by_name, currents, shares
from .refusal import listed

WAIT_FOR_LOAD: Final[Seconds] = 120.0
EVENT_CHECK: Final = f"{DOMAIN}_check"


async def async_start_check(
    hass: HomeAssistant, bank: BankCoordinator, check: str
) -> dict[str, Any]:
    """Measure; the result is also told as an event.

    `load_test` raises ServiceValidationError `no_load` when no load comes within two minutes.
    """
    result = (
        await _async_pre_parallel(bank)
        if check == "pre_parallel"
        else await _async_load_test(hass, bank)
    )
    result = {"bank": bank.config_entry.title, "check": check, **result}
    hass.bus.async_fire(EVENT_CHECK, {"entry_id": bank.config_entry.entry_id, **result})
    return result


async def _async_pre_parallel(bank: BankCoordinator) -> dict[str, Any]:
    await bank.async_refresh()
    readiness = bank.diagnosis.readiness()
    names = {battery: known.name for battery, known in bank.batteries.items()}
    return {
        "ready": readiness.ready,
        "light": readiness.light.value if readiness.light else None,
        "difference": None if readiness.difference is None else round(readiness.difference, 3),
        "waits": [
            {
                "reason": wait.reason,
                "batteries": [names.get(battery, battery) for battery in wait.batteries],
                "seconds": wait.seconds,
            }
            for wait in readiness.waits
        ],
        "message": pre_parallel_words(bank),
    }


def pre_parallel_words(bank: BankCoordinator) -> str:
    """Say whether the batteries may be joined now, and what to wait for."""
    readiness: Readiness = bank.diagnosis.readiness()
    parts = []
    if readiness.light is not None and readiness.difference is not None:
        parts.append(
            async_text(
                bank.hass,
                f"ready_{readiness.light}",
                difference=f"{readiness.difference:.2f}",
            )
        )
    for wait in readiness.waits:
        names = [bank.batteries[b].name if b in bank.batteries else b for b in wait.batteries]
        minutes = "" if wait.seconds is None else f"{wait.seconds / 60:.0f}"
        parts.append(
            async_text(bank.hass, f"wait_{wait.reason}", batteries=listed(names), minutes=minutes)
        )
    return " ".join(parts)


async def _async_load_test(hass: HomeAssistant, bank: BankCoordinator) -> dict[str, Any]:
    """Wait for a load of 10 A, then take the mean of a minute."""
    await _async_wait_for_load(hass, bank)
    sums: dict[str, Amperes] = dict.fromkeys(bank.layout.batteries, 0.0)
    count = 0
    async for sample in async_samples(hass, bank, PROVING_TIME):
        flowing = currents(sample)
        if len(flowing) == len(sums):
            count += 1
            sums = {battery: total + flowing[battery] for battery, total in sums.items()}
    if not count:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_all_read")
    mean = {battery: total / count for battery, total in sums.items()}
    idle = [
        bank.batteries[battery].name
        for battery, current in mean.items()
        if abs(current) <= (bank.batteries[battery].detection_floor or DEFAULT_FLOOR)
    ]
    return {
        "readings": count,
        "current": by_name(bank, {b: round(current, 1) for b, current in mean.items()}),
        "share": by_name(bank, shares(bank, mean)),
        "all_conduct": not idle,
        "message": async_text(
            hass, "load_test_idle" if idle else "load_test_done", batteries=listed(idle)
        ),
    }


async def _async_wait_for_load(hass: HomeAssistant, bank: BankCoordinator) -> None:
    async for sample in async_samples(hass, bank, WAIT_FOR_LOAD):
        flowing = currents(sample)
        if flowing and abs(sum(flowing.values())) / bank.layout.series >= PROVING_LOAD:
            return
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="no_load",
        translation_placeholders={
            "load": f"{PROVING_LOAD:.0f}",
            "minutes": f"{WAIT_FOR_LOAD / 60:.0f}",
        },
    )
