"""`backoffice serve`: the web application, and by default the worker in the same process."""

from __future__ import annotations

import gc
import logging
import threading

import click
from waitress import create_server

from backoffice.app import create_app
from backoffice.commands.common import opened
from backoffice.db import run_in_tx
from backoffice.identity.links import set_up_link
from backoffice.office import Office
from backoffice.worker.ticker import start_worker


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 64))
@click.option("--worker/--no-worker", "with_worker", default=True, show_default=True, help="Run jobs here too.")
@click.pass_context
def command(context: click.Context, host: str, port: int, threads: int, with_worker: bool) -> None:
    """Serve the pages and the tills' side until Ctrl-C or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    with opened(context) as office:
        server = create_server(create_app(office), host=host, port=port, threads=threads, ident=None)
        worker = start_worker(office) if with_worker else None
        click.echo(f"back-office: http://{host}:{server.effective_port}/")
        _offer_set_up(office, f"http://{host}:{server.effective_port}")
        # What was made up to here stays to the end: the collector need not walk over it between two requests.
        gc.freeze()
        try:
            _run(server)
        finally:
            if worker is not None:
                worker.shutdown(wait=True)
            server.close()


def _offer_set_up(office: Office, address: str) -> None:
    """Say how the first owner comes in, as long as there is no user: by a link that only this screen shows."""
    secret = run_in_tx(office.database.write, lambda tx: set_up_link(tx, office.clock.now()))
    if secret is not None:
        click.echo(f"Nobody can sign in yet. Set up within a day: {address}/set-up/{secret}")


def _run(server: object) -> None:
    """Serve until a signal; SIGTERM ends it like Ctrl-C."""
    import signal  # noqa: PLC0415 - only here, and only in the main thread

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
    server.run()  # type: ignore[attr-defined]
