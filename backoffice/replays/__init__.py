"""Campaigns over the organisation's past receipts, while they are built and as a job."""
