"""The two-dimensional experiment."""
