"""`pos-engine run`: the daemon beside a cash register."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click
import structlog

from pos_engine.daemon.bootstrap import StartError, build
from pos_engine.daemon.config import ConfigError, load_config
from pos_engine.daemon.logs import set_up_logs
from pos_engine.daemon.service_manager import ServiceManager

_log = structlog.get_logger(__name__)


@click.command()
@click.option("--config", "config_path", required=True, type=click.Path(path_type=Path, dir_okay=False))
def command(config_path: Path) -> None:
    """Run the daemon beside a cash register, until SIGTERM or Ctrl-C."""
    try:
        config = load_config(config_path)
        set_up_logs(config.log.level, config.log.format)
        daemon = build(config)
    except (ConfigError, StartError) as error:
        raise click.ClickException(str(error)) from error
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: end.set())
    manager = ServiceManager()
    daemon.start()
    _log.info("ready", port=daemon.port, enrolled=daemon.enrolled)
    manager.ready(f"port {daemon.port}")
    try:
        while not end.wait(manager.watchdog_s):
            if daemon.serves():
                manager.alive()
            else:
                _log.error("does_not_serve")
    finally:
        manager.stopping()
        _log.info("stopping")
        daemon.stop()
