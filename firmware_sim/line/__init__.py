"""What every simulated device stands on: a pseudo-terminal, seeded faults, and orders at run time."""
