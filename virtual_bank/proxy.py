"""A virtual ESPHome Bluetooth proxy, as Home Assistant's own ESPHome integration knows them."""

import asyncio
from collections.abc import Callable, Mapping

from aioesphomeapi.model import BluetoothProxyFeature

from .clock import Clock
from .connections import Connections
from .native_api import Message, Session, pb
from .radio import Radio

ADVERTISING_INTERVAL = 1.0
DEFAULT_SLOTS = 3

FEATURES = (
    BluetoothProxyFeature.PASSIVE_SCAN
    | BluetoothProxyFeature.ACTIVE_CONNECTIONS
    | BluetoothProxyFeature.REMOTE_CACHING
    | BluetoothProxyFeature.PAIRING
    | BluetoothProxyFeature.CACHE_CLEARING
    | BluetoothProxyFeature.RAW_ADVERTISEMENTS
    | BluetoothProxyFeature.FEATURE_STATE_AND_MODE
    | BluetoothProxyFeature.CONNECTION_PARAMS_SETTING
)
LISTENING = (
    BluetoothProxyFeature.PASSIVE_SCAN
    | BluetoothProxyFeature.RAW_ADVERTISEMENTS
    | BluetoothProxyFeature.FEATURE_STATE_AND_MODE
)
"""Features of a proxy with `active: false`, which connects to nothing."""

ACTIVE = 1
RUNNING = 2


class BluetoothProxy:
    """One proxy: scans, and lends its connection slots to one client at a time."""

    def __init__(
        self,
        name: str,
        mac: str,
        radios: Mapping[int, Radio],
        clock: Clock,
        *,
        slots: int = DEFAULT_SLOTS,
        scan_responses_need_active: bool = False,
    ) -> None:
        """Prepare a proxy that hears `radios`, by address; the mapping may change later."""
        self.name = name
        self.mac = mac
        self.host = ""
        self.port = 0
        self.active = True
        """Whether it connects to batteries; clients learn of a change when they come back."""
        self.connections = Connections(name, radios, slots, clock, self._send)
        self._radios = radios
        self._clock = clock
        self._mode = ACTIVE
        self._scan_responses_need_active = scan_responses_need_active
        self._sessions: set[Session] = set()
        self._subscriber: Session | None = None
        self._server: asyncio.Server | None = None
        self._scanning: asyncio.Task[None] | None = None
        self._handlers: Mapping[type[Message], Callable[[Session, Message], None]] = {
            pb.SubscribeBluetoothLEAdvertisementsRequest: self._subscribe,
            pb.UnsubscribeBluetoothLEAdvertisementsRequest: self._unsubscribe,
            pb.BluetoothScannerSetModeRequest: self._set_mode,
            **self.connections.handlers,
        }

    @property
    def running(self) -> bool:
        """Whether the proxy has power."""
        return self._server is not None

    @property
    def subscribed(self) -> bool:
        """Whether a client takes the advertisements."""
        return self._subscriber is not None

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one, which `port` then tells."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, host, port, reuse_address=True)
        self.host = host
        self.port = self._server.sockets[0].getsockname()[1]
        self._scanning = loop.create_task(self._scan())

    async def stop(self, *, hard: bool = False) -> None:
        """End all connections and stop listening; `hard` is a power cut."""
        if self._scanning is not None:
            self._scanning.cancel()
        if self._server is not None:
            self._server.close()
            self._server = None
        self.connections.release_all()
        self._subscriber = None
        for session in list(self._sessions):
            session.close(hard=hard)
        await asyncio.sleep(0)

    async def restart(self, off: float = 5.0) -> None:
        """Cut the power for `off` seconds; the port stays the same."""
        await self.stop(hard=True)
        await self._clock.sleep(off)
        await self.start(self.host, self.port)

    def _session(self) -> Session:
        session = Session(self.name, self._device_info, self._handlers, self._session_lost)
        self._sessions.add(session)
        return session

    def _session_lost(self, session: Session) -> None:
        self._sessions.discard(session)
        if session is self._subscriber:
            self._end_subscription()

    def _end_subscription(self) -> None:
        self._subscriber = None
        self.connections.release_all()

    def _device_info(self) -> Message:
        return pb.DeviceInfoResponse(
            name=self.name,
            friendly_name=self.name.replace("-", " ").capitalize(),
            mac_address=self.mac,
            bluetooth_mac_address=self.mac,
            esphome_version="2026.10.0",
            compilation_time="2026-10-21 12:00:00 +0000",
            manufacturer="Espressif",
            model="esp32dev",
            project_name="lifepo4-bank.virtual-bank",
            project_version="1",
            bluetooth_proxy_feature_flags=int(FEATURES if self.active else LISTENING),
        )

    def _send(self, *messages: Message) -> None:
        if self._subscriber is not None:
            self._subscriber.send(*messages)

    # -- scanning --------------------------------------------------------------------------------

    def _subscribe(self, session: Session, _: Message) -> None:
        """Give the one subscription away; a second client is ignored, as by the firmware."""
        if self._subscriber in (None, session):
            self._subscriber = session
            self._send_scanner_state()
            self.connections.send_free()

    def _unsubscribe(self, session: Session, _: Message) -> None:
        if self._subscriber is session:
            self._end_subscription()

    def _set_mode(self, _: Session, message: Message) -> None:
        self._mode = message.mode
        self._send_scanner_state()

    def _send_scanner_state(self) -> None:
        self._send(
            pb.BluetoothScannerStateResponse(state=RUNNING, mode=self._mode, configured_mode=ACTIVE)
        )

    async def _scan(self) -> None:
        """Pass on what is on the air, once every advertising interval."""
        while True:
            heard = [
                self._advertisement(radio, rssi)
                for radio in self._radios.values()
                if self.subscribed and (rssi := radio.heard_by(self.name)) is not None
            ]
            if heard:
                self._send(pb.BluetoothLERawAdvertisementsResponse(advertisements=heard))
            await self._clock.sleep(ADVERTISING_INTERVAL)

    def _advertisement(self, radio: Radio, rssi: int) -> Message:
        advertisement = radio.wire.advertisement
        payload = advertisement.payload
        if self._mode == ACTIVE or not self._scan_responses_need_active:
            payload += advertisement.scan_response
        return pb.BluetoothLERawAdvertisement(
            address=radio.address, rssi=rssi, address_type=0, data=payload
        )
