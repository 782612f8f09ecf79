"""The virtual proxy, talked to with the client that Home Assistant uses."""

import asyncio
from dataclasses import replace
import logging

from aioesphomeapi.client import APIClient
from aioesphomeapi.core import BluetoothGATTAPIError
from aioesphomeapi.model import BluetoothProxyFeature, BluetoothScannerMode
import pytest

from tests.virtual_bank.client import ADDRESSES, Client, SettableBattery, client_of, until
from virtual_bank.clock import Clock
from virtual_bank.litime_frames import request
from virtual_bank.proxy import BluetoothProxy
from virtual_bank.radio import Radio

FIRST, SECOND, THIRD, FOURTH = (int(address.replace(":", ""), 16) for address in ADDRESSES)
STATUS, VERSION, SERIAL = request(0x13), request(0x16), request(0x10)
DISCHARGE_ON, DISCHARGE_OFF = request(0x0C), request(0x0D)


async def test_introduces_itself_as_a_bluetooth_proxy(client: Client) -> None:
    about = await client.api.device_info()

    assert about.name == "virtual-proxy"
    assert about.mac_address == "C0:FF:EE:00:00:01"
    assert client.api.api_version is not None
    assert about.bluetooth_proxy_feature_flags_compat(client.api.api_version) & 0x7F == 0x7F
    assert await client.api.list_entities_services() == ([], [])


async def test_one_that_only_listens_says_so(client: Client, proxy: BluetoothProxy) -> None:
    proxy.active = False
    about = await client.api.device_info()

    assert client.api.api_version is not None
    features = about.bluetooth_proxy_feature_flags_compat(client.api.api_version)
    assert features & BluetoothProxyFeature.PASSIVE_SCAN
    assert not features & BluetoothProxyFeature.ACTIVE_CONNECTIONS


async def test_tells_scanner_and_slots_at_once(client: Client) -> None:
    assert client.states
    assert client.slots[-1] == (3, 3, [])


async def test_advertises_as_litime_batteries_do(client: Client) -> None:
    await until(lambda: FIRST in client.heard)

    name, services, _, manufacturer, _, rssi = client.heard[FIRST]
    assert name == "L-24100BNNA70-A00120"
    assert services == ["0000ffe0-0000-1000-8000-00805f9b34fb"]
    assert manufacturer == {0x585A: bytes.fromhex("c8478015d834")}
    assert -70 < rssi < -50


async def test_services_are_those_of_the_beken_module(client: Client) -> None:
    await client.connect(FIRST)

    model = await client.api.bluetooth_gatt_read(FIRST, client.handle(FIRST, "2a24"))
    assert bytes(model) == b"BK-BLE-1.0"
    with pytest.raises(BluetoothGATTAPIError):
        await client.api.bluetooth_gatt_read(FIRST, client.handle(FIRST, "ffe2"))
    with pytest.raises(BluetoothGATTAPIError):
        await client.api.bluetooth_gatt_read(FIRST, 4711)


@pytest.mark.parametrize("response", [True, False])
async def test_status_is_answered_in_one_notification(client: Client, response: bool) -> None:
    await client.ready(FIRST)
    await client.write(FIRST, STATUS, response=response)

    frame = await client.next()
    assert len(frame) == 105
    assert frame[:8].hex() == "000065019355aa00"
    assert int.from_bytes(frame[48:52], "little", signed=True) == -14350
    assert frame[90] == 65


async def test_version_and_serial_are_answered(client: Client) -> None:
    await client.ready(FIRST)
    await client.write(FIRST, VERSION)
    assert (await client.next())[18:30] == b"T24100-V1.2\x00"
    await client.write(FIRST, SERIAL)
    assert (await client.next())[4] == 0x90


async def test_switching_is_acknowledged_and_read_back(client: Client) -> None:
    await client.ready(FIRST)
    await client.write(FIRST, DISCHARGE_OFF)
    assert (await client.next()).hex() == "000005018d55aa0092"
    await client.write(FIRST, STATUS)
    assert (await client.next())[68:72].hex() == "80000000"
    await client.write(FIRST, DISCHARGE_ON)
    assert (await client.next()).hex() == "000005018c55aa0091"
    await client.write(FIRST, STATUS)
    assert (await client.next())[68:72].hex() == "00000000"


async def test_nothing_is_notified_before_it_is_enabled(client: Client) -> None:
    await client.connect(FIRST)
    await client.write(FIRST, STATUS)

    assert await client.silence()


async def test_a_wrong_checksum_is_refused_and_switches_nothing(
    client: Client, radios: dict[int, Radio]
) -> None:
    await client.ready(FIRST)
    await client.write(FIRST, DISCHARGE_OFF[:-1] + b"\x0e")

    assert (await client.next())[7] == 0x06
    assert radios[FIRST].wire.battery.reading().discharge_enabled
    assert radios[FIRST].wire.bricked is None


@pytest.mark.parametrize("command", [0x02, 0x15, 0x40, 0x43, 0x53, 0x60, 0x64, 0x7F])
async def test_a_forbidden_command_bricks_loudly(
    client: Client, radios: dict[int, Radio], caplog: pytest.LogCaptureFixture, command: int
) -> None:
    await client.ready(FIRST)
    await client.write(FIRST, request(command), response=False)
    await until(lambda: not client.connected(FIRST))

    assert radios[FIRST].wire.bricked == f"command {command:#04x} in {request(command).hex()}"
    assert not await client.connect(FIRST)
    assert [r.levelno for r in caplog.records if "BRICKED" in r.message] == [logging.CRITICAL]


