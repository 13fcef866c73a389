"""``list`` and ``verify``: what is recorded, and whether it is intact."""

from __future__ import annotations

from mislabel_utils.recording.records import Store


def list_records() -> None:
    """Print a line for each record."""
    for record in Store():
        scores = ", ".join(f"{key} {value:.4f}" for key, value in sorted(record.metrics.items()))
        minutes = record.environment.get("seconds", 0) / 60
        print(f"{record.chapter}/{record.stem}  {minutes:5.1f} min  {scores}")


def verify() -> None:
    """Check each record against its digests."""
    print(f"{sum(1 for _ in Store())} records in {Store().root} are intact.")
