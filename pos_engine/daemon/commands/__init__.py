"""One module per command; each offers `command`, a click command. `pos_engine.daemon.cli` lists them."""
