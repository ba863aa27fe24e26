"""The server side of sync: tills enrol, hand over receipts, fetch changes and signed campaign sets.

Laws: services take a session and a clock and know nothing of Flask; the bytes of a receipt are kept exactly as they
came; the same receipt twice changes nothing; one bad item never blocks another; a customer is never charged later for
what a till promised while it was off line.
"""
