"""Talks to the card on the first reader with PyPI's python-desfire and prints what came of it as JSON.

Run with the Python of var/interop/python-desfire. Either `blank` (makes an application, a key, a file of its own on a
blank card), or `read APPLICATION KEYNUMBER KEY FILE` (reads a card that somebody else made).
"""

import json
import sys
import time

from desfire import DESFire, DESFireKey
from desfire.devices.pcsc import PCSCDevice
from desfire.enums import DESFireCommunicationMode, DESFireFileType, DESFireKeySettings, DESFireKeyType
from desfire.schemas import FilePermissions, FileSettings, KeySettings
from smartcard.Exceptions import CardConnectionException, NoCardException
from smartcard.System import readers

AES, DES = DESFireKeyType.DF_KEY_AES, DESFireKeyType.DF_KEY_2K3DES
FULL = DESFireCommunicationMode.ENCRYPTED
TRIES, PAUSE_S = 100, 0.1


def connect() -> DESFire:
    """The card, once the service has noticed it."""
    connection = readers()[0].createConnection()
    for _ in range(TRIES):
        try:
            connection.connect()
        except (NoCardException, CardConnectionException):
            time.sleep(PAUSE_S)
        else:
            return DESFire(PCSCDevice(getattr(connection, "component", connection)))
    raise SystemExit("no card")


def aes(value: str) -> DESFireKey:
    """An AES key."""
    return DESFireKey(KeySettings(key_type=AES), value)


def blank(card: DESFire) -> dict[str, object]:
    """Everything the library can do, on a card as it leaves the factory."""
    card.authenticate(0, DESFireKey(KeySettings(key_type=DES), "00" * 8))
    found: dict[str, object] = {"uid": bytes(card.get_real_uid()).hex()}
    everything = [
        DESFireKeySettings.KS_ALLOW_CHANGE_MK,
        DESFireKeySettings.KS_LISTING_WITHOUT_MK,
        DESFireKeySettings.KS_CREATE_DELETE_WITHOUT_MK,
        DESFireKeySettings.KS_CONFIGURATION_CHANGEABLE,
    ]
    settings = KeySettings(application_id=[1, 2, 3], settings=everything, key_type=AES, max_keys=3)
    card.create_application("010203", settings, 3)
    card.select_application("010203")
    card.authenticate(0, aes("00" * 16))
    rights = FilePermissions(1, 0, 0, 0)
    card.create_standard_file(1, FileSettings(FULL, DESFireFileType.MDFT_STANDARD_DATA_FILE, rights, 32))
    card.write_file_data(1, 0, FULL, list(b"written by python-desfire"))
    card.change_key(1, aes("00" * 16), aes("11" * 16), 7)
    found["key_version"] = card.get_key_version(1)
    card.change_key(0, aes("00" * 16), aes("22" * 16), 8)
    card.select_application("010203")
    card.authenticate(0, aes("22" * 16))
    file_settings = card.get_file_settings(1)
    card.select_application("010203")
    card.authenticate(1, aes("11" * 16))
    found["read"] = bytes(card.read_file_data(1, file_settings)).rstrip(b"\0").decode()
    return found


def read(card: DESFire, application: str, number: str, key: str, file: str) -> dict[str, object]:
    """Authenticate with a key that was given, and read a file of 32 bytes."""
    card.select_application(application)
    card.authenticate(int(number), aes(key))
    wanted = FileSettings(FULL, DESFireFileType.MDFT_STANDARD_DATA_FILE, FilePermissions(), 32)
    return {"read": bytes(card.read_file_data(int(file), wanted)).hex()}


if __name__ == "__main__":
    desfire = connect()
    print(json.dumps(blank(desfire) if sys.argv[1] == "blank" else read(desfire, *sys.argv[2:])))
