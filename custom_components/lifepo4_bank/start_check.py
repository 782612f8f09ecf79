"""Guided measurements: may the batteries be joined, and does each carry its part."""

from dataclasses import replace
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from .bank import BankCoordinator
from .bank_sentence import async_listed
from .const import DOMAIN
from .core.battery import Seconds, Volts
from .core.diagnosis.prepare import Readiness
from .core.loadtest import LASTS, LOAD, LoadTest, Phase, Result, bank_current
from .live import async_text
from .measure import async_samples, async_tell, by_name

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
        else await async_load_test(hass, bank, wait=WAIT_FOR_LOAD)
    )
    result = {"bank": bank.config_entry.title, "check": check, **result}
    async_tell(hass, bank, EVENT_CHECK, result)
    return result


async def _async_pre_parallel(bank: BankCoordinator) -> dict[str, Any]:
    await bank.async_read_together()
    readiness = bank.diagnosis.readiness()
    apart = _apart(bank, readiness)
    names = {battery: known.name for battery, known in bank.batteries.items()}
    return {
        "ready": readiness.ready,
        "light": readiness.light.value if readiness.light else None,
        "difference": _rounded(apart, 3),
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
    if readiness.light is not None and (apart := _apart(bank, readiness)) is not None:
        parts.append(async_text(bank.hass, f"ready_{readiness.light}", difference=f"{apart:.2f}"))
    for wait in readiness.waits:
        names = [bank.batteries[b].name if b in bank.batteries else b for b in wait.batteries]
        minutes = "" if wait.seconds is None else f"{wait.seconds / 60:.0f}"
        parts.append(
            async_text(
                bank.hass,
                f"wait_{wait.reason}",
                batteries=async_listed(bank.hass, names),
                minutes=minutes,
            )
        )
    return " ".join(parts)


def _apart(bank: BankCoordinator, readiness: Readiness) -> Volts | None:
    """Tell how far the batteries are apart, as a multimeter shows it.

    The check itself compares them per 12.8 V, and so unlike ones as well.
    """
    unlike = any(wait.reason == "nominal_voltage" for wait in readiness.waits)
    if readiness.difference is None or bank.data.sample is None or unlike:
        return None
    readings = bank.data.sample.batteries.values()
    voltages = [sum(one.cells) if one.cells else one.voltage or 0.0 for one in readings]
    return max(voltages) - min(voltages)


async def async_load_test(
    hass: HomeAssistant, bank: BankCoordinator, *, wait: Seconds
) -> dict[str, Any]:
    """Wait for a load of 10 A, then measure for a minute.

    Raises ServiceValidationError: `no_load` when none comes in time, `not_all_read`.
    """
    test = LoadTest(layout=bank.layout, started=hass.loop.time())
    if bank.data.sample is not None:
        test.remember(bank.data.sample, bank.data)
    result = await _async_run(hass, bank, test, wait)
    silent = [bank.batteries[battery].name for battery in result.silent]
    carried = by_name(bank, result.batteries)
    words = [
        async_text(
            hass,
            "load_test_idle" if silent else "load_test_done",
            batteries=async_listed(hass, silent),
        ),
        async_text(
            hass,
            "load_test_strong" if result.strong else "load_test_weak",
            peak=f"{result.peak:.0f}",
        ),
    ]
    return {
        "load": round(result.load, 1),
        "peak": round(result.peak, 1),
        "strong": result.strong,
        "before": {name: _rounded(one.before, 1) for name, one in carried.items()},
        "current": {name: round(one.loaded, 1) for name, one in carried.items()},
        "sag": {name: _rounded(one.sag, 3) for name, one in carried.items()},
        "share": {name: round(100 * one.share, 1) for name, one in carried.items()},
        "fair_share": {name: round(100 * one.fair_share, 1) for name, one in carried.items()},
        "all_carry": not silent,
        "findings_before": [bank.sentence(finding) for finding in result.findings_before],
        "findings_after": [bank.sentence(finding) for finding in result.findings_after],
        "message": " ".join(words),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


async def _async_run(
    hass: HomeAssistant, bank: BankCoordinator, test: LoadTest, wait: Seconds
) -> Result:
    """Feed the test until it is over, or until it has waited long enough for a load."""
    began = hass.loop.time()
    all_read = False
    async for sample in async_samples(hass, bank, wait + 2 * LASTS):
        all_read = bank_current(bank.layout, sample) is not None
        # The loop's clock does not jump when the computer gets the time.
        phase = test.update(replace(sample, time=hass.loop.time()), bank.data)
        waited = hass.loop.time() - began
        if phase is Phase.DONE or (phase is Phase.WAITING and waited >= wait):
            break
    if test.result is not None:
        return test.result
    key = "not_all_read" if not all_read else "no_load" if wait else "no_load_now"
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"load": f"{LOAD:.0f}", "minutes": f"{wait / 60:.0f}"},
    )
