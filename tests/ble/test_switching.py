"""All switched families: the published bytes leave, and the reading must follow."""

import pytest

from custom_components.lifepo4_bank.ble.errors import NotConfirmed, NotSwitchable
from custom_components.lifepo4_bank.ble.family import FAMILIES, Mosfet
from custom_components.lifepo4_bank.core.battery import BatteryState
from tests.ble.client import FakeBattery
from tests.ble.switching import CASES, WRITES, Case, MakeReader, commanded, enabled


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_switch(case: Case, battery: FakeBattery, make_reader: MakeReader) -> None:
    sent = bytes.fromhex(case.sent)
    battery.answers = dict(case.before)
    battery.on_write = lambda frame: battery.answers.update(case.after) if frame == sent else None
    reader = make_reader(case.key)
    assert enabled(await reader.read(), case.mosfet) is not case.on

    sample = await reader.switch(case.mosfet, case.on)

    assert [frame for frame in battery.written if frame in WRITES] == [sent]
    assert enabled(sample, case.mosfet) is case.on
    assert commanded(sample, case.mosfet) is case.on
    assert sample.protections == ()
    assert sample.state is not BatteryState.PROTECTION


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_nothing_follows(case: Case, battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers = dict(case.before)
    with pytest.raises(NotConfirmed):
        await make_reader(case.key).switch(case.mosfet, case.on)


@pytest.mark.parametrize("key", sorted(set(FAMILIES) - {case.key for case in CASES} - {"redodo"}))
async def test_every_other_family_cannot_be_switched(
    key: str, battery: FakeBattery, make_reader: MakeReader
) -> None:
    reader = make_reader(key)
    for mosfet in Mosfet:
        with pytest.raises(NotSwitchable):
            await reader.switch(mosfet, False)
    assert reader.switchable == frozenset()
    assert battery.written == []
    assert battery.connects == 0
