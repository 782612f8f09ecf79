"""A bleak backend that reaches a virtual battery's radio without any proxy between."""

import asyncio
from collections.abc import Buffer, Callable
from functools import partial
from typing import Any, override

from bleak import BleakClient
from bleak.assigned_numbers import CHARACTERISTIC_PROPERTIES
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError

from virtual_bank.gatt import CLIENT_CONFIGURATION, full_uuid
from virtual_bank.radio import GattError, Radio


class DirectClient(BaseBleakClient):
    """One connection to one radio."""

    name = "direct"

    def __init__(self, device: BLEDevice, *args: Any, **kwargs: Any) -> None:
        super().__init__(device, *args, timeout=kwargs.pop("timeout", 10.0), **kwargs)
        self._radio: Radio = device.details["radio"]
        self._callbacks: dict[int, NotifyCallback] = {}

    def notified(self, _radio: Radio, handle: int, payload: bytes, /) -> None:
        if handle in self._callbacks:
            self._callbacks[handle](bytearray(payload))

    def lost(self, _radio: Radio, /) -> None:
        self._callbacks.clear()
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    @property
    @override
    def mtu_size(self) -> int:
        return self._radio.wire.mtu

    @property
    @override
    def is_connected(self) -> bool:
        return self._radio.central is self

    @override
    async def connect(self, pair: bool, **kwargs: Any) -> None:
        await asyncio.sleep(0)
        if not self._radio.connect(self):
            raise BleakError("no connection")
        self.services = _services(self._radio)

    @override
    async def disconnect(self) -> None:
        if self.is_connected:
            self._radio.drop()

    @override
    async def pair(self, *args: Any, **kwargs: Any) -> None:
        """Pair; the batteries do without."""

    @override
    async def unpair(self) -> None:
        """Unpair."""

    @override
    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, **kwargs: Any
    ) -> bytearray:
        return bytearray(self._try(partial(self._radio.read, characteristic.handle)))

    @override
    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, **kwargs: Any
    ) -> bytearray:
        raise BleakError("descriptors are not read")

    @override
    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: Buffer, response: bool
    ) -> None:
        handle, payload = characteristic.handle, bytes(data)
        self._try(partial(self._radio.write, handle, payload, response=response))

    @override
    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Buffer) -> None:
        self._try(partial(self._radio.enable, descriptor.handle, bytes(data)))

    @override
    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **kwargs: Any
    ) -> None:
        self._callbacks[characteristic.handle] = callback
        self._switch_notifications(characteristic, b"\x01\x00")

    @override
    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        self._callbacks.pop(characteristic.handle, None)
        self._switch_notifications(characteristic, b"\x00\x00")

    def _switch_notifications(self, characteristic: BleakGATTCharacteristic, to: bytes) -> None:
        descriptor = characteristic.get_descriptor(full_uuid(CLIENT_CONFIGURATION))
        assert descriptor is not None
        self._try(partial(self._radio.enable, descriptor.handle, to))

    def _try[T](self, request: Callable[[], T]) -> T:
        if not self.is_connected:
            raise BleakError("not connected")
        try:
            return request()
        except GattError as error:
            raise BleakError(f"refused with code {error.code}") from error


def _services(radio: Radio) -> BleakGATTServiceCollection:
    """Return the radio's table as bleak shows it."""
    collection = BleakGATTServiceCollection()
    for message in radio.wire.gatt.messages(radio.address)[:-1]:
        for found in message.services:
            service = BleakGATTService(found, found.handle, _uuid(found.uuid))
            collection.add_service(service)
            for one in found.characteristics:
                properties = [
                    name
                    for mask, name in CHARACTERISTIC_PROPERTIES.items()
                    if one.properties & mask
                ]
                characteristic = BleakGATTCharacteristic(
                    one, one.handle, _uuid(one.uuid), properties, lambda: 20, service
                )
                collection.add_characteristic(characteristic)
                for descriptor in one.descriptors:
                    collection.add_descriptor(
                        BleakGATTDescriptor(
                            descriptor, descriptor.handle, _uuid(descriptor.uuid), characteristic
                        )
                    )
    return collection


def _uuid(halves: Any) -> str:
    text = f"{halves[0]:016x}{halves[1]:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def device(radio: Radio) -> BLEDevice:
    """Return what a scanner would hand out for this battery."""
    return BLEDevice(radio.wire.address, radio.wire.name, {"path": "", "radio": radio})


async def establish(
    client_class: Any, device: BLEDevice, _name: str = "", *args: Any, **kwargs: Any
) -> BleakClient:
    """Stand in for bleak_retry_connector's `establish_connection`."""
    lost = kwargs.get("disconnected_callback") or (args[0] if args else None)
    client: BleakClient = client_class(device, disconnected_callback=lost, backend=DirectClient)
    await client.connect()
    return client
