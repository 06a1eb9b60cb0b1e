"""Who signed a layer: an operator's signature under its manifest, in minisign's format.

The manifest lists every file with its digest, so one signature stands for the whole layer. It lies beside the
manifest; `minisign -Vm manifest.json -p KEY.pub` verifies it too.
"""

import errno
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from minisign import KeyPair, PublicKey, SecretKey, Signature

from scoring.errors import ModelError
from scoring.manifest import MANIFEST, Manifest, manifest_bytes, parse_manifest, read_bytes

SIGNATURE = f"{MANIFEST}.minisig"
SECRET_KEY = Path("~/.minisign/minisign.key")
"""Where minisign keeps the secret key."""
_OPSLIMIT, _MEMLIMIT = 4_194_304, 134_217_728
"""scrypt with N = 2^17, r = 8, p = 1, as OWASP advises: each guess at the password takes half a second and 128 MB."""


class NotSigned(ModelError):
    """The layer is not signed by the required key, or that key cannot be used."""


@dataclass(frozen=True)
class Signed:
    """A manifest with a valid signature, and what the signer wrote under it (minisign's trusted comment)."""

    manifest: Manifest
    comment: str


def generate(secret: Path, password: str) -> Path:
    """Write a new secret key, protected by `password` unless that is empty, and its public key to SECRET.pub.

    Returns the public key's path. Raises NotSigned when one of them is there already or cannot be written.
    """
    pair, public = KeyPair.generate(), secret.with_name(secret.name + ".pub")
    with pair.secret_key as key:
        if password:
            key.encrypt(password, opslimit=_OPSLIMIT, memlimit=_MEMLIMIT)
        try:
            for path in (secret, public):  # a pair is written whole or not at all
                if path.exists():
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
            for path, content, mode in ((secret, bytes(key), 0o600), (public, bytes(pair.public_key), 0o644)):
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                    file.write(content + b"\n")
        except OSError as error:
            raise NotSigned(
                f"{error.filename} cannot be written ({error.strerror}); name another file, no key was replaced."
            ) from None
    return public


def secret_key(path: Path) -> SecretKey:
    """The secret key in a file, still encrypted when a password protects it. Raises NotSigned."""
    try:
        return SecretKey.from_bytes(read_bytes(path.expanduser()))
    except OSError as error:
        raise NotSigned(
            f"The secret key {path} cannot be read ({error.strerror}); name it with --key FILE, "
            "or make one with `creditrisk model keygen FILE`."
        ) from None
    except ValueError as error:
        raise NotSigned(
            f"{path} is not a secret key of minisign ({error}); name its file with --key."
        ) from None


def opened(key: SecretKey, password: str) -> SecretKey:
    """The key, decrypted with its password. Raises NotSigned."""
    try:
        key.decrypt(password)
    except ValueError as error:
        raise NotSigned(f"The secret key cannot be opened ({error}); nothing was signed.") from None
    return key


def public_key(text: str) -> PublicKey:
    """A public key: its line (RW…), the text of its file, or the file's path. Raises NotSigned."""
    try:
        if "\n" in text.strip():
            return PublicKey.from_bytes(text.strip().encode())
        if not (path := Path(text).expanduser()).exists():
            return PublicKey.from_base64(text.strip())
        return PublicKey.from_bytes(read_bytes(path))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise NotSigned(
            f"{text[:100]!r} is neither minisign's public key (RW…) nor a file with one ({why}); "
            "set MODEL_PUBLIC_KEY, or --key, to one of them."
        ) from None


def sign(folder: Path, key: SecretKey, expected: str = "") -> Signed:
    """Check that every file of a layer is the one that its manifest lists, then sign the manifest. Returns what was signed.

    With `expected`, a public key, it signs only if that key verifies the signature. Raises ModelError.
    """
    content = manifest_bytes(folder)
    manifest = parse_manifest(content, folder / MANIFEST)
    manifest.read(folder, list(manifest.data["files"]))
    if expected and public_key(expected) != key.get_public_key():
        raise NotSigned(
            "This secret key is not the one that MODEL_PUBLIC_KEY asks for; sign with that one, or set "
            "MODEL_PUBLIC_KEY to this one's public key. Nothing was signed."
        )
    comment = f"timestamp:{int(time.time())}\tfile:{MANIFEST}\thashed\tversion:{manifest.version}"
    signature = key.sign(content, trusted_comment=comment)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{SIGNATURE}-", dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(bytes(signature) + b"\n")
            os.fchmod(handle, 0o644)
        os.replace(name, folder / SIGNATURE)
    except OSError as error:
        raise NotSigned(
            f"The signature cannot be written to {folder} ({error.strerror}); make the folder writable."
        ) from None
    return Signed(manifest, comment)


def signed_manifest(folder: Path, key: str) -> Signed:
    """The manifest of a layer, read once, and signed by a public key (see `public_key`).

    Load with it (`scoring.load(…, manifest=…)`), and no file that it does not list is served. Raises NotSigned or
    ManifestMissing; each says what to do.
    """
    asked = public_key(key)
    content, path = manifest_bytes(folder), folder / SIGNATURE
    try:
        written = read_bytes(path)
        signature = Signature.from_bytes(written)
        if bytes(signature) != written.removesuffix(b"\n"):
            raise ValueError("it is not written as minisign writes it")
        asked.verify(content, signature)
    except FileNotFoundError:
        raise NotSigned(
            f"{folder} is not signed; look at it with `creditrisk model show`, and sign it with `creditrisk model sign`."
        ) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise NotSigned(
            f"{path} is not the signature of this manifest by the key that is asked for ({why}); nothing of it is "
            "served. Find out who changed the layer, or sign it with `creditrisk model sign`."
        ) from None
    return Signed(parse_manifest(content, folder / MANIFEST), signature.trusted_comment)


def verify(folder: Path, key: str) -> Signed:
    """A whole layer: its manifest signed by the key, every file as the manifest lists it. Raises ModelError."""
    signed = signed_manifest(folder, key)
    signed.manifest.read(folder, list(signed.manifest.data["files"]))
    return signed
