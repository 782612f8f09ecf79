"""Every fault of the radio, as the client meets it."""

import asyncio

import pytest

from tests.virtual_bank.client import ADDRESSES, Client, client_of, until
from virtual_bank.clock import Clock
from virtual_bank.faults import Faults
from virtual_bank.litime_frames import request
from virtual_bank.proxy import BluetoothProxy
from virtual_bank.radio import Radio
from virtual_bank.wire import checksum

FIRST = int(ADDRESSES[0].replace(":", ""), 16)
STATUS, DISCHARGE_OFF = request(0x13), request(0x0D)


@pytest.fixture
async def radio(client: Client, radios: dict[int, Radio]) -> Radio:
    """The first battery, connected and notifying."""
    await client.ready(FIRST)
    return radios[FIRST]


async def answer(client: Client) -> bytes:
    await client.write(FIRST, STATUS)
    return await client.next()


async def test_silence_notifies_nothing_and_keeps_the_link(client: Client, radio: Radio) -> None:
    radio.faults.change(silent=True)
    await client.write(FIRST, STATUS)
    assert await client.silence()
    assert client.connected(FIRST)

    radio.faults.clear()
    assert len(await answer(client)) == 105


async def test_fragments_add_up_to_the_frame(client: Client, radio: Radio) -> None:
    radio.faults.change(fragment=20)
    await client.write(FIRST, STATUS)
    pieces = [await client.next() for _ in range(6)]

    assert [len(piece) for piece in pieces] == [20] * 5 + [5]
    frame = b"".join(pieces)
    assert frame[-1] == checksum(frame[:-1])


async def test_one_garbled_frame_has_a_wrong_checksum(client: Client, radio: Radio) -> None:
    radio.faults.change(garbled=1)
    frame = await answer(client)
    assert len(frame) == 105
    assert frame[-1] != checksum(frame[:-1])

    frame = await answer(client)
    assert frame[-1] == checksum(frame[:-1])


async def test_a_truncated_frame_is_too_short(client: Client, radio: Radio) -> None:
    radio.faults.change(truncated=-1)
    await client.write(FIRST, STATUS)
    await client.write(FIRST, STATUS)

    assert len(await client.next()) < 105
    assert len(await client.next()) < 105


async def test_a_stale_piece_comes_first(client: Client, radio: Radio) -> None:
    whole = await answer(client)
    radio.faults.change(stale=1)
    await client.write(FIRST, STATUS)

    assert await client.next() == whole[-20:]
    assert len(await client.next()) == 105


async def test_a_late_acknowledgement_comes_after_the_status(client: Client, radio: Radio) -> None:
    radio.faults.change(ack_delay=3.0)
    await client.write(FIRST, DISCHARGE_OFF)
    assert (await answer(client))[4] == 0x93
    assert (await client.next())[4] == 0x8D


async def test_latency_delays_answers(client: Client, radio: Radio, clock: Clock) -> None:
    radio.faults.change(latency=2.0)
    before = clock.time()
    await answer(client)

    assert clock.time() - before > 2.0


async def test_the_link_breaks_in_mid_frame(client: Client, radio: Radio) -> None:
    radio.faults.change(drop_mid_frame=1)
    await client.write(FIRST, STATUS)

    assert len(await client.next()) == 52
    await until(lambda: not client.connected(FIRST))
    await until(lambda: client.slots[-1] == (3, 3, []))
    await client.ready(FIRST)
    assert len(await answer(client)) == 105


async def test_out_of_range_drops_the_link_and_is_not_heard(client: Client, radio: Radio) -> None:
    radio.place(None)
    await until(lambda: not client.connected(FIRST))
    client.heard.clear()
    assert not await client.connect(FIRST)
    assert FIRST not in client.heard

    radio.place(-85)
    assert await client.connect(FIRST)


async def test_a_battery_moves_to_another_proxy(
    client: Client, radio: Radio, radios: dict[int, Radio], clock: Clock
) -> None:
    other = BluetoothProxy("other-proxy", "C0:FF:EE:00:00:02", radios, clock)
    await other.start("127.0.0.1", 0)
    try:
        async with client_of(other) as second:
            radio.place(None, "virtual-proxy")
            radio.place(-50, "other-proxy")
            await until(lambda: not client.connected(FIRST))
            await until(lambda: FIRST in second.heard)
            assert second.heard[FIRST][-1] > -55
            assert not await client.connect(FIRST)
            assert await second.connect(FIRST)
    finally:
        await other.stop()


async def test_a_phone_app_keeps_others_out(client: Client, radios: dict[int, Radio]) -> None:
    radio = radios[FIRST]
    radio.hold(by_phone=True)
    client.heard.clear()
    assert not await client.connect(FIRST)
    assert FIRST not in client.heard
    assert client.links[FIRST][-1] == (False, 0, 0x3E)
    radio.hold(by_phone=False)
    assert await client.connect(FIRST)


async def test_a_phone_app_cannot_take_a_battery_that_is_connected(radio: Radio) -> None:
    radio.hold(by_phone=True)

    assert not radio.held_by_phone


async def test_a_slow_connection_takes_its_time(
    client: Client, radios: dict[int, Radio], clock: Clock
) -> None:
    radios[FIRST].faults.change(connect_delay=5.0)
    before = clock.time()
    assert await client.connect(FIRST)

    assert clock.time() - before > 5.0


async def test_a_weak_signal_loses_advertisements_and_links(client: Client, radio: Radio) -> None:
    radio.faults.change(loss=1.0)
    await client.write(FIRST, STATUS, response=False)
    await until(lambda: not client.connected(FIRST))
    client.heard.clear()
    await asyncio.sleep(0.2)
    assert FIRST not in client.heard


@pytest.mark.parametrize(
    "values",
    [{"nonsense": 1}, {"silent": 1}, {"latency": "much"}, {"garbled": True}, {"fragment": 0}],
)
def test_a_fault_that_does_not_exist_is_refused(values: dict[str, object]) -> None:
    faults = Faults()
    with pytest.raises(ValueError, match=r"no fault named|cannot be"):
        faults.change(**values)
    assert faults == Faults()
