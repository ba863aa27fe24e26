"""Simulated contactless cards behind the real PC/SC daemon."""
