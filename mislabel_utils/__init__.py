"""Plumbing of the book "Learning from Wrong Labels"; the experiments stand in its chapters."""

__version__ = "0.1.0"
