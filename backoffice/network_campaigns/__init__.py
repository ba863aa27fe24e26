"""Campaigns that an importer defines and its dealers carry out, each with its own customers (W1 to W9)."""
