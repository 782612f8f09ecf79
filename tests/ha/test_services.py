"""The actions of a bank: resync, diagnose, start_check."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_capture_events,
)

from custom_components.lifepo4_bank import resync, start_check
from custom_components.lifepo4_bank.const import CONF_NOMINAL_VOLTAGE, DOMAIN
from custom_components.lifepo4_bank.core import loadtest
from custom_components.lifepo4_bank.core.battery import BatteryState

from .conftest import ADDRESSES, NAMES, FakeReader, FakeReaders, bank_entry, battery_entry, set_up
from .test_set_discharge import call as call_battery, device

type MakeBank = Callable[..., Awaitable[MockConfigEntry]]
type PassTime = Callable[[float], Awaitable[None]]


@pytest.fixture(autouse=True)
def _quick(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let measurements be short, too."""
    monkeypatch.setattr(start_check, "WAIT_FOR_LOAD", 0.1)
    monkeypatch.setattr(start_check, "LASTS", 0.1)
    monkeypatch.setattr(loadtest, "LASTS", 0.1)


async def call(
    hass: HomeAssistant, bank: MockConfigEntry, action: str, **fields: Any
) -> dict[str, Any]:
    """Call an action on the bank."""
    context = fields.pop("context", None)
    answer = await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": device(hass, bank.entry_id), **fields},
        blocking=True,
        return_response=True,
        context=context,
    )
    assert isinstance(answer, dict)
    return answer


class Household:
    """A load that goes to the batteries that are on; B joins in once A has been off."""

    def __init__(self, readers: FakeReaders) -> None:
        self.a, self.b = readers.of(ADDRESSES[0]), readers.of(ADDRESSES[1])
        self.joined = False
        for reader in (self.a, self.b):
            patch.object(reader, "read", self.reading(reader)).start()
        self.settle()

    def reading(self, reader: FakeReader) -> Callable[[], Awaitable[Any]]:
        read = reader.read

        async def settled() -> Any:
            self.settle()
            return await read()

        return settled

    def settle(self) -> None:
        a_on = bool(self.a.sample.discharge_enabled)
        self.joined = self.joined or not a_on
        a, b = (0.0, -30.0) if not a_on else (-16.0, -14.0) if self.joined else (-28.0, -2.0)
        self.a.shows(current=a)
        self.b.shows(current=b)


