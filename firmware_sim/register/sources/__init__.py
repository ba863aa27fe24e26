"""Where baskets come from."""
