"""The private PC/SC daemon that both tills share."""

from tests.integration.pcsc_fixture import _pcscd_process, pcscd

__all__ = ["_pcscd_process", "pcscd"]
