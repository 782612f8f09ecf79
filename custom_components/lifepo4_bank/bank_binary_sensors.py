"""What is so or not so with a bank."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .bank_entity import BankEntity
from .core.diagnosis.finding import BankState, Finding, Kind, Severity, Status


@dataclass(frozen=True, kw_only=True)
class BankBinarySensorDescription(BinarySensorEntityDescription):
    """Something about a bank; None while nobody knows."""

    value: Callable[[BankState], bool | None]
    kinds: frozenset[Kind] = frozenset()
    """Findings that are its reason."""


def _problems(state: BankState, kinds: frozenset[Kind]) -> list[Finding]:
    return [
        finding
        for finding in state.findings
        if finding.kind in kinds and finding.severity >= Severity.WARNING
    ]


def _problem(key: str, kinds: frozenset[Kind]) -> BankBinarySensorDescription:
    """Return a sensor that is on while such a finding of at least a warning holds."""

    def value(state: BankState) -> bool | None:
        if _problems(state, kinds):
            return True
        return None if state.status is Status.UNKNOWN else False

    return BankBinarySensorDescription(
        key=key,
        translation_key=key,
        device_class=BinarySensorDeviceClass.PROBLEM,
        value=value,
        kinds=kinds,
    )


SENSORS: Final[tuple[BankBinarySensorDescription, ...]] = (
    _problem("out_of_sync", frozenset(Kind)),
    _problem("asymmetric_current_sharing", frozenset({Kind.ASYMMETRIC_CURRENT_SHARING})),
    _problem("soc_mismatch", frozenset({Kind.SOC_MISMATCH})),
    BankBinarySensorDescription(
        key="ready_to_parallel",
        translation_key="ready_to_parallel",
        value=lambda state: state.ready_to_parallel,
    ),
)


def create(
    hass: HomeAssistant,  # noqa: ARG001  the same for all platforms
    entry: ConfigEntry[Any],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of a bank."""
    async_add_entities(BankBinarySensor(entry.runtime_data, description) for description in SENSORS)


class BankBinarySensor(BankEntity, BinarySensorEntity):
    """Something about a bank that is so or not."""

    _unrecorded_attributes = frozenset({"findings"})
    entity_description: BankBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what the diagnosis says."""
        return self.entity_description.value(self.coordinator.data)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        """Name the reasons in sentences."""
        described = self.entity_description
        if not described.kinds:
            return None
        found = _problems(self.coordinator.data, described.kinds)
        return {"findings": [self.coordinator.sentence(finding) for finding in found]}
