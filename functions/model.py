"""The model that the settings ask for; where they name a key, only one that it signed."""

from pathlib import Path

from creditrisk.errors import SettingError
from creditrisk.settings import Settings
from scoring import load
from scoring.manifest import MANIFEST, Manifest
from scoring.scorer import AnyScorer


def load_model(settings: Settings, challenger: str | None = None) -> AnyScorer:
    """The active model, and a challenger. Raises scoring's errors, and SettingError where nothing can be verified."""
    manifest = _signed(settings) if settings.model_public_key else None
    return load(settings.model_folder, settings.model, challenger, manifest)


def files_of(settings: Settings) -> tuple[Path, ...]:
    """The files that tell whether the layer is still the one that was loaded: its manifest, which names every other file
    with its fingerprint, and the manifest's signature."""
    manifest = settings.model_folder / MANIFEST
    return manifest, manifest.with_name(f"{MANIFEST}.minisig")


def _signed(settings: Settings) -> Manifest:
    """The manifest that the signature speaks of. Lambda's layers and containers bring no verifier: whoever could change
    the model there could change it too."""
    try:
        from models.signature import signed_manifest
    except ModuleNotFoundError:
        raise SettingError(
            "MODEL_PUBLIC_KEY is set, and nothing here can verify a signature: leave it empty on Lambda and in "
            "containers, and set it where `make package`, or `creditrisk model verify` before an image is built, runs."
        ) from None
    return signed_manifest(settings.model_folder, settings.model_public_key).manifest
