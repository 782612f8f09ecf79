"""Notifications that come late, or twice, or stay away: none is taken for the answer to another."""

import asyncio

from aiobmsble.basebms import BaseBMS
from bleak.backends.device import BLEDevice
import pytest

from custom_components.lifepo4_bank.ble.commands import link_class
from custom_components.lifepo4_bank.ble.errors import (
    AuthenticationRefused,
    GarbledReply,
    NotConfirmed,
    NotSwitchable,
)
from custom_components.lifepo4_bank.ble.family import FAMILIES, Mosfet
from tests.ble import frames
from tests.ble.client import ADDRESS, FakeBattery
from tests.ble.switching import (
    DALY_SETTINGS,
    JBD_READ,
    JBD_TAKEN,
    JK_IDENTITY,
    JK_STREAM,
    WRITES,
    MakeReader,
    daly_answers,
    jbd_answers,
    jk_answers,
)

JBD_OFF = bytes.fromhex("DD5AE1020002FF1B77")
DALY_OFF = bytes.fromhex("D20600A600007A4A")
UNKNOWN_QUESTION = frames.jbd(0x05, b"", status=0x80)


async def test_jbd_refusal_of_a_question_refuses_no_command(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    """Taken for one, it would have the second register tried, and both would lock the MOSFET."""
    battery.answers = jbd_answers(frames.JBD_ON)
    battery.answers[JBD_OFF] = [UNKNOWN_QUESTION, JBD_TAKEN]
    after = jbd_answers(frames.JBD_DISCHARGE_LOCKED)
    battery.on_write = lambda frame: battery.answers.update(after) if frame == JBD_OFF else None
    sample = await make_reader("jbd").switch(Mosfet.DISCHARGE, False)
    assert sample.discharge_enabled is False
    assert [frame for frame in battery.written if frame in WRITES] == [JBD_OFF]
    assert not any(frame[2:3] == b"\xfb" for frame in battery.written)


@pytest.mark.parametrize("noise", [JBD_TAKEN, UNKNOWN_QUESTION, b"AT\r\n"])
async def test_jbd_status_from_before_a_command_is_not_read_again(
    noise: bytes, battery: FakeBattery, make_reader: MakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library keeps the last frame; noise behind it must not make a new answer of it."""
    monkeypatch.setattr("custom_components.lifepo4_bank.ble.link.Link.PATIENCE", 0.0)
    monkeypatch.setattr(BaseBMS, "_RETRY_TIMEOUT", 1.0)
    battery.answers = jbd_answers(frames.JBD_ON)

    def write(frame: bytes) -> None:
        if frame == JBD_OFF:
            battery.answers[JBD_READ] = [noise]
        elif frame == JBD_READ and JBD_OFF in battery.written:
            loop = asyncio.get_running_loop()
            loop.call_later(0.01, battery.notify, frames.JBD_DISCHARGE_LOCKED)

    battery.on_write = write
    sample = await make_reader("jbd").switch(Mosfet.DISCHARGE, False)
    assert sample.discharge_enabled is False


async def test_jbd_module_is_asked_each_question_once(
    battery: FakeBattery, make_reader: MakeReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second "rejected" for the apps' key would look like one for the owner's password."""
    monkeypatch.setattr(BaseBMS, "TIMEOUT", 1.0)
    app_key = bytes.fromhex("FFAA15063030303030303B")
    body = bytes.fromhex("1506") + b"123456"
    secret = b"\xff\xaa" + body + bytes((sum(body) & 0xFF,))
    battery.answers = jbd_answers(frames.JBD_ON)
    battery.answers[app_key] = [bytes.fromhex("FFAA15010117")]
    battery.answers[secret] = [bytes.fromhex("FFAA15010016")]
    battery.answer_time = 0.03  # three times as long as before the library asks again
    monkeypatch.setattr(BaseBMS, "_RETRY_TIMEOUT", 0.02)
    try:
        assert (await make_reader("jbd", secret="123456").read()).soc == 1
    except AuthenticationRefused:
        pytest.fail("an old answer was taken for the new one")
    assert battery.written.count(app_key) == battery.written.count(secret) == 1


async def test_jk_reads_what_is_and_not_what_was(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    """A frame that came right after the last reading may be minutes old at the next one."""
    battery.answers = jk_answers(frames.jk_cells(-10.0), frames.jk_settings())
    reader = make_reader("jikong")
    await reader.read()
    link = reader._connection.link
    assert link is not None
    link._notification_handler(None, bytearray(frames.jk_cells(-10.0)))  # type: ignore[attr-defined]
    battery.answers = jk_answers(frames.jk_cells(), frames.jk_settings(discharge=False))
    sample = await reader.read()
    assert (sample.current, sample.discharge_commanded) == (0, False)


async def test_jk_settings_may_follow_late(battery: FakeBattery, make_reader: MakeReader) -> None:
    off = bytes.fromhex("AA5590EB1E04000000000000000000000000009C")
    battery.answers = jk_answers(frames.jk_cells(), frames.jk_settings())
    late = iter([True, True])

    def write(frame: bytes) -> None:
        if frame == JK_STREAM and off in battery.written:
            settings = frames.jk_settings(discharge=next(late, False))
            battery.answers[JK_STREAM] = [settings, frames.jk_cells(discharge=False)]

    battery.on_write = write
    sample = await make_reader("jikong").switch(Mosfet.DISCHARGE, False)
    assert (sample.discharge_enabled, sample.discharge_commanded) == (False, False)


@pytest.mark.parametrize("software", ["3.3.0", "", "V?", "05.9"])
async def test_jk_of_another_protocol_is_neither_read_nor_switched(
    software: str, battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers = jk_answers(frames.jk_cells(), frames.jk_settings())
    battery.answers[JK_IDENTITY] = [frames.jk_identity(software)]
    reader = make_reader("jikong")
    with pytest.raises(GarbledReply):
        await reader.read()
    with pytest.raises(GarbledReply):
        await reader.switch(Mosfet.DISCHARGE, False)
    assert not WRITES & set(battery.written)


async def test_daly_settings_may_follow_late(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers = daly_answers(frames.daly_status(), frames.daly_settings())
    late = iter([True, True])

    def write(frame: bytes) -> None:
        if frame == DALY_OFF:
            battery.answers |= daly_answers(
                frames.daly_status(discharge=False), frames.daly_settings()
            )
        elif frame == DALY_SETTINGS and DALY_OFF in battery.written:
            battery.answers[DALY_SETTINGS] = [frames.daly_settings(discharge=next(late, False))]

    battery.on_write = write
    sample = await make_reader("daly").switch(Mosfet.DISCHARGE, False)
    assert (sample.discharge_enabled, sample.discharge_commanded) == (False, False)


async def test_daly_that_a_display_switched(battery: FakeBattery, make_reader: MakeReader) -> None:
    battery.answers = daly_answers(frames.daly_status(), frames.daly_settings())
    reader = make_reader("daly")
    assert (await reader.read()).discharge_commanded is True
    battery.answers = daly_answers(
        frames.daly_status(discharge=False), frames.daly_settings(discharge=False)
    )
    await reader.read()
    assert (await reader.read()).discharge_commanded is False
    # silent about them from now on: no longer known, but the capacity stays
    battery.answers = daly_answers(frames.daly_status(), b"")
    battery.answers[DALY_SETTINGS] = []
    for _ in range(2):
        sample = await reader.read()
    assert sample.discharge_commanded is None
    assert sample.capacity == 100


async def test_daly_refusal_with_a_wrong_checksum_is_none(
    battery: FakeBattery, make_reader: MakeReader
) -> None:
    battery.answers = daly_answers(frames.daly_status(), frames.daly_settings())
    battery.answers[DALY_OFF] = [bytes.fromhex("D286020000")]
    with pytest.raises(NotConfirmed):
        await make_reader("daly").switch(Mosfet.DISCHARGE, False)


async def test_a_switch_of_a_link_that_never_opened() -> None:
    """A variant that is not known yet is none that may be switched."""
    link = link_class("daly")(BLEDevice(ADDRESS, "battery", {}), FAMILIES["daly"])
    link._proto = 0x81  # type: ignore[attr-defined]
    with pytest.raises(NotSwitchable):
        await link.command(Mosfet.DISCHARGE, False, {})
