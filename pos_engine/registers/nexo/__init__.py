"""nexo Sale-to-POI 3.1, the loyalty messages as JSON. The rules are numbered in docs/nexo-profile.md."""
