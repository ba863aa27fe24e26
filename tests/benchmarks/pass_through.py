"""What a pass-through adds to a byte on its way, and whether it keeps up with a fast line."""

from __future__ import annotations

import os
import select
import threading
import time
from statistics import median

from drivers import make_pass_through
from firmware_sim.line.pty_port import PtyPort

ROUNDS = 300
LINE_BYTES_S = 11_520  # 115,200 baud
SECONDS = 2
RECEIPT = b"\x1b@\x1ba\x01Shop\n" + b"2 x Cappuccino                      6,40 A\n" * 20 + b"SUMME EUR 6,40\n\x1dVB\x00"


def report() -> None:
    """Print the table."""
    register, printer = PtyPort(), PtyPort()
    cable = make_pass_through(str(register.address), f"escpos-serial://{printer.address}?baud=115200", "cp858")
    cable.open()
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            cable.serve(lambda _lines: (), 0.2)

    worker = threading.Thread(target=run)
    worker.start()
    try:
        there = [_way(register, printer, b"\x10\x04\x01") for _ in range(ROUNDS)]
        back = [_way(printer, register, b"\x12") for _ in range(ROUNDS)]
        begin_s, cpu_s = time.perf_counter(), time.process_time()
        passed = _pour(register, printer, LINE_BYTES_S * SECONDS)
        took_s, cpu_s = time.perf_counter() - begin_s, time.process_time() - cpu_s
    finally:
        stop.set()
        worker.join()
        cable.close()
        register.close()
        printer.close()
    print("\npass-through (goal: at most 2 ms a direction, 115,200 baud)")
    for name, times in (("status question, register to printer", there), ("its answer, printer to register", back)):
        print(f"  {name}: p50 {median(times) * 1000:.2f} ms, p99 {sorted(times)[int(ROUNDS * 0.99)] * 1000:.2f} ms")
    rate = passed / took_s
    print(f"  receipts without a pause: {rate:,.0f} bytes/s, {rate / LINE_BYTES_S:.1f} times the line;", end=" ")
    print(f"{cpu_s / passed * 1e6:.2f} µs of processor time a byte, both ends included")


def _way(source: PtyPort, sink: PtyPort, data: bytes) -> float:
    begin_s = time.perf_counter()
    source.write(data)
    got = b""
    while len(got) < len(data):
        got += os.read(sink._master, 100) if _ready(sink) else b""
    return time.perf_counter() - begin_s


def _ready(port: PtyPort) -> bool:
    return bool(select.select([port._master], [], [], 1.0)[0])


def _pour(source: PtyPort, sink: PtyPort, wanted: int) -> int:
    count = wanted // len(RECEIPT)
    sender = threading.Thread(target=lambda: [source.write(RECEIPT) for _ in range(count)])
    sender.start()
    passed = 0
    while passed < count * len(RECEIPT):
        passed += len(sink.read(1.0))
    sender.join()
    return passed
