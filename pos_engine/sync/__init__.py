"""The till's side of sync: receipts go up, signed campaign sets and changes come down, whenever there is a line.

Laws: a sale never waits for this package; what the back-office does not answer stays in the journal; a set is taken
over only when its signatures, its age and its content are all good; every loop and every wait is bounded.
"""
