"""MIFARE DESFire EV1 to EV3 as far as a loyalty card needs it: AES, value, record and data files, transactions."""
