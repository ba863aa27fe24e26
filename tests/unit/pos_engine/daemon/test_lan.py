"""Certificates and tokens for registers on other machines."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from pos_engine.daemon.http_guard import read_token
from pos_engine.daemon.lan import (
    LIFE,
    WARN_BEFORE,
    CertificateState,
    LanError,
    certificate_state,
    make_certificate,
    make_token,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_a_certificate_names_its_addresses_and_its_key_is_private(tmp_path: Path) -> None:
    fingerprint = make_certificate(tmp_path / "till.crt", tmp_path / "till.key", ["192.168.1.20", "till-1.local"], NOW)
    made = x509.load_pem_x509_certificate((tmp_path / "till.crt").read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name) for name in names.get_values_for_type(x509.IPAddress)] == ["192.168.1.20"]
    assert names.get_values_for_type(x509.DNSName) == ["till-1.local"]
    assert len(fingerprint.split(":")) == 32
    assert stat.S_IMODE((tmp_path / "till.key").stat().st_mode) == 0o600


def test_what_registers_trust_is_not_written_over(tmp_path: Path) -> None:
    make_certificate(tmp_path / "a", tmp_path / "b", ["10.0.0.1"], NOW)
    with pytest.raises(LanError, match="registers trust it"):
        make_certificate(tmp_path / "a", tmp_path / "c", ["10.0.0.1"], NOW)
    make_token(tmp_path / "token")
    with pytest.raises(LanError, match="a register uses it"):
        make_token(tmp_path / "token")
    assert len(read_token(str(tmp_path / "token"))) == 64


@pytest.mark.parametrize("name", ["", "till 1", "https://till", "ä"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LanError, match="neither an IP address nor a name"):
        make_certificate(tmp_path / "a", tmp_path / "b", [name], NOW)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("later", "code"),
    [
        (timedelta(0), "good"),
        (LIFE - WARN_BEFORE + timedelta(days=1), "ends"),
        (LIFE + timedelta(days=1), "ended"),
    ],
)
def test_a_certificate_is_told_before_it_ends(tmp_path: Path, later: timedelta, code: str) -> None:
    make_certificate(tmp_path / "a", tmp_path / "b", ["10.0.0.1"], NOW)
    assert certificate_state(tmp_path / "a", NOW + later) == CertificateState(code, (NOW + LIFE).date())  # type: ignore[arg-type]


def test_what_is_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no certificate")
    assert certificate_state(tmp_path / "a", NOW).code == "unreadable"
