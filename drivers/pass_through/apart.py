"""The process on the cable: `python -m drivers.pass_through.apart REGISTER PRINTER ENCODING`, started by `process`.

Standard input and output are the talk with the till (`messages`). It ends when the till does, however the till ends:
its input is closed then, and both serial lines are free again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

from drivers.address import EscposSerialAddress, parse_printer
from drivers.pass_through.messages import encode
from drivers.pass_through.precedence import take_precedence
from drivers.pass_through.pump import Pump
from pos_engine.ports.devices import DeviceError


def main(register_path: str, printer: str, encoding: str) -> int:
    """Pass bytes until the till ends or a line fails; the exit code."""
    # Ctrl-C in a terminal reaches the whole group: the till stops first, and this process when the till is gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    precedence = take_precedence()
    orders, till = sys.stdin.fileno(), sys.stdout.fileno()
    address = parse_printer(printer)
    if not isinstance(address, EscposSerialAddress):
        raise SystemExit(f"{printer}: not a serial line")
    pump = Pump(register_path, address, encoding, (orders, till))
    try:
        pump.open(precedence)
        while pump.turn():
            pass
    except DeviceError as error:
        os.set_blocking(till, True)
        with contextlib.suppress(OSError):
            os.write(till, encode(say="gone", code=error.code, text=str(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
