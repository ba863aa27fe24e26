"""A simulated cash register that speaks nexo loyalty messages to a till."""
