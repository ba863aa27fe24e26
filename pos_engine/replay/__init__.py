"""Past receipts through the rule core, in bulk: what a draft would have cost, before any till has it."""
