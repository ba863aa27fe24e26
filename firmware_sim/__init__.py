"""Simulated cards, readers, printers and registers.

Imports nothing of the product: published vectors tie both sides.
"""
