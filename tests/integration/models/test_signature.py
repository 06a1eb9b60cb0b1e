"""A layer that an operator signed is known by its key: one byte of anything changed, and nothing of it is served."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from minisign import KeyPair, SecretKey

import deploy.packages.__main__ as packaging
from cli.main import creditrisk
from creditrisk.errors import SettingError
from creditrisk.settings import Settings
from deploy.packages.parts import MODEL
from functions.model import load_model
from models.signature import (
    SIGNATURE,
    NotSigned,
    generate,
    opened,
    public_key,
    secret_key,
    sign,
    signed_manifest,
    verify,
)
from models.store.layer import PREVIOUS, roll_back
from scoring import load
from scoring.errors import FileChanged, FileMissing, ManifestMissing, ModelError
from scoring.loading import GOLDEN
from scoring.manifest import MANIFEST, sha256
from tests.integration.models.layers import LAYER

KEY = KeyPair.generate()
PUBLIC = KEY.public_key.to_base64().decode()


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A layer that the key signed, alone in its folder."""
    folder = shutil.copytree(LAYER, tmp_path / "model" / "pickles")
    sign(folder, KEY.secret_key)
    return folder


def settings_of(folder: Path, key: str = PUBLIC) -> Settings:
    return Settings(model_dir=folder, model_public_key=key)


