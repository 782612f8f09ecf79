"""A Bluetooth client without a radio, and the battery behind it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from bleak.uuids import normalize_uuid_str

ADDRESS = "C8:47:80:15:D8:34"

type Notify = Callable[[Any, bytearray], Any]


class FakeBattery:
    """Answers frames out of a table; remembers all that was written."""

    def __init__(self, answers: dict[bytes, Iterable[bytes]] | None = None) -> None:
        self.answers: dict[bytes, Iterable[bytes]] = dict(answers or {})
        self.written: list[bytes] = []
        self.connects = 0
        self.takes_slot = False
        """A proxy counts a connection from its beginning on."""
        self.looked_through = True
        """Whether its characteristics are remembered."""
        self.connect_time = 0.0
        self.answer_time = 0.0
        self.refuse: Exception | None = None
        self.client: FakeClient | None = None
        self.on_write: Callable[[bytes], None] | None = None

    def answer(self, frame: bytes) -> None:
        """Notify the answer to a frame, each piece by itself."""
        self.written.append(frame)
        if self.on_write is not None:
            self.on_write(frame)
        for piece in self.answers.get(frame, ()):
            self.notify(piece)

    def notify(self, piece: bytes) -> None:
        """Send a notification soon."""
        client = self.client
        if client is not None and client.handler is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(self.answer_time, client.handler, None, bytearray(piece))

    def cut(self) -> None:
        """Lose the link."""
        if self.client is not None:
            self.client.drop()


class Characteristic:
    """One of the battery's two."""

    def __init__(self, uuid: str, handle: int, properties: list[str]) -> None:
        self.uuid = normalize_uuid_str(uuid) if len(uuid) == 4 else uuid
        self.handle = handle
        self.properties = properties
        self.descriptors: list[Any] = []


class Services:
    """A service with the characteristics that the families use."""

    def __init__(self, characteristics: list[Characteristic]) -> None:
        self.characteristics = characteristics

    def __iter__(self) -> Any:
        return iter([self])

    def get_service(self, _uuid: str) -> None:
        """No device information service."""

    def get_characteristic(self, char: int | str) -> Characteristic | None:
        for found in self.characteristics:
            if char == found.handle or (
                isinstance(char, str) and found.uuid.startswith(f"0000{char}")
            ):
                return found
        return None


SERVICES = Services(
    [
        Characteristic(uuid, handle, ["notify", "write-without-response"])
        for handle, uuid in enumerate(("ffe1", "ffe2", "ff01", "ff02", "fff1", "fff2"), start=10)
    ]
)

BATTERIES: dict[str, FakeBattery] = {}


class FakeClient:
    """What bleak's client is to the code under test."""

    def __init__(
        self,
        device: BLEDevice | str,
        disconnected_callback: Callable[[Any], None] | None = None,
        **_options: Any,
    ) -> None:
        self.address = device if isinstance(device, str) else device.address
        self.battery = BATTERIES.get(self.address, FakeBattery())
        self.is_connected = False
        self.handler: Notify | None = None
        self.services = SERVICES
        self._disconnected = disconnected_callback

    async def connect(self, **_options: Any) -> None:
        self.battery.connects += 1
        self.battery.takes_slot = True
        try:
            if self.battery.connect_time:
                await asyncio.sleep(self.battery.connect_time)
            self.is_connected = self.battery.refuse is None
        finally:
            self.battery.takes_slot = self.is_connected
        if self.battery.refuse is not None:
            raise self.battery.refuse
        self.battery.client = self

    async def disconnect(self) -> None:
        self.drop()

    def drop(self) -> None:
        was, self.is_connected, self.handler = self.is_connected, False, None
        if was:
            self.battery.takes_slot = False
        if was and self._disconnected is not None:
            self._disconnected(self)

    async def clear_cache(self) -> bool:
        self.battery.looked_through = False
        return True

    async def start_notify(self, _char: Any, handler: Notify) -> None:
        self.handler = handler

    async def stop_notify(self, _char: Any) -> None:
        self.handler = None

    async def write_gatt_char(self, _char: Any, data: bytes, response: bool | None = None) -> None:  # noqa: ARG002
        if not self.is_connected:
            raise BleakError("not connected")
        self.battery.answer(bytes(data))


async def establish(
    client_class: Any, device: BLEDevice, _name: str, disconnected: Any, **_options: Any
) -> Any:
    """Connect at the first try or not at all."""
    client = client_class(device, disconnected_callback=disconnected)
    await client.connect()
    return client
