"""What a battery broadcasts: advertising structures of the Bluetooth core specification."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_PAYLOAD = 31
"""Bytes of one advertisement, and again of one scan response."""

_FLAGS = 0x01
_UUIDS_16 = 0x03
_UUIDS_128 = 0x07
_NAME = 0x09
_MANUFACTURER = 0xFF
_GENERAL_DISCOVERABLE_LE_ONLY = b"\x06"


def _structure(kind: int, value: bytes) -> bytes:
    return bytes([len(value) + 1, kind]) + value


@dataclass(frozen=True, slots=True)
class Advertisement:
    """Name, services and maker's bytes of one battery."""

    name: str
    services_16: tuple[int, ...] = ()
    services_128: tuple[bytes, ...] = ()
    """In transmission order, that is the low byte first."""
    manufacturer: Mapping[int, bytes] = field(default_factory=dict)

    def _structures(self) -> list[bytes]:
        """Return the structures in the order in which they are placed."""
        structures = [_structure(_FLAGS, _GENERAL_DISCOVERABLE_LE_ONLY)]
        if self.services_16:
            uuids = b"".join(uuid.to_bytes(2, "little") for uuid in self.services_16)
            structures.append(_structure(_UUIDS_16, uuids))
        structures.append(_structure(_NAME, self.name.encode()))
        if self.services_128:
            structures.append(_structure(_UUIDS_128, b"".join(self.services_128)))
        structures += [
            _structure(_MANUFACTURER, company.to_bytes(2, "little") + value)
            for company, value in self.manufacturer.items()
        ]
        return structures

    @property
    def payload(self) -> bytes:
        """The structures that fit the advertisement itself: a passive scanner hears no more."""
        payload = b""
        for structure in self._structures():
            if len(payload) + len(structure) > MAX_PAYLOAD:
                break
            payload += structure
        return payload

    @property
    def scan_response(self) -> bytes:
        """The rest, which the battery tells when an active scanner asks."""
        whole = b"".join(self._structures())
        return whole[len(self.payload) :]