def run(*arguments: object, folder: Path, key: str = PUBLIC, answers: str = "") -> Result:
    """`creditrisk …` on a layer."""
    environment = {"MODEL_DIR": str(folder), "MODEL_PUBLIC_KEY": key}
    return CliRunner().invoke(creditrisk, [str(a) for a in arguments], input=answers, env=environment)


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def forge(folder: Path) -> None:
    """What somebody who can write the folder does: another file, and a manifest that lists it."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    golden = json.loads((folder / GOLDEN).read_bytes())[:1]
    data = json.dumps(golden).encode()
    (folder / GOLDEN).write_bytes(data)
    manifest["files"][GOLDEN] = {"sha256": sha256(data), "bytes": len(data)}
    (folder / MANIFEST).write_text(json.dumps(manifest))


def test_a_signed_layer_is_served(layer: Path) -> None:
    signed = verify(layer, PUBLIC)
    assert signed.comment.endswith(f"\tversion:{signed.manifest.version}")
    assert load_model(settings_of(layer)).version == signed.manifest.version


def test_a_forged_layer_has_integrity_and_no_author(layer: Path) -> None:
    forge(layer)
    assert load(layer).name == "lightgbm", "its manifest fits its files"
    with pytest.raises(NotSigned):
        load_model(settings_of(layer))


def test_any_byte_of_the_manifest(layer: Path) -> None:
    content = (layer / MANIFEST).read_bytes()
    for place in range(0, len(content), 29):
        (layer / MANIFEST).write_bytes(flipped(content, place))
        with pytest.raises(NotSigned):
            signed_manifest(layer, PUBLIC)
    for other in (content + b"\n", content[:-1], content.replace(b"\n", b"\r\n"), b""):
        (layer / MANIFEST).write_bytes(other)
        with pytest.raises(NotSigned):
            signed_manifest(layer, PUBLIC)


@pytest.mark.parametrize("name", sorted(path.name for path in LAYER.iterdir() if path.name != MANIFEST))
def test_any_file_of_the_layer(layer: Path, name: str) -> None:
    content = (layer / name).read_bytes()
    for place in (0, len(content) // 2, len(content) - 1):
        (layer / name).write_bytes(flipped(content, place))
        with pytest.raises(FileChanged):
            verify(layer, PUBLIC)
    (layer / name).unlink()
    with pytest.raises(FileMissing):
        verify(layer, PUBLIC)


def test_any_byte_of_the_signature_but_its_first_line_which_nobody_signs(layer: Path) -> None:
    content = (layer / SIGNATURE).read_bytes()
    for place in range(content.index(b"\n"), len(content) - 1):
        (layer / SIGNATURE).write_bytes(flipped(content, place))
        with pytest.raises(NotSigned):
            signed_manifest(layer, PUBLIC)
    for other in (b"", content * 2, content[:-20], b"\xff" * 300, content.replace(b"\n", b"\r\n")):
        (layer / SIGNATURE).write_bytes(other)
        with pytest.raises(NotSigned):
            signed_manifest(layer, PUBLIC)


def test_any_character_of_the_key(layer: Path) -> None:
    for place in range(len(PUBLIC)):
        with pytest.raises(NotSigned):
            signed_manifest(layer, flipped(PUBLIC.encode(), place).decode())


def test_another_key_with_the_same_number(layer: Path) -> None:
    """The number of a key is no secret: it only says which key to try."""
    other = KeyPair.generate()
    data, stranger = bytearray(other.secret_key._keynum_sk.key_id), other.secret_key
    data[:] = KEY.secret_key._keynum_sk.key_id
    stranger._keynum_sk.key_id = data
    sign(layer, stranger)
    with pytest.raises(NotSigned, match="verification failed"):
        signed_manifest(layer, PUBLIC)


def test_a_signature_of_another_layer_is_none_of_this_one(layer: Path, tmp_path: Path) -> None:
    other = shutil.copytree(layer, tmp_path / "other")
    forge(other)
    sign(other, KEY.secret_key)
    shutil.copy(other / SIGNATURE, layer / SIGNATURE)
    with pytest.raises(NotSigned):
        signed_manifest(layer, PUBLIC)


def test_what_is_exchanged_after_the_signature_was_checked_is_not_loaded(layer: Path) -> None:
    manifest = signed_manifest(layer, PUBLIC).manifest
    forge(layer)
    with pytest.raises(FileChanged):
        load(layer, manifest=manifest)


def test_a_pipe_in_the_place_of_the_signature_is_not_waited_for(layer: Path) -> None:
    (layer / SIGNATURE).unlink()
    os.mkfifo(layer / SIGNATURE)
    with pytest.raises(NotSigned, match="not an ordinary file"):
        signed_manifest(layer, PUBLIC)


@pytest.mark.parametrize(
    "wrong", ["", " ", "RW", "no/such/file", "x" * 5_000, "untrusted comment: a\nRW", "\0"]
)
def test_a_key_that_is_none_is_told(wrong: str) -> None:
    with pytest.raises(NotSigned, match="MODEL_PUBLIC_KEY"):
        public_key(wrong)


def test_a_key_is_its_line_or_the_text_of_its_file_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "key.pub"
    file.write_bytes(bytes(KEY.public_key) + b"\n")
    assert public_key(PUBLIC) == public_key(file.read_text()) == public_key(str(file)) == KEY.public_key


def test_nothing_is_signed_whose_files_are_not_those_of_its_manifest(layer: Path) -> None:
    (layer / SIGNATURE).unlink()
    (layer / GOLDEN).write_bytes(b"[]")
    with pytest.raises(FileChanged):
        sign(layer, KEY.secret_key)
    (layer / MANIFEST).write_bytes(b"{}")
    with pytest.raises(ManifestMissing):
        sign(layer, KEY.secret_key)
    assert not (layer / SIGNATURE).exists()


def test_a_scorer_that_cannot_verify_does_not_serve(layer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "models.signature", None)  # as on Lambda, where it is not packed
    with pytest.raises(SettingError, match="make package"):
        load_model(settings_of(layer))


def test_without_a_key_nothing_is_verified_and_no_library_for_it_loaded(layer: Path) -> None:
    (layer / SIGNATURE).unlink()
    script = (
        "import sys; from creditrisk.settings import Settings; from functions.model import load_model\n"
        "load_model(Settings.from_environment())\n"
        "sys.exit(len({'minisign', 'cryptography', 'models'} & set(sys.modules)))"
    )
    environment = {**os.environ, "MODEL_DIR": str(layer), "MODEL_PUBLIC_KEY": ""}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_layer_before_that_is_not_signed_does_not_come_back(layer: Path) -> None:
    previous = shutil.copytree(layer, layer.with_name(layer.name + PREVIOUS))
    forge(previous)
    refused = run("model", "rollback", folder=layer)
    assert isinstance(refused.exception, NotSigned)
    assert load_model(settings_of(layer)), "nothing was exchanged"
    sign(previous, KEY.secret_key)
    assert run("model", "rollback", folder=layer).exit_code == 0
    assert len(json.loads((layer / GOLDEN).read_bytes())) == 1


def test_without_a_key_any_layer_comes_back(layer: Path) -> None:
    forge(shutil.copytree(layer, layer.with_name(layer.name + PREVIOUS)))
    roll_back(layer)
    assert len(json.loads((layer / GOLDEN).read_bytes())) == 1


def test_scoring_a_file_asks_for_the_signature_too(layer: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("AGE\n34\n")
    (layer / SIGNATURE).unlink()
    refused = run("score", tmp_path / "in.csv", tmp_path / "out.csv", folder=layer)
    assert isinstance(refused.exception, NotSigned)
    assert not (tmp_path / "out.csv").exists()


def test_only_a_signed_layer_is_packed(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "checkout"
    shutil.copytree(LAYER.parent / "python", root / "layers/model/python")
    shutil.copytree(layer, root / "layers/model/pickles")
    shutil.copyfile(packaging.ROOT / "LICENSE", root / "LICENSE")
    for name, value in {"ROOT": root, "PARTS": (MODEL,), "LAYERS": (MODEL,)}.items():
        monkeypatch.setattr(packaging, name, value)
    monkeypatch.setattr(packaging.sizes, "table", str)  # the other parts are not built
    monkeypatch.setattr(packaging.sizes, "check", str)
    monkeypatch.setenv("MODEL_DIR", str(root / "layers/model/pickles"))
    monkeypatch.setenv("MODEL_PUBLIC_KEY", PUBLIC)
    monkeypatch.setattr(sys, "argv", ["packages", "--output", str(tmp_path / "build")])

    packaging.build.main(["--output", str(tmp_path / "build")], standalone_mode=False)
    (packed,) = (tmp_path / "build").rglob("*.zip")
    with ZipFile(packed) as opened_zip:
        assert f"pickles/{SIGNATURE}" in opened_zip.namelist()
    shutil.rmtree(tmp_path / "build")
    forge(root / "layers/model/pickles")
    with pytest.raises(SystemExit, match="1"):
        packaging.main()
    assert not list((tmp_path / "build").rglob("*.zip")), "who can write the folder cannot have it deployed"
    assert "packages: " in capsys.readouterr().err


@pytest.mark.parametrize("password", ["", "correct horse"])
def test_a_key_is_made_signs_and_verifies(layer: Path, tmp_path: Path, password: str) -> None:
    secret = tmp_path / "operator.key"
    made = run("model", "keygen", secret, folder=layer, key="", answers=f"{password}\n{password}\n")
    assert made.exit_code == 0, made.output
    assert ("NOT protected" in made.output) == (not password)
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret_key(secret).is_encrypted() == bool(password)
    public = str(secret) + ".pub"

    signed = run("model", "sign", "--key", secret, folder=layer, key=public, answers=f"{password}\n")
    assert signed.exit_code == 0, signed.output
    assert run("model", "verify", folder=layer, key=public).exit_code == 0
    assert run("model", "verify", "--key", public, folder=layer, key="").exit_code == 0
    assert isinstance(run("model", "verify", folder=layer).exception, NotSigned), "another key"


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    generate(tmp_path / "key", "")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(NotSigned, match="no key was replaced"):
        generate(tmp_path / "key", "")
    (tmp_path / "key").unlink()
    with pytest.raises(NotSigned, match="no key was replaced"):
        generate(tmp_path / "key", "")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()}.items() <= before.items()
    assert not (tmp_path / "key").exists()


def test_a_wrong_password_a_wrong_file_and_a_missing_key_are_told(layer: Path, tmp_path: Path) -> None:
    generate(tmp_path / "key", "right")
    with pytest.raises(NotSigned, match="wrong password"):
        opened(secret_key(tmp_path / "key"), "wrong")
    for wrong in (tmp_path / "key.pub", layer / GOLDEN, tmp_path, tmp_path / "none"):
        with pytest.raises(NotSigned, match="--key"):
            secret_key(wrong)


def test_a_key_that_model_public_key_does_not_ask_for_signs_nothing(layer: Path, tmp_path: Path) -> None:
    generate(tmp_path / "key", "")
    before = (layer / SIGNATURE).read_bytes()
    refused = run("model", "sign", "--key", tmp_path / "key", folder=layer)
    assert isinstance(refused.exception, NotSigned)
    assert (layer / SIGNATURE).read_bytes() == before


def test_verify_asks_whose_signature_is_meant(layer: Path) -> None:
    assert run("model", "verify", folder=layer, key="").exit_code == 2


def test_a_layer_can_be_signed_before_it_serves(layer: Path, tmp_path: Path) -> None:
    handed_over = shutil.copytree(LAYER, tmp_path / "handed-over")
    generate(tmp_path / "key", "")
    public = str(tmp_path / "key.pub")
    unsigned = run("model", "install", handed_over, folder=layer, key=public)
    assert unsigned.exit_code == 0
    assert "creditrisk model sign" in unsigned.output
    with pytest.raises(NotSigned):
        load_model(settings_of(layer, public))
    signed = run("model", "install", handed_over, "--key", tmp_path / "key", folder=layer, key=public)
    assert signed.exit_code == 0, signed.output
    assert load_model(settings_of(layer, public))


def _minisign(*arguments: object, answers: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["minisign", *map(str, arguments)], input=answers, capture_output=True, text=True, timeout=60
    )


@pytest.mark.needs("minisign")
@pytest.mark.parametrize("password", ["", "correct horse"])
def test_minisign_itself_verifies_what_we_sign_and_signs_with_our_key(
    layer: Path, tmp_path: Path, password: str
) -> None:
    public = generate(tmp_path / "key", password)
    key = secret_key(tmp_path / "key")
    sign(layer, opened(key, password) if password else key)
    arguments = ("-Vm", layer / MANIFEST, "-p", public)
    verified = _minisign(*arguments)
    assert verified.returncode == 0, verified.stderr
    assert f"version:{load(layer).version}" in verified.stdout

    content = (layer / MANIFEST).read_bytes()
    (layer / MANIFEST).write_bytes(flipped(content, 0))
    assert _minisign(*arguments).returncode == 1
    (layer / MANIFEST).write_bytes(content)

    (layer / SIGNATURE).unlink()
    theirs = _minisign("-Sm", layer / MANIFEST, "-s", tmp_path / "key", answers=f"{password}\n")
    assert theirs.returncode == 0, theirs.stderr
    assert verify(layer, str(public))


@pytest.mark.needs("minisign")
def test_a_key_and_a_signature_of_minisigns_own_making_are_taken(layer: Path, tmp_path: Path) -> None:
    public, secret = tmp_path / "minisign.pub", tmp_path / "minisign.key"
    assert _minisign("-GW", "-p", public, "-s", secret).returncode == 0
    for way in ("-S", "-Sl"):  # of a digest, as today, and of the content, as it was before
        (layer / SIGNATURE).unlink()
        assert _minisign(f"{way}m", layer / MANIFEST, "-s", secret).returncode == 0
        assert load_model(settings_of(layer, str(public)))
    with pytest.raises(ModelError):
        load_model(settings_of(layer))
    sign(layer, SecretKey.from_file(secret))
    assert _minisign("-Vm", layer / MANIFEST, "-p", public).returncode == 0