async def test_the_at_port_of_the_module_bricks(client: Client, radios: dict[int, Radio]) -> None:
    await client.ready(FIRST)
    await client.write(FIRST, b"AT+NAME=x", "ffe3", response=False)
    await until(lambda: not client.connected(FIRST))

    assert radios[FIRST].wire.bricked is not None


async def test_written_frames_are_kept_for_inspection(
    client: Client, radios: dict[int, Radio]
) -> None:
    await client.ready(FIRST)
    await client.write(FIRST, STATUS)

    assert [(w.characteristic, w.payload) for w in radios[FIRST].writes] == [("ffe2", STATUS)]


async def test_slots_run_out_and_come_back(client: Client, proxy: BluetoothProxy) -> None:
    for address in (FIRST, SECOND, THIRD):
        assert await client.connect(address)
    assert client.slots[-1] == (0, 3, [FIRST, SECOND, THIRD])
    assert not await client.connect(FOURTH)

    await client.api.bluetooth_device_disconnect(SECOND)
    assert client.slots[-1] == (1, 3, [FIRST, THIRD])
    assert await client.connect(FOURTH)

    proxy.connections.slots = 2
    await until(lambda: client.slots[-1] == (0, 2, [FIRST, THIRD]))
    assert not client.connected(FOURTH)


async def test_a_connected_battery_does_not_advertise(client: Client) -> None:
    await client.connect(FIRST)
    client.heard.clear()
    await until(lambda: SECOND in client.heard)

    assert set(client.heard) == {SECOND, THIRD, FOURTH}


async def test_a_battery_takes_one_central(
    client: Client, clock: Clock, radios: dict[int, Radio]
) -> None:
    other = BluetoothProxy("other-proxy", "C0:FF:EE:00:00:02", radios, clock)
    await other.start("127.0.0.1", 0)
    try:
        async with client_of(other) as second:
            assert await client.connect(FIRST)
            assert not await second.connect(FIRST)
            await client.api.bluetooth_device_disconnect(FIRST)
            assert await second.connect(FIRST)
    finally:
        await other.stop()


async def test_an_attempt_succeeds_when_the_phone_lets_go(
    client: Client, radios: dict[int, Radio]
) -> None:
    radios[FIRST].hold(by_phone=True)
    assert not await client.connect(FIRST)

    asyncio.get_running_loop().call_later(0.1, lambda: radios[FIRST].hold(by_phone=False))
    assert await client.connect(FIRST)


async def test_a_second_subscriber_is_ignored_until_the_first_leaves(
    client: Client, proxy: BluetoothProxy
) -> None:
    await client.connect(FIRST)
    api = APIClient("127.0.0.1", proxy.port, None)
    await api.connect(login=True)
    second = Client(api)
    second.subscribe()
    await asyncio.sleep(0.1)
    assert second.states == []

    await client.api.disconnect(force=True)
    await until(lambda: not proxy.connections.links)
    second.subscribe()
    await until(lambda: bool(second.states))
    await api.disconnect(force=True)


async def test_pairing_and_cache_requests_are_answered(client: Client) -> None:
    await client.connect(FIRST)

    assert (await client.api.bluetooth_device_pair(FIRST)).paired
    assert (await client.api.bluetooth_device_unpair(FIRST)).success
    assert (await client.api.bluetooth_device_clear_cache(FIRST)).success


async def test_restart_frees_the_batteries_and_keeps_the_port(
    client: Client, proxy: BluetoothProxy, radios: dict[int, Radio]
) -> None:
    await client.connect(FIRST)
    port = proxy.port
    await proxy.restart(off=2)
    assert proxy.port == port
    assert radios[FIRST].free
    async with client_of(proxy) as again:
        assert await again.connect(FIRST)


async def test_an_encrypted_client_is_turned_away(
    proxy: BluetoothProxy, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"\x01\x00\x00")
    assert await reader.read() == b""
    writer.close()
    assert "does not speak plaintext" in caplog.text


async def test_scan_response_waits_for_an_active_scan(
    radios: dict[int, Radio], clock: Clock
) -> None:
    proxy = BluetoothProxy(
        "strict", "C0:FF:EE:00:00:03", radios, clock, scan_responses_need_active=True
    )
    await proxy.start("127.0.0.1", 0)
    try:
        async with client_of(proxy) as client:
            await until(lambda: FIRST in client.heard)
            assert client.heard[FIRST][3] != {}
            client.api.bluetooth_scanner_set_mode(BluetoothScannerMode.PASSIVE)
            await until(lambda: client.heard[FIRST][3] == {})
            assert client.heard[FIRST][0] == "L-24100BNNA70-A00120"
    finally:
        await proxy.stop()


async def test_full_and_protected_readings_set_their_bits(
    client: Client, radios: dict[int, Radio]
) -> None:
    battery = radios[FIRST].wire.battery
    assert isinstance(battery, SettableBattery)
    battery.values = replace(
        battery.values, full=True, charge_enabled=False, soc=1.0, balancing=(False, True)
    )
    await client.ready(FIRST)
    await client.write(FIRST, STATUS)
    frame = await client.next()

    assert frame[68:72].hex() == "48000000"
    assert frame[72:76].hex() == "04000000"
    assert frame[84:88].hex() == "02000000"
