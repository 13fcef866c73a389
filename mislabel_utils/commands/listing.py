"""``list`` and ``verify``: what is recorded, and whether it is intact."""

from __future__ import annotations

from mislabel_utils.recording.records import RecordError, Store


def list_records() -> None:
    """Print a line for each record."""
    print("chapter/arm-seed-identity  minutes it took  accuracies, as shares of 1, by data set")
    for record in Store():
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
    store, intact, damaged = Store(), 0, []
    for path in store.paths():
        try:
            store.read(path)
            intact += 1
        except RecordError as error:
            damaged.append(str(error))
    if damaged:
        raise RecordError("\n".join(damaged))
    if not intact:
        raise RecordError(
            f"There is no record in {store.root}: correct MISLABEL_RECORDS, or make some with "
            "make reproduce CHAPTER=…"
        )
    print(f"{intact} records in {store.root} are intact.")
