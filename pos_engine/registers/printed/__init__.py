"""Receipts that a register has printed, read by templates: what was sold, for registers that cannot tell it."""
