"""The integration's reader against virtual batteries of all makes, through good and bad radio."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest

from custom_components.lifepo4_bank.ble.commands import link_class
from custom_components.lifepo4_bank.ble.errors import (
    AuthenticationRefused,
    BatteryError,
    NotConfirmed,
)
from custom_components.lifepo4_bank.ble.family import FAMILIES, Mosfet, load_families
from custom_components.lifepo4_bank.ble.link import Link
from custom_components.lifepo4_bank.ble.links import Links
from custom_components.lifepo4_bank.ble.reader import BatteryReader
from tests.virtual_bank.client import READING, SettableBattery, made
from tests.virtual_bank.direct import device, establish
from virtual_bank.clock import Clock
from virtual_bank.radio import Radio

KEYS = {"litime": "redodo", "jbd": "jbd", "jk": "jikong", "daly": "daly", "ant": "ant"}
SPEED = 20.0


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach the virtual radio instead of an adapter, and wait as much faster as it is."""
    load_families()
    monkeypatch.setattr("bleak_retry_connector.establish_connection", establish)
    monkeypatch.setattr(Link, "SETTLE", Link.SETTLE / SPEED)


@pytest.fixture(params=KEYS)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def readers() -> AsyncIterator[Callable[..., tuple[BatteryReader, Radio]]]:
    """A function that makes a battery and its reader."""
    opened = []

    def make(family: str, *, secret: str = "", **values: Any) -> tuple[BatteryReader, Radio]:
        clock = Clock(SPEED)
        radio = Radio(made(family, **values), clock)
        assert isinstance(radio.wire.battery, SettableBattery)
        radio.wire.battery.clock = clock
        found = device(radio)
        reader = BatteryReader(
            radio.wire.address, FAMILIES[KEYS[family]], lambda: found, Links(), secret=secret
        )
        opened.append(reader)
        return reader, radio

    yield make
    for reader in opened:
        await reader.close()


type Readers = Callable[..., tuple[BatteryReader, Radio]]


async def test_reads_what_the_battery_says(family: str, readers: Readers) -> None:
    reader, radio = readers(family)
    sample = await reader.read()

    assert sample.voltage == pytest.approx(26.556, abs=0.06)
    assert sample.current == pytest.approx(-14.35, abs=0.06)
    assert sample.soc == pytest.approx(0.65)
    assert sample.cells == pytest.approx(READING.cells)
    assert sample.protections == ()
    assert sample.discharge_enabled is True
    assert sample.charge_enabled is True
    assert radio.wire.bricked is None


@pytest.mark.parametrize("mosfet", list(Mosfet))
async def test_switches_off_and_on_again(family: str, mosfet: Mosfet, readers: Readers) -> None:
    reader, radio = readers(family, current=0.0)
    await reader.read()
    off = await reader.switch(mosfet, on=False)
    truth = radio.wire.battery.reading()
    assert truth.discharge_enabled is (mosfet is not Mosfet.DISCHARGE)
    assert truth.charge_enabled is (mosfet is not Mosfet.CHARGE)
    assert (off.discharge_enabled, off.charge_enabled) == (
        mosfet is not Mosfet.DISCHARGE,
        mosfet is not Mosfet.CHARGE,
    )
    assert off.protections == ()
    on = await reader.switch(mosfet, on=True)

    assert on.discharge_enabled is True
    assert on.charge_enabled is True
    assert radio.wire.bricked is None


async def test_a_mosfet_that_does_not_follow_is_not_confirmed(
    family: str, readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, radio = readers(family)
    monkeypatch.setattr(radio.wire.battery, "command", lambda *_: None)
    monkeypatch.setattr(link_class(KEYS[family]), "PATIENCE", 0.1)

    with pytest.raises(NotConfirmed):
        await reader.switch(Mosfet.DISCHARGE, on=False)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let aiobmsble give up sooner."""
    monkeypatch.setattr("aiobmsble.basebms.BaseBMS._RETRY_TIMEOUT", 0.05)
    monkeypatch.setattr("aiobmsble.basebms.BaseBMS.TIMEOUT", 0.1)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    "faults", [{"garbled": -1}, {"truncated": -1}, {"silent": True}, {"drop_mid_frame": -1}]
)
async def test_a_broken_radio_gives_no_value(
    family: str, faults: dict[str, Any], readers: Readers
) -> None:
    reader, radio = readers(family)
    radio.faults.change(**faults)

    with pytest.raises(BatteryError):
        await reader.read()


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("fault", ["garbled", "truncated", "stale", "drop_mid_frame"])
async def test_one_broken_frame_gives_no_wrong_value(
    family: str, fault: str, readers: Readers
) -> None:
    reader, radio = readers(family)
    radio.faults.change(**{fault: 1})
    samples = []
    with suppress(BatteryError):
        samples.append(await reader.read())
    reader.take_back()
    samples.append(await reader.read())

    for sample in samples:
        assert sample.current == pytest.approx(-14.35, abs=0.06)
        assert sample.cells == pytest.approx(READING.cells)


async def test_a_late_acknowledgement_is_no_reading(readers: Readers) -> None:
    reader, radio = readers("litime")
    radio.faults.change(ack_delay=2.0)
    sample = await reader.switch(Mosfet.DISCHARGE, on=False)

    assert sample.discharge_enabled is False
    assert sample.cells == pytest.approx(READING.cells)


@pytest.mark.parametrize("disguised", [False, True])
async def test_a_right_password_opens(disguised: bool, readers: Readers) -> None:
    reader, radio = readers("jbd", secret="123456")
    radio.wire.set_option("secret", "123456")
    radio.wire.set_option("disguised", disguised)

    assert (await reader.read()).cells == pytest.approx(READING.cells)
    sample = await reader.switch(Mosfet.DISCHARGE, on=False)
    assert sample.discharge_enabled is False


@pytest.mark.parametrize("disguised", [False, True])
async def test_a_wrong_password_is_named(disguised: bool, readers: Readers) -> None:
    reader, radio = readers("jbd", secret="654321")
    radio.wire.set_option("secret", "123456")
    radio.wire.set_option("disguised", disguised)

    with pytest.raises(AuthenticationRefused):
        await reader.read()


async def test_a_password_that_was_never_set_is_not_needed(readers: Readers) -> None:
    reader, _ = readers("jbd", secret="654321")

    assert (await reader.read()).cells == pytest.approx(READING.cells)


async def test_pieces_are_put_together(family: str, readers: Readers) -> None:
    """A link with the smallest MTU carries 20 bytes at a time; LiTime pieces have no head."""
    reader, radio = readers(family)
    radio.faults.change(fragment=20)
    if family == "daly":
        # aiobmsble takes a Daly answer in one notification only
        with pytest.raises(BatteryError):
            await reader.read()
        return
    sample = await reader.read()

    assert sample.cells == pytest.approx(READING.cells)
