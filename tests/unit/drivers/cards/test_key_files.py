"""Key files: shares that belong together, files nobody else may read, and what has no place on a till."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.cards.key_files import (
    KEY_SETS_MAX,
    KeyFileError,
    new_shares,
    read_keys,
    read_shares,
    read_till_keys,
    write_keys,
    write_share,
)
from drivers.cards.keys import TILL_ROLES, TILL_ROLES_DEFAULT, Role, check_value, combined, key_set

KEYS = key_set(bytes(range(16)), "Bakery Ltd", 3)


def shares_in(folder: Path, count: int = 3) -> tuple[bytes, list[Path]]:
    shares = new_shares(count)
    master = combined(shares)
    paths = [folder / f"share-{number}.key" for number in range(1, count + 1)]
    for number, (path, share) in enumerate(zip(paths, shares, strict=True), start=1):
        write_share(path, share, number, count, check_value(master))
    return master, paths


@pytest.mark.parametrize("count", [2, 3, 5])
def test_all_shares_make_the_master_key_in_any_order(tmp_path: Path, count: int) -> None:
    master, paths = shares_in(tmp_path, count)
    assert read_shares(paths[::-1]) == master
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in paths)
    assert master.hex().upper() not in "".join(path.read_text() for path in paths)


def test_a_missing_a_doubled_and_a_foreign_share_are_told(tmp_path: Path) -> None:
    _master, paths = shares_in(tmp_path)
    with pytest.raises(KeyFileError, match="All shares 1 to 3"):
        read_shares(paths[:2])
    with pytest.raises(KeyFileError, match="All shares 1 to 3"):
        read_shares([*paths[:2], paths[1]])
    other = tmp_path / "other"
    other.mkdir()
    _master, foreign = shares_in(other)
    with pytest.raises(KeyFileError, match="do not belong together"):
        read_shares([*paths[:2], foreign[2]])


def test_one_share_alone_is_no_key() -> None:
    with pytest.raises(ValueError, match="at least two"):
        new_shares(1)


def test_keys_come_back_as_they_were_and_are_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "issuer.keys"
    write_keys(path, KEYS)
    assert read_keys(path) == KEYS
    with pytest.raises(KeyFileError, match="never written over"):
        write_keys(path, KEYS)


def test_a_till_takes_its_roles_only(tmp_path: Path) -> None:
    for name, roles in (("issuer", set(Role)), ("till", TILL_ROLES_DEFAULT), ("credit", TILL_ROLES)):
        write_keys(tmp_path / name, KEYS.only(roles))
    assert [keys.version for keys in read_till_keys([tmp_path / "till", tmp_path / "credit"])] == [3, 3]
    with pytest.raises(KeyFileError, match="the role manage, which must not lie on a till"):
        read_till_keys([tmp_path / "issuer"])
    with pytest.raises(KeyFileError, match="at most"):
        read_till_keys([tmp_path / "till"] * (KEY_SETS_MAX + 1))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "till.keys"
    write_keys(path, KEYS.only(TILL_ROLES))
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_till_keys([path])


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "something else"},
        {"format": 2},
        {"keys": {"identify": "00"}},
        {"keys": {"fly": "00" * 16}},
        {"keys": ["x"]},
        {"version": 0},
        {"version": "x"},
    ],
    ids=str,
)
def test_a_damaged_file_is_told(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "till.keys"
    write_keys(path, KEYS)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(KeyFileError, match=r"damaged|no file of the kind"):
        read_keys(path)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        read_keys(tmp_path / "none")
    path = tmp_path / "text"
    path.write_text("hello")
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="no key file"):
        read_keys(path)
    with pytest.raises(KeyFileError, match="cannot be written"):
        write_keys(tmp_path / "none" / "x", KEYS)


def test_no_key_is_ever_shown() -> None:
    shown = repr(KEYS)
    assert "Bakery Ltd" in shown
    assert not any(key.hex() in shown.lower() or repr(key) in shown for key in KEYS.keys.values())


def test_organisation_role_and_version_each_make_other_keys() -> None:
    sets = [KEYS, key_set(bytes(range(16)), "Butcher Ltd", 3), key_set(bytes(range(16)), "Bakery Ltd", 4)]
    made = [keys.card_key(role, bytes(7), bytes(3)) for keys in sets for role in Role]
    assert len(set(made)) == len(made)
    with pytest.raises(ValueError, match="version must be"):
        key_set(bytes(16), "Bakery Ltd", 0)
    with pytest.raises(ValueError, match="must have a name"):
        key_set(bytes(16), " ", 1)
