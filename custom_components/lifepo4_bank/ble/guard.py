"""The one place through which bytes leave for a battery."""

from collections.abc import Buffer, Callable

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic

from .errors import ForbiddenBytes


def guarded(client: type[BleakClient], may_send: Callable[[bytes], bool]) -> type[BleakClient]:
    """Return a kind of `client` that writes only what `may_send` allows.

    Raises ForbiddenBytes at the write; descriptors (notifications) are no commands.
    """

    async def write_gatt_char(
        self: BleakClient,
        char_specifier: BleakGATTCharacteristic | int | str,
        data: Buffer,
        response: bool | None = None,
    ) -> None:
        if not may_send(bytes(data)):
            raise ForbiddenBytes(bytes(data))
        await client.write_gatt_char(self, char_specifier, bytes(data), response)

    return type(f"Guarded{client.__name__}", (client,), {"write_gatt_char": write_gatt_char})
