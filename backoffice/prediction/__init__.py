"""When each vehicle next needs something of each family, and how well that was foretold."""
