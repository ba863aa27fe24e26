"""The local daemon beside a cash register, and the rule core that the back-office shares."""

from pos_engine.core_choice import choose_from_environment

CORE = choose_from_environment(__path__)
"""Which build of the rule core runs in this process, and why."""
