"""What `python -m mislabel_utils` does."""
