"""``list`` and ``verify``: what is recorded, and whether it is intact."""

from __future__ import annotations

from mislabel_utils.recording.records import RecordError, Store


def list_records() -> None:
    """Print a line for each record."""
    records = iter(Store())
    print("chapter/arm-seed-identity  minutes it took  accuracies, as shares of 1, by data set")
    for record in records:
        scores = ", ".join(f"{key} {value:.4f}" for key, value in sorted(record.metrics.items()))
        minutes = record.environment.get("seconds", 0) / 60
        print(f"{record.chapter}/{record.stem}  {minutes:5.1f} min  {scores}")


def verify() -> None:
    """Check each record against its digest.

    Raises
    ------
    RecordError
        Naming every record that is damaged; or when there is no record at all.
    """
    store, damaged = Store(), []
    iter(store)  # which complains when there are none
    for path in store.paths():
        try:
            store.read(path)
        except RecordError as error:
            damaged.append(str(error))
    if damaged:
        raise RecordError("\n".join(damaged))
    print(f"{len(store.paths())} records in {store.root} are intact.")
