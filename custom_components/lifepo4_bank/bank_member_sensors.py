"""What a bank measures of each of its batteries: its part of the current, and what it depends on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfRatio
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntry

from .bank import BankCoordinator
from .bank_entity import MemberEntity
from .core.battery import Ohms
from .core.diagnosis.finding import BankState, Estimate
from .core.judgement import TRUSTED_SHARE
from .core.layout import Layout

MILLIOHM: Final = "mΩ"
TRUSTED_PART: Final = 0.5
"""An own resistance is shown once its standard deviation is below this part of it."""
TRUSTED_PATH: Final[Ohms] = 0.002
"""A path resistance is shown once its standard deviation is below this or `TRUSTED_PART` of it."""


@dataclass(frozen=True, kw_only=True)
class MemberSensorDescription(SensorEntityDescription):
    """A quantity of one battery that only its bank can measure.

    `estimates` are shown in the unit `scale` times smaller, where `trusted`; a new one when it or
    its uncertainty differs from the shown one by `band`.
    """

    estimates: Callable[[BankState], Mapping[str, Estimate]]
    trusted: Callable[[Estimate], bool]
    scale: float
    band: float
    sharing: bool = True
    """Whether it exists only where batteries share a current."""


def _fair(state: BankState) -> Mapping[str, Estimate]:
    return {battery: Estimate(part, 0.0, 1) for battery, part in state.fair_share.items()}


SENSORS: Final[tuple[MemberSensorDescription, ...]] = (
    MemberSensorDescription(
        key="current_share",
        translation_key="current_share",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        estimates=lambda state: state.share,
        trusted=lambda share: share.sigma <= TRUSTED_SHARE,
        scale=100,
        band=0.5,
    ),
    MemberSensorDescription(
        key="fair_share",
        translation_key="fair_share",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        suggested_display_precision=0,
        entity_category=EntityCategory.DIAGNOSTIC,
        estimates=_fair,
        trusted=lambda _: True,
        scale=100,
        band=0.5,
    ),
    MemberSensorDescription(
        key="own_resistance",
        translation_key="own_resistance",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=MILLIOHM,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        estimates=lambda state: state.own_resistance,
        trusted=lambda own: own.value > 0 and own.sigma <= TRUSTED_PART * own.value,
        scale=1000,
        band=0.2,
        sharing=False,
    ),
    MemberSensorDescription(
        key="path_resistance_excess",
        translation_key="path_resistance_excess",
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=MILLIOHM,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        estimates=lambda state: state.path_resistance_excess,
        trusted=lambda path: path.sigma <= max(TRUSTED_PATH, TRUSTED_PART * path.value),
        scale=1000,
        band=0.2,
    ),
)


def descriptions(layout: Layout) -> list[MemberSensorDescription]:
    """Return what can be measured in this layout: batteries in series share no current."""
    return [sensor for sensor in SENSORS if layout.sharing or not sensor.sharing]


class MemberSensor(MemberEntity, SensorEntity):
    """One quantity of one battery of a bank."""

    _unrecorded_attributes = frozenset({"uncertainty", "observations"})
    entity_description: MemberSensorDescription

    def __init__(
        self,
        coordinator: BankCoordinator,
        description: MemberSensorDescription,
        battery: str,
        device: DeviceEntry,
    ) -> None:
        """Show what is known already."""
        super().__init__(coordinator, description, battery, device)
        self._attr_extra_state_attributes: dict[str, Any] = {}
        self._shown: Estimate | None = None
        self._show()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Show the new estimate."""
        self._show()
        super()._handle_coordinator_update()

    def _show(self) -> None:
        """Take over the newest estimate unless it says nothing new: its count rises all the time."""
        described = self.entity_description
        estimate = described.estimates(self.coordinator.data).get(self.battery)
        if estimate is None or not described.trusted(estimate):
            self._shown = None
            self._attr_native_value = None
            self._attr_extra_state_attributes = {}
            return
        if (shown := self._shown) is not None:
            moved = max(abs(estimate.value - shown.value), abs(estimate.sigma - shown.sigma))
            if moved * described.scale < described.band:
                return
        self._shown = estimate
        self._attr_native_value = round(estimate.value * described.scale, 1)
        if estimate.sigma:
            self._attr_extra_state_attributes = {
                "uncertainty": round(estimate.sigma * described.scale, 1),
                "observations": estimate.count,
            }
