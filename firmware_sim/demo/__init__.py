"""The whole shop on simulated hardware, each program in a process of its own."""
