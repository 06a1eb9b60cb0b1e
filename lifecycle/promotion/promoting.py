"""From a version in the store to the active layer: by the gates, and where the settings ask for two, by two persons."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from creditrisk.policy.in_force import policy_in_force
from creditrisk.settings import Settings
from lifecycle.audit import AuditLog, open_audit
from lifecycle.errors import PromotionRefused
from lifecycle.promotion.activation import ACTIVATED, Activation, active_version, named, then
from lifecycle.promotion.gate import Gate
from lifecycle.promotion.gates import judged, opened
from models.store.layer import load_all, roll_back
from models.store.versions import Store, Version, activate
from models.training.data import Data
from scoring import load

PROPOSED: Final = "model.proposed"
REFUSED: Final = "model.refused"
Verify = Callable[[Path], object] | None


@dataclass(frozen=True)
class Promotion:
    """What came of asking for a promotion: the gates, and whether the version decides now, or waits for a second person."""

    version: str
    before: str
    gates: tuple[Gate, ...]
    active: bool
    proposed_by: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON data."""
        return {**asdict(self), "gates": [asdict(gate) for gate in self.gates]}


def gates_of(settings: Settings, version: Version, data: Data) -> list[Gate]:
    """All gates of a version, judged on applications that neither it nor the active one learned from."""
    candidate, found = opened(lambda: load(version.layer, settings.model))
    if candidate is None:
        return found
    active = load(settings.model_folder, settings.model) if active_version(settings.model_folder) else None
    threshold = policy_in_force(settings).decline_from
    return [*found, *judged(candidate, active, data, threshold)]


def promote(
    settings: Settings, version: Version, gates: Sequence[Gate], by: str, verify: Verify = None
) -> Promotion:
    """Put a version in the place of the active one, if it passes all `gates`; with PROMOTION_APPROVALS=2, only when another
    person proposed it since the last change, and else propose it. `verify` is given the layer before (a signature, say).

    Raises PromotionRefused, and what storing, telling and loading raise; then nothing has changed.
    """
    by, log = named(by), open_audit(settings.history_url)
    target, before = settings.model_folder, active_version(settings.model_folder)
    told = {gate.name: _told(gate) for gate in gates}
    failed = [gate for gate in gates if not gate.passed]
    if failed:
        log.record(REFUSED, by, version=version.name, gate=failed[0].name, gates=told)
        said = "; ".join(f"{gate.name}: {gate.said}" for gate in failed)
        raise PromotionRefused(
            f"Version {version.name} does not pass {said}. Version {before} goes on deciding."
        )
    if before == version.name:
        raise PromotionRefused(f"Version {version.name} is the active one already.")
    proposer = ""
    if settings.promotion_approvals > 1:
        proposer = _proposer(log, version.name, by)
        if not proposer:
            log.record(PROPOSED, by, version=version.name, before=before, gates=told)
            return Promotion(version.name, before, tuple(gates), False, by)
    facts = {"gates": told, **({"proposed_by": proposer} if proposer else {})}
    with Activation(settings, by, "promoted", facts) as activation:
        activate(version, target, then(verify, activation.begins))
    return Promotion(version.name, before, tuple(gates), True, proposer)


def _told(gate: Gate) -> dict[str, Any]:
    """A gate as the log keeps it: its figures, and of one that fails why."""
    return {"passed": gate.passed, **({} if gate.passed else {"said": gate.said}), **gate.figures}


def _proposer(log: AuditLog, version: str, by: str) -> str:
    """Another person than `by` who proposed the version since the last change of the active one; empty for none."""
    found = ""
    for entry in log.entries():
        if entry.event == ACTIVATED:
            found = ""
        elif (
            entry.event == PROPOSED
            and entry.facts.get("version") == version
            and entry.by.casefold() != by.casefold()
        ):
            found = entry.by
    return found


def go_back(settings: Settings, name: str, by: str, verify: Verify = None) -> str:
    """Put an earlier version back, or with no `name` the one before: without gates, since it is for the moment when the
    active one must not go on. Returns the version. Raises UnknownVersion, and what loading and `verify` raise."""
    target = settings.model_folder
    with Activation(settings, by, "rolled back") as activation:
        steps = then(verify, load_all, activation.begins)
        if name:
            activate(Store(Path(settings.model_store)).version(name), target, steps)
        else:
            roll_back(target, steps)
    return active_version(target)
