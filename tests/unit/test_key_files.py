"""The signing key on disk: for its owner alone, and never lost in a rotation."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from orchestrator.adapters.key_files import KeyFiles, keys_directory
from orchestrator.core.errors import CannotRunError
from reports import keys


def nobody() -> None:
    """Answer as an empty chair does."""


@pytest.fixture
def files(tmp_path: Path) -> KeyFiles:
    """Return the files of a new key without passphrase."""
    made = KeyFiles(tmp_path / "keys", nobody)
    assert made.init(passphrase=False)
    return made


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return path.stat().st_mode & 0o777


def test_a_key_is_its_owners_alone(files: KeyFiles) -> None:
    """Its private half and the directory; whoever verifies reads the public half. No draft stays behind."""
    assert [mode(path) for path in (files.directory, files.private, files.public)] == [0o700, 0o600, 0o644]
    assert sorted(path.name for path in files.directory.iterdir()) == ["signing-key.pem", "signing-key.pub"]


def test_both_halves_belong_together(files: KeyFiles) -> None:
    """What the one signs the other checks, under the id that is shown."""
    key = files.open()
    assert key is not None
    signed = keys.signatures(b"data", (key,))
    known = {key.keyid: keys.public_key(files.public.read_bytes())}
    assert keys.signed_by(b"data", signed, known) == (key.keyid,)
    assert files.shown() == (key.keyid, key.public_pem, [])


def test_a_key_that_is_there_is_kept(files: KeyFiles) -> None:
    """Making one again does nothing."""
    before = files.private.read_bytes(), files.public.read_bytes()
    assert not files.init(passphrase=False)
    assert (files.private.read_bytes(), files.public.read_bytes()) == before


def test_without_a_key_there_is_nothing_to_sign_with(tmp_path: Path) -> None:
    """That is no error where a key is not needed; where it is, the hint tells how to make one."""
    files = KeyFiles(tmp_path / "keys", nobody)
    assert files.open() is None
    for attempt in (files.shown, lambda: files.rotation().__enter__()):
        with pytest.raises(CannotRunError) as caught:
            attempt()
        assert caught.value.message.endswith(": there is no key")
        assert caught.value.hint == "`drillmaster keys init` makes one"


def test_a_key_that_others_may_read_is_refused(files: KeyFiles) -> None:
    """Whoever read it could have signed."""
    files.private.chmod(0o640)
    with pytest.raises(CannotRunError) as caught:
        files.open()
    assert (
        caught.value.message == f"{files.private}: others may read it (mode 0640): whatever it signed could be theirs"
    )
    assert caught.value.hint == f"chmod 600 {files.private}; if they may have: drillmaster keys rotate"


def test_a_key_that_is_not_at_hand_is_not_taken_for_none(files: KeyFiles) -> None:
    """A link that leads nowhere, or a directory that cannot be looked into: else a drill would go unsigned."""
    files.private.unlink()
    files.private.symlink_to("on-a-stick-that-is-not-there.pem")
    astray = KeyFiles(files.directory / "astray", nobody)
    astray.directory.symlink_to("astray")
    for one, says in ((files, "No such file or directory"), (astray, "Too many levels of symbolic links")):
        with pytest.raises(CannotRunError) as caught:
            one.open()
        assert caught.value.message == f"{one.private}: cannot be read: {says}"
        assert caught.value.hint == "the key must be readable by whoever runs drills"


@pytest.mark.parametrize("passphrase", ["x" * 1024, "\udcff"])
def test_a_passphrase_that_cannot_protect_makes_no_key(tmp_path: Path, passphrase: str) -> None:
    """Too long, or typed in another encoding; no half of a key is left."""
    with pytest.raises(CannotRunError) as caught:
        KeyFiles(tmp_path, lambda: passphrase).init(passphrase=True)
    assert (caught.value.message, caught.value.hint) == (
        "no key can be protected by this passphrase",
        "take fewer than 1024 bytes, in UTF-8",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_passphrase_protects_the_private_half(tmp_path: Path) -> None:
    """It is asked for once; the right one opens it, another does not, and nobody to ask is said."""
    asked: list[str] = []

    def type_it() -> str:
        asked.append("secret of mine")
        return "secret of mine"

    files = KeyFiles(tmp_path, type_it)
    files.init(passphrase=True)
    assert b"ENCRYPTED" in files.private.read_bytes()
    key = files.open()
    assert key is not None
    assert (key.keyid, len(asked)) == (files.shown()[0], 1)
    for ask, says, hint in (
        (lambda: "another", "the passphrase does not open it", "DRILLMASTER_KEY_PASSPHRASE or what is typed must be"),
        (nobody, "needs a passphrase, and none is known", "set DRILLMASTER_KEY_PASSPHRASE, or give it at a terminal"),
    ):
        with pytest.raises(CannotRunError) as caught:
            KeyFiles(tmp_path, ask).open()
        assert caught.value.message == f"{files.private}: {says}"
        assert caught.value.hint.startswith(hint)


def test_a_passphrase_that_was_asked_for_and_not_given_makes_no_key(tmp_path: Path) -> None:
    """An unprotected key is not what was asked for."""
    with pytest.raises(CannotRunError):
        KeyFiles(tmp_path, nobody).init(passphrase=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no private key in PEM form"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key in PEM form"),
        (
            generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "no Ed25519 key",
        ),
        (
            generate_private_key(SECP256R1()).private_bytes(
                Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"secret")
            ),
            "no private key in PEM form",
        ),
    ],
)
def test_what_is_no_key_of_ours_is_refused(files: KeyFiles, content: bytes, says: str) -> None:
    """A file of another kind, torn, or of another algorithm."""
    files.private.write_bytes(content)
    with pytest.raises(CannotRunError) as caught:
        files.open()
    assert caught.value.message == f"{files.private}: {says}"


def test_a_public_half_that_was_damaged_is_named(files: KeyFiles) -> None:
    """With what writes it anew."""
    files.public.write_text("PEM")
    with pytest.raises(CannotRunError) as caught:
        files.shown()
    assert (caught.value.message, caught.value.hint) == (
        f"{files.public}: no public key in PEM form",
        "`drillmaster keys rotate` writes it anew",
    )


def test_a_rotation_keeps_the_old_public_half_alone(files: KeyFiles) -> None:
    """The old private half is gone; old evidence is verified with what stays of it."""
    with files.rotation() as (old, new):
        assert files.shown()[0] == old.keyid
    assert files.shown() == (new.keyid, new.public_pem, [old.keyid])
    assert files.retired()[0].read_text() == old.public_pem
    opened = files.open()
    assert opened is not None
    assert opened.keyid == new.keyid
    left = [path for path in files.directory.rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()]
    assert (left, mode(files.private)) == ([files.private], 0o600)


class StoppedError(Exception):
    """What cuts a rotation short."""


def test_a_rotation_that_was_cut_short_goes_on_with_the_same_key(files: KeyFiles) -> None:
    """Registers may know it already; until then the old one stays as it was."""
    before = files.private.read_bytes()
    with pytest.raises(StoppedError), files.rotation() as (_, first):
        raise StoppedError
    assert files.private.read_bytes() == before
    with files.rotation() as (_, second):
        pass
    assert (second.keyid, files.shown()[0]) == (first.keyid, first.keyid)


def test_a_protected_key_has_a_protected_successor(tmp_path: Path) -> None:
    """By the same passphrase."""
    files = KeyFiles(tmp_path, lambda: "secret of mine")
    files.init(passphrase=True)
    with files.rotation():
        assert b"ENCRYPTED" in (tmp_path / "signing-key.next").read_bytes()
    assert b"ENCRYPTED" in files.private.read_bytes()
    opened = KeyFiles(tmp_path, lambda: "secret of mine").open()
    assert opened is not None
    assert opened.keyid == files.shown()[0]


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """With the variable that names another."""
    (tmp_path / "file").touch()
    files = KeyFiles(tmp_path / "file" / "keys", nobody)
    with pytest.raises(CannotRunError) as caught:
        files.init(passphrase=False)
    assert caught.value.message == f"{files.directory}: cannot be written: Not a directory"
    assert caught.value.hint == "name a directory you can write with DRILLMASTER_KEYS"


@pytest.mark.parametrize(
    ("environment", "directory"),
    [
        ({"DRILLMASTER_KEYS": "/srv/keys", "XDG_CONFIG_HOME": "/srv/config"}, Path("/srv/keys")),
        ({"XDG_CONFIG_HOME": "/srv/config"}, Path("/srv/config/drillmaster")),
        ({"XDG_CONFIG_HOME": ""}, Path.home() / ".config/drillmaster"),
        ({}, Path.home() / ".config/drillmaster"),
    ],
)
def test_the_environment_says_where_keys_are(environment: dict[str, str], directory: Path) -> None:
    """The variable of ours, else the desktop's, else the usual place."""
    assert keys_directory(environment) == directory
