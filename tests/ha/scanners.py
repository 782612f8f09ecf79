"""Adapters and proxies that hear virtual batteries, on Home Assistant's own Bluetooth manager."""

from collections.abc import Iterable
import time
from typing import Any, override

from bleak.backends.device import BLEDevice
from bluetooth_data_tools import parse_advertisement_data_bytes
from habluetooth import Allocations, BaseHaRemoteScanner, HaBluetoothConnector, get_manager
from homeassistant.components import bluetooth
from homeassistant.core import CALLBACK_TYPE, HomeAssistant

from tests.virtual_bank.direct import DirectClient
from virtual_bank.radio import Radio


class Adapter(BaseHaRemoteScanner):
    """Hears batteries when the test says so, and connects to them without any radio."""

    def __init__(self, source: str, *, slots: int = 3, connectable: bool = True) -> None:
        connector = HaBluetoothConnector(self._client, source, lambda: self._free > 0)  # type: ignore[arg-type]
        super().__init__(source, source, connector if connectable else None, connectable)
        self.slots = slots
        self.radios: list[Radio] = []
        self._links: list[DirectClient] = []
        self._stop: list[CALLBACK_TYPE] = []

    def _client(self, device: BLEDevice, **options: Any) -> DirectClient:
        """Make what bleak calls a backend."""
        radio = next(r for r in self.radios if r.wire.address == device.address)
        client = DirectClient(BLEDevice(device.address, device.name, {"radio": radio}), **options)
        self._links.append(client)
        return client

    @property
    def linked(self) -> list[str]:
        """Addresses of the batteries that are connected through it."""
        return [client.address for client in self._links if client.is_connected]

    @property
    def _free(self) -> int:
        return self.slots - len(self.linked)

    @override
    def get_allocations(self) -> Allocations | None:
        return self._allocations()

    def _allocations(self) -> Allocations:
        return Allocations(self.source, self.slots, self._free, self.linked)

    def plug_in(self, hass: HomeAssistant, radios: Iterable[Radio]) -> None:
        """Let Home Assistant have it."""
        self.radios = list(radios)
        self._stop = [self.async_setup(), bluetooth.async_register_scanner(hass, self)]
        get_manager().async_on_allocation_changed(self._allocations())
        self.hear()

    def unplug(self) -> None:
        """Take it away."""
        while self._stop:
            self._stop.pop()()

    def hear(self, rssi: int = -60) -> None:
        """Pass on one advertisement of each battery that is not connected."""
        for radio in self.radios:
            if radio.free:
                self._pass_on(radio, rssi)

    def _pass_on(self, radio: Radio, rssi: int) -> None:
        said = radio.wire.advertisement
        name, uuids, service_data, manufacturer_data, tx_power = parse_advertisement_data_bytes(
            said.payload + said.scan_response
        )
        self._async_on_advertisement(
            radio.wire.address, rssi, name, uuids, service_data, manufacturer_data, tx_power,
            {}, time.monotonic(),
        )  # fmt: skip
