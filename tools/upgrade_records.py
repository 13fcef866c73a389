"""Bring older records over: `python tools/upgrade_records.py FOLDER [WEIGHTS]`.

Before 24 November 2026 a record was a JSON file and an array file of the same name; now it is one
file. Identities stay as they are. Where a run's weights are still in the folder WEIGHTS (default:
the cache), or came with the package, their digest is added. It can be interrupted and run again.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch

from mislabel_utils.files import BUNDLED, cache_dir
from mislabel_utils.learning import models
from mislabel_utils.recording.records import Record, Store, _digests, canonical
from mislabel_utils.recording.runs import weights_digest


def old_record(path: Path) -> Record:
    """The record in a JSON file and the array file beside it, checked as it used to be."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    digest = stored.pop("sha256")
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    intact = digest == sha256(canonical(stored).encode()).hexdigest()
    if not intact or stored.pop("arrays") != _digests(arrays):
        sys.exit(f"{path} was changed after it was written: restore it from version control.")
    return Record(arrays=arrays, **stored)


def digest_of_weights(record: Record, folder: Path) -> str:
    """Of the network the record speaks of; empty where it is gone."""
    bundled = BUNDLED / "weights" / f"{record.stem}.pt"
    for path in (folder / f"{record.id}.pt", bundled):
        if path.exists():
            shape, classes = tuple(record.config["image_shape"]), record.config["classes"]
            network = models.build(record.config["recipe"]["model"], shape, classes, seed=0)
            network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
            return weights_digest(network)
    return ""


def main() -> None:
    if len(sys.argv) not in (2, 3) or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    store, done = Store(sys.argv[1]), 0
    weights = Path(sys.argv[2]) if len(sys.argv) == 3 else cache_dir() / "weights"
    for path in sorted(store.root.glob("*/[!.]*.json")):
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as file:
            half_way = "record" in file.files  # a kill came before the JSON file was removed
        if not half_way:
            record = old_record(path)
            if record.stem != path.stem:
                sys.exit(f"{path} records another run than its name says.")
            known = replace(record, weights=digest_of_weights(record, weights))
            store.write(known, replace=True)
        path.unlink()
        done += 1
    print(f"{done} records brought over; {sum(1 for _ in store)} in {store.root} are intact.")


if __name__ == "__main__":
    main()
