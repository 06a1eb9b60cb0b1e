"""Another version becomes the active one: kept in the store and told in the audit log before it decides anything."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from creditrisk.settings import Settings
from lifecycle.audit import Entry, open_audit
from lifecycle.errors import NameMissing
from models.store.versions import Store, Version
from scoring.errors import ManifestMissing
from scoring.manifest import read_manifest

ACTIVATED: Final = "model.activated"
NOT_ACTIVATED: Final = "model.not_activated"
"""Follows the entry of an activation that came to nothing: its `entry` is that one's number."""
_LONGEST_NAME: Final = 100


class Activation:
    """While a layer is put in the place of the active one. Call `begins` with the finished layer just before that.

    What fails before `begins` leaves no trace; what fails after it is told as not done.
    """

    def __init__(self, settings: Settings, by: str, how: str, facts: Mapping[str, Any] | None = None) -> None:
        """`how`: trained, installed, promoted or rolled back."""
        self._settings, self._by, self._how = settings, named(by), how
        self._facts = dict(facts or {})
        self._log = open_audit(settings.history_url)
        self._entry: Entry | None = None

    def begins(self, layer: Path) -> Version:
        """Keep the layer, and the active one where the store does not have it yet, and tell what is about to be done.

        Raises StoreUnavailable, AuditUnavailable, AuditBroken: then nothing may be changed.
        """
        store = Store(Path(self._settings.model_store))
        before = active_version(self._settings.model_folder)
        if before and before not in {version.name for version in store.versions()}:
            store.keep(self._settings.model_folder, "found", self._by)
        version = store.keep(layer, self._how, self._by)
        self._entry = self._log.record(
            ACTIVATED, self._by, how=self._how, version=version.name, before=before, **self._facts
        )
        return version

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._entry is not None:
            version = self._entry.facts["version"]
            self._log.record(NOT_ACTIVATED, self._by, entry=self._entry.number, version=version)


def then(*steps: Callable[[Path], object] | None) -> Callable[[Path], None]:
    """Several things to do with a layer, one after the other."""

    def run(layer: Path) -> None:
        for step in steps:
            if step:
                step(layer)

    return run


def active_version(layer: Path) -> str:
    """The version of a layer; empty when there is none."""
    try:
        return read_manifest(layer).version
    except ManifestMissing:
        return ""


def named(by: str) -> str:
    """A name as the log tells it. Raises NameMissing."""
    name = " ".join(by.split())
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise NameMissing(f"Say who you are with --as NAME: one line, {_LONGEST_NAME} signs at most.")
    return name
