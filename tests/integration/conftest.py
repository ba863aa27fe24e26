"""Fixtures for tests on real sockets, pseudo-terminals and the real PC/SC daemon."""

from tests.integration.pcsc_fixture import _pcscd_process, pcscd

__all__ = ["_pcscd_process", "pcscd"]
