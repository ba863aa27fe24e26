"""One module per command of `firmware-sim`."""
