"""The services and characteristics a battery offers, with their handles."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag
import uuid

from .native_api import Message, pb

_BASE = "0000{}-0000-1000-8000-00805f9b34fb"
CLIENT_CONFIGURATION = "2902"


class Property(IntFlag):
    """Characteristic properties with their bits of the Bluetooth core specification."""

    READ = 0x02
    WRITE_WITHOUT_RESPONSE = 0x04
    WRITE = 0x08
    NOTIFY = 0x10


@dataclass(frozen=True, slots=True)
class Characteristic:
    """One characteristic; `value` is what a read returns."""

    uuid: str
    properties: Property
    value: bytes = b""


@dataclass(frozen=True, slots=True)
class Service:
    """One service."""

    uuid: str
    characteristics: tuple[Characteristic, ...]


def device_information(**values: str) -> Service:
    """Return service 180A; keys are manufacturer, model, serial, firmware, hardware, software."""
    numbers = {
        "manufacturer": "2a29",
        "model": "2a24",
        "serial": "2a25",
        "firmware": "2a26",
        "hardware": "2a27",
        "software": "2a28",
    }
    return Service(
        "180a",
        tuple(
            Characteristic(numbers[key], Property.READ, value.encode())
            for key, value in values.items()
        ),
    )


def full_uuid(short: str) -> str:
    """Return the 128 bits of a UUID given in 16 or 128 bits, as lower-case text."""
    return _BASE.format(short.lower()) if len(short) == 4 else short.lower()


def _halves(short: str) -> list[int]:
    """Return a UUID as the API carries it: two 64-bit numbers, high one first."""
    value = uuid.UUID(full_uuid(short)).int
    return [value >> 64, value & 0xFFFF_FFFF_FFFF_FFFF]


class Gatt:
    """A table of services: handles are given in order, as a real table does."""

    def __init__(self, services: Sequence[Service]) -> None:
        """Give each service, characteristic value and descriptor its handle."""
        self.services = tuple(services)
        self._characteristics: dict[int, Characteristic] = {}
        self._handles: dict[str, int] = {}
        self._configurations: dict[int, int] = {}
        self._service_handles: list[int] = []
        handle = 1
        for service in self.services:
            self._service_handles.append(handle)
            handle += 1
            for characteristic in service.characteristics:
                value_handle = handle + 1
                self._characteristics[value_handle] = characteristic
                self._handles.setdefault(characteristic.uuid, value_handle)
                handle += 2
                if Property.NOTIFY in characteristic.properties:
                    self._configurations[handle] = value_handle
                    handle += 1

    def at(self, handle: int) -> Characteristic | None:
        """Return the characteristic whose value has this handle."""
        return self._characteristics.get(handle)

    def handle(self, uuid_: str) -> int:
        """Return the value handle of a characteristic."""
        return self._handles[uuid_]

    def configured_by(self, handle: int) -> int | None:
        """Return the value handle whose notifications this descriptor switches."""
        return self._configurations.get(handle)

    def messages(self, address: int) -> list[Message]:
        """Return the table as the messages that answer a services request, one a service."""
        handles = {characteristic: h for h, characteristic in self._configurations.items()}
        positions = iter(sorted(self._characteristics))
        answers = []
        for service, service_handle in zip(self.services, self._service_handles, strict=True):
            characteristics = []
            for characteristic in service.characteristics:
                value_handle = next(positions)
                descriptors = []
                if value_handle in handles:
                    descriptors.append(
                        pb.BluetoothGATTDescriptor(
                            uuid=_halves(CLIENT_CONFIGURATION), handle=handles[value_handle]
                        )
                    )
                characteristics.append(
                    pb.BluetoothGATTCharacteristic(
                        uuid=_halves(characteristic.uuid),
                        handle=value_handle,
                        properties=int(characteristic.properties),
                        descriptors=descriptors,
                    )
                )
            answers.append(
                pb.BluetoothGATTGetServicesResponse(
                    address=address,
                    services=[
                        pb.BluetoothGATTService(
                            uuid=_halves(service.uuid),
                            handle=service_handle,
                            characteristics=characteristics,
                        )
                    ],
                )
            )
        answers.append(pb.BluetoothGATTGetServicesDoneResponse(address=address))
        return answers
