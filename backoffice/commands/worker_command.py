"""`backoffice worker`: the jobs in a process of their own, for shops whose web process should not carry them."""

from __future__ import annotations

import logging
import signal
import threading

import click

from backoffice.commands.common import opened
from backoffice.messaging.sending import send_due
from backoffice.worker.ticker import start_worker, tick


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@click.pass_context
def command(context: click.Context, once: bool) -> None:
    """Run the nightly check, imports and renewals of signatures until Ctrl-C or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    with opened(context) as office:
        if once:
            click.echo(f"{tick(office)} jobs were run, {send_due(office)} messages handed over")
            return
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stopped.set())
        worker = start_worker(office)
        stopped.wait()
        worker.shutdown(wait=True)
