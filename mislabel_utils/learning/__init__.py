"""Data sets, training sets, networks, the one training loop, attacks."""
