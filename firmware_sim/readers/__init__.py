"""Simulated serial card readers and barcode scanners."""