async def test_resync_shares_the_load_out_anew(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    Household(readers)
    bank = await make_bank(2)
    events = async_capture_events(hass, resync.EVENT_RESYNC)
    answer = await call(hass, bank, "resync")
    assert answer["battery"] == NAMES[0]
    assert answer["share_before"] == {NAMES[0]: 93.3, NAMES[1]: 6.7}
    assert answer["share_after"] == {NAMES[0]: 53.3, NAMES[1]: 46.7}
    assert answer["stopped_because"] == []
    assert readers[ADDRESSES[0]].commands == [("discharge", False), ("discharge", True)]
    assert answer["message"] == (
        f"{NAMES[0]} was switched off for a moment and is on again. Share of the current before: "
        f"{NAMES[0]} 93 % and {NAMES[1]} 7 %. After: {NAMES[0]} 53 % and {NAMES[1]} 47 %."
    )
    assert [event.data for event in events] == [
        {
            "device_id": device(hass, bank.entry_id),
            "entry_id": bank.entry_id,
            "message": answer["message"],
        }
    ]


async def test_resync_needs_a_battery_that_discharges(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    for address in ADDRESSES[:2]:
        readers.of(address).shows(current=0.0, state=BatteryState.STANDBY)
    bank = await make_bank(2)
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, bank, "resync")
    assert error.value.translation_key == "nothing_discharges"


async def test_resync_asks_the_interlock(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    readers.of(ADDRESSES[1]).shows(soc=0.1)
    bank = await make_bank(2)
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, bank, "resync")
    assert error.value.translation_key == "refused_off"
    assert readers[ADDRESSES[0]].commands == []


@pytest.mark.parametrize("number", [0, 1])
async def test_resync_stops_when_anything_leaves_the_safe_range(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, number: int
) -> None:
    bank = await make_bank(2)
    reader = readers[ADDRESSES[number]]
    switch = readers[ADDRESSES[0]].switch

    async def then_trip(*args: Any) -> Any:
        sample = await switch(*args)
        if args[1]:
            reader.shows(protections=("discharge_overcurrent",))
        return sample

    with patch.object(readers[ADDRESSES[0]], "switch", then_trip):
        answer = await call(hass, bank, "resync")
    assert answer["stopped_because"] == [f"The battery's own protection is active: {NAMES[number]}"]
    assert answer["message"].startswith("Ended early for safety")
    assert readers[ADDRESSES[0]].sample.discharge_enabled is True


async def test_diagnose_tells_all(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    readers.of(ADDRESSES[1]).shows(
        protections=("short_circuit",), state=BatteryState.PROTECTION, current=0.0
    )
    bank = await make_bank(2)
    answer = await call(hass, bank, "diagnose")
    assert answer["bank"] == bank.title
    kinds = {finding["kind"]: finding for finding in answer["findings"]}
    assert kinds["protection"]["batteries"] == [NAMES[1]]
    assert kinds["protection"]["severity"] == "error"
    assert answer["fair_share"] == {NAMES[0]: 50.0, NAMES[1]: 50.0}
    assert all(item["reason"] for item in answer["not_judged"])
    assert {
        "kind": "asymmetric_current_sharing",
        "reason": "not_enough_load",
        "batteries": [NAMES[0], NAMES[1]],
        "message": f"The load is too small to tell: {NAMES[0]} and {NAMES[1]}. "
        "It takes 10 A or more, and for each battery four times the smallest current that its BMS"
        " sees.",
    } in answer["not_judged"]


async def test_diagnose_says_how_old_the_evidence_is(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank, pass_time: PassTime
) -> None:
    readers.of(ADDRESSES[0]).shows(current=-40.0, voltage=12.9)
    readers.of(ADDRESSES[1]).shows(current=0.0, protections=("short_circuit",))
    bank = await make_bank(2)
    began = dt_util.utcnow()
    for load in (20.0, 40.0) * 6:
        readers[ADDRESSES[0]].shows(current=-load, voltage=13.3 - 0.01 * load)
        await pass_time(30)
    answer = await call(hass, bank, "diagnose")
    evidence = answer["own_resistance"][NAMES[0]]
    assert evidence["value"] == pytest.approx(10, abs=0.1)
    since, latest = map(datetime.fromisoformat, (evidence["since"], evidence["latest"]))
    assert began <= since < latest <= dt_util.utcnow()
    assert latest - since >= timedelta(minutes=3)
    (found,) = [one for one in answer["findings"] if one["kind"] == "protection"]
    seen = [datetime.fromisoformat(found[name]) for name in ("first_seen", "last_seen")]
    assert seen[0] <= began + timedelta(seconds=1) < seen[1]


async def test_pre_parallel_tells_what_to_wait_for(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    bank = await make_bank(2)
    events = async_capture_events(hass, start_check.EVENT_CHECK)
    answer = await call(hass, bank, "start_check", check="pre_parallel")
    assert answer["ready"] is False
    assert answer["light"] == "green"
    assert answer["waits"][0]["reason"] == "current_flows"
    assert "Current flows, so no battery is at rest" in answer["message"]
    (event,) = events
    told = {"device_id": device(hass, bank.entry_id), "entry_id": bank.entry_id, **answer}
    assert event.data == told


async def bank_of(hass: HomeAssistant, *nominal: float) -> MockConfigEntry:
    """Set up a bank of batteries of these nominal voltages."""
    members = [
        battery_entry(place, data=battery_entry(place).data | {CONF_NOMINAL_VOLTAGE: volts})
        for place, volts in enumerate(nominal)
    ]
    bank = bank_entry(members)
    await set_up(hass, *members, bank)
    return bank


@pytest.mark.parametrize("told_by", ["voltage", "cells"])
async def test_pre_parallel_tells_volts_as_a_multimeter_shows_them(
    hass: HomeAssistant, readers: FakeReaders, told_by: str
) -> None:
    """Batteries of 24 V may be twice as far apart as those of 12 V, and 0.3 V are 0.3 V."""
    for place, volts in enumerate((26.4, 26.7)):
        reader = readers.of(ADDRESSES[place])
        reader.shows(voltage=volts, cells=(volts / 8,) * 8 if told_by == "cells" else ())
    bank = await bank_of(hass, 25.6, 25.6)
    answer = await call(hass, bank, "start_check", check="pre_parallel")
    assert answer["light"] == "red"
    assert answer["difference"] == pytest.approx(0.3)
    assert answer["message"].startswith("The voltages are 0.30 V apart: too far.")


async def test_pre_parallel_compares_no_voltages_of_unlike_batteries(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    """13.2 V and 26.4 V are alike per cell, and must not be called close."""
    readers.of(ADDRESSES[1]).shows(voltage=26.4, cells=(3.3,) * 8)
    bank = await bank_of(hass, 12.8, 25.6)
    answer = await call(hass, bank, "start_check", check="pre_parallel")
    assert answer["difference"] is None
    assert "The batteries are not all of the same nominal voltage" in answer["message"]
    assert "apart" not in answer["message"]


async def test_load_test_proves_that_all_conduct(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    readers.of(ADDRESSES[1]).shows(current=-6.0)
    bank = await make_bank(2)
    answer = await call(hass, bank, "start_check", check="load_test")
    assert answer["all_carry"] is True
    assert answer["load"] == -16.0
    assert answer["strong"] is False
    assert answer["current"] == {NAMES[0]: -10.0, NAMES[1]: -6.0}
    assert answer["share"] == {NAMES[0]: 62.5, NAMES[1]: 37.5}
    assert answer["before"] == {NAMES[0]: None, NAMES[1]: None}
    assert answer["message"] == (
        "Every battery carries current. At most 16 A flowed. 50 A or more for a short time show it"
        " best, if cables and fuses are made for it."
    )
    assert (await call_battery(hass, "set_discharge", enabled=False))["discharge_enabled"] is False


async def test_load_test_names_the_battery_that_does_not(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    readers.of(ADDRESSES[0]).shows(current=-20.0)
    readers.of(ADDRESSES[1]).shows(current=0.0)
    bank = await make_bank(2)
    answer = await call(hass, bank, "start_check", check="load_test")
    assert answer["all_carry"] is False
    assert answer["message"].startswith(
        f"Not even a quarter of its part was seen from {NAMES[1]}. At most 20 A flowed."
    )


async def test_load_test_tells_before_and_after(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    for address in ADDRESSES[:2]:
        readers.of(address).shows(current=0.0, voltage=13.3)
    readers.of(ADDRESSES[1]).shows(soc=0.15)
    bank = await make_bank(2)
    events = async_capture_events(hass, start_check.EVENT_CHECK)
    readers[ADDRESSES[0]].shows(current=-28.0, voltage=13.0)
    readers[ADDRESSES[1]].shows(current=-26.0, voltage=13.1, protections=("short_circuit",))
    answer = await call(hass, bank, "start_check", check="load_test")
    assert answer["before"] == {NAMES[0]: 0.0, NAMES[1]: 0.0}
    assert answer["current"] == {NAMES[0]: -28.0, NAMES[1]: -26.0}
    assert answer["sag"] == {NAMES[0]: 0.3, NAMES[1]: 0.2}
    assert answer["strong"] is True
    assert answer["message"] == (
        "Every battery carries current. With 54 A at most the load was large enough to be sure."
    )
    assert answer["findings_before"] == []
    assert [said.split(":")[0] for said in answer["findings_after"]] == [
        f"The BMS of {NAMES[1]} reports a fault"
    ]
    assert events[0].data["sag"] == answer["sag"]


async def test_load_test_needs_a_load(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    for address in ADDRESSES[:2]:
        readers.of(address).shows(current=-4.0)
    bank = await make_bank(2)
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, bank, "start_check", check="load_test")
    assert error.value.translation_key == "no_load"


async def test_a_battery_is_no_bank(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    await make_bank(2)
    with pytest.raises(ServiceValidationError) as error:
        await call_battery(hass, "diagnose")
    assert error.value.translation_key == "not_a_bank"


async def test_those_who_may_only_look_may_not_switch(
    hass: HomeAssistant, readers: FakeReaders, make_bank: MakeBank
) -> None:
    bank = await make_bank(2)
    user = MockUser(name="guest").add_to_hass(hass)
    user.mock_policy({"entities": {"all": {POLICY_READ: True}}})
    context = Context(user_id=user.id)
    assert (await call(hass, bank, "diagnose", context=context))["bank"] == bank.title
    with pytest.raises(Unauthorized):
        await call(hass, bank, "resync", context=context)
    user.mock_policy({"entities": {"domains": {"event": True, "sensor": True}}})
    with pytest.raises(Unauthorized):
        await call(hass, bank, "diagnose", context=context)
    assert readers[ADDRESSES[0]].commands == []


async def test_batteries_of_one_name_are_all_told(
    hass: HomeAssistant, readers: FakeReaders
) -> None:
    members = [battery_entry(number, title="SmartBMS") for number in range(2)]
    bank = bank_entry(members)
    await set_up(hass, *members, bank)
    answer = await call(hass, bank, "diagnose")
    assert answer["fair_share"] == {f"SmartBMS ({address})": 50.0 for address in ADDRESSES[:2]}
