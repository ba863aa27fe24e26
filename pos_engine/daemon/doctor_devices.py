"""Devices under the doctor's eyes while the till does not run: each is opened, asked, and given back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from pos_engine.daemon import uid_order
from pos_engine.daemon.config import Config
from pos_engine.daemon.config_sections import PassThroughSection
from pos_engine.daemon.finding import Finding, Saying
from pos_engine.ports.devices import (
    CardPresented,
    CardRefused,
    DeviceError,
    Printer,
    PrinterStatus,
    Reader,
    ReaderEvent,
)
from pos_engine.ports.pass_through import PassThrough
from pos_engine.ports.register_line import RegisterLine
from pos_engine.registers.printed.template import TemplateError, load_template

LISTEN_S = 0.5  # a reader is listened to for so long after it was opened


@dataclass(frozen=True)
class Drivers:
    """How to reach a device by its address. ValueError when it is no address; the text, in English, names the part."""

    open_reader: Callable[[str], Reader]
    make_printer: Callable[[str], Printer]
    make_register_line: Callable[[str], RegisterLine]
    make_pass_through: Callable[[str, str, str], PassThrough]


@dataclass(frozen=True)
class DeviceLook:
    """The tries, one after the other."""

    drivers: Drivers
    say: Saying

    def all_of(self, config: Config) -> Iterator[Finding]:
        """Every device that the configuration names, and what it lacks."""
        if not config.reader:
            yield self.say.finding("readers", "warning", "no_reader")
        for reader in config.reader:
            yield self._reader(reader.name, reader.address)
        for line in config.register_line:
            make = partial(self.drivers.make_register_line, line.address)
            good = self.say.text("line_good", where=line.address)
            yield self._line(self.say.subject("register", line.name), line.address, good, make)
        if config.pass_through.register:
            yield self._pass_through(config.pass_through)
        elif not config.printer.address:
            yield self.say.finding("printer", "warning", "no_printer")
        else:
            yield self._printer(config.printer.address)

    def _reader(self, name: str, address: str) -> Finding:
        subject = self.say.subject("reader", name)
        try:
            reader = self.drivers.open_reader(address)
            try:
                reader.open()
                event = reader.next_event(LISTEN_S)
            finally:
                reader.close()
        except DeviceError as error:
            return self.say.device(subject, error.code, address, str(error))
        except ValueError as error:
            return Finding(subject, "bad", str(error))
        if isinstance(event, CardPresented) and (wrong := uid_order.trouble(address, event.card)):
            text = self.say.text(wrong.code, uid=wrong.uid, turned=wrong.turned, where=address)
            return Finding(subject, "warning", text)
        return Finding(subject, "ok", self._seen(address, event))

    def _seen(self, address: str, event: ReaderEvent | None) -> str:
        if isinstance(event, CardPresented):
            return self.say.text("reader_sees_card", where=address, card=event.card.card_id)
        if isinstance(event, CardRefused):
            return self.say.text("reader_sees_trouble", where=address)
        if event is not None:
            return self.say.text("reader_sees_code", where=address)
        return self.say.text("uid_unchecked" if uid_order.has_setting(address) else "reader_there", where=address)

    def _line(self, subject: str, where: str, good: str, make: Callable[[], RegisterLine | PassThrough]) -> Finding:
        try:
            line = make()
            try:
                line.open()
            finally:
                line.close()
        except DeviceError as error:
            return self.say.device(subject, error.code, where, str(error))
        except ValueError as error:
            return Finding(subject, "bad", str(error))
        return Finding(subject, "ok", good)

    def _pass_through(self, section: PassThroughSection) -> Finding:
        subject = self.say.subject("pass_through")
        try:
            encoding = load_template(section.template).encoding
        except TemplateError as error:
            return Finding(subject, "bad", str(error))
        make = partial(self.drivers.make_pass_through, section.register, section.printer, encoding)
        return self._line(subject, f"{section.register}, {section.printer}", self.say.text("cable_good"), make)

    def _printer(self, address: str) -> Finding:
        subject = self.say.subject("printer")
        try:
            printer = self.drivers.make_printer(address)
            try:
                printer.open()
                status = printer.status()
            finally:
                printer.close()
        except DeviceError as error:
            return self.say.device(subject, error.code, address, str(error))
        except ValueError as error:
            return Finding(subject, "bad", str(error))
        return self._printer_status(subject, address, status)

    def _printer_status(self, subject: str, address: str, status: PrinterStatus) -> Finding:
        if status.paper_out:
            return self.say.device(subject, "printer_paper_out", address, "")
        if status.cover_open:
            return self.say.device(subject, "printer_cover_open", address, "")
        if not status.can_print:
            return self.say.device(subject, "printer_error", address, "")
        if status.paper_near_end:
            return Finding(subject, "warning", self.say.text("printer_paper_near_end", where=address))
        return Finding(subject, "ok", self.say.text("printer_good", where=address))
