"""Two cues: which of them students read, as tables of the study's records."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd

from mislabel_utils.learning import datasets
from mislabel_utils.learning.datasets import Split
from mislabel_utils.recording.records import Record, Store
from mislabel_utils.report.results import TITLES, trained_on
from mislabel_utils.studies.two_cues import DATA, KINDS, RADII, SEEDS, arm_name
from mislabel_utils.studies.two_cues_knobs import TURNED

Records = Mapping[tuple[str, int], Record]
ENOUGH = 0.9  # of the labels: a cue that is learnt


def recorded(store: Store | None = None, chapter: str = "two_cues", arms: str = "[!.]*") -> Records:
    """The records of the study, by arm and seed; those on another copy of the data are others.

    `arms` is a pattern of file names.
    """
    store, known = store or Store(), tuple(TITLES.values())
    records = map(store.read, sorted((store.root / chapter).glob(f"{arms}.npz")))
    return {
        (one.arm, one.seed % 1000): one
        for one in records
        if (trained_on(one.config) or known[0]).startswith(known)
    }


def turning(records: Records) -> pd.DataFrame:
    """A row for each student: what it answers on unmoved test images, and how it learnt.

    Columns: `data`, `kind` (see `two_cues.KINDS`), `radius` (NaN where nothing is moved), `seed`,
    `own` and `next` (shares in [0, 1] of answers with the image's class, and with the class after
    it), `learnt` (the shares of its labels given in each pass) and `fit` (in the last).
    """
    rows = []
    for kind in KINDS:
        for where, record in _cells(records, kind):
            learnt = [point["train_accuracy"] for point in record.curve]
            rows.append(where | {"kind": kind, "learnt": learnt, "fit": learnt[-1]}
                        | answers(record, where["data"]))  # fmt: skip
    return pd.DataFrame(rows)


def _cells(records: Records, kind: str) -> Iterator[tuple[dict[str, Any], Record]]:
    """The records of a kind, and of each the `data`, the `radius` and the `seed`."""
    for data, radii in RADII.items():
        for radius, seed in product((None,) if kind in ("good", "next") else radii, SEEDS):
            if record := records.get((arm_name(data, kind, radius), seed)):
                yield {"data": data, "radius": radius, "seed": seed}, record


def answers(record: Record, data: str) -> dict[str, float]:
    """Shares of the unmoved test images that are given their own class, and the next one."""
    test = _test(data)
    said, labels = record.arrays[test.key], test.labels.numpy()
    return {"own": np.mean(said == labels),
            "next": np.mean(said == (labels + 1) % len(test.classes))}  # fmt: skip


@cache
def _test(data: str) -> Split:
    return datasets.load(DATA[data], "recorded").test


def winners(turn: pd.DataFrame, enough: float = ENOUGH) -> pd.DataFrame:
    """Which cue is faster among distractors, and which one a student of D_det answers by.

    Of students as `turning` has them: a row for each data set, radius and seed of which all three
    are there, `faster` and `wins`, "perturbation" or "picture". A cue is learnt when `enough` of
    its labels are; of those that never are the faster is the one of which more is.
    """
    cells = turn.assign(passes=turn["learnt"].map(lambda learnt: passes(learnt, enough)))
    cells = cells.pivot(
        index=["data", "radius", "seed"], columns="kind", values=["passes", "fit", "own", "next"]
    )
    cells = cells.astype(float)[cells["fit"][["rand", "image", "det"]].notna().all(axis=1)]
    sooner = cells["passes"]["rand"] < cells["passes"]["image"]
    neither = np.isinf(cells["passes"][["rand", "image"]]).all(axis=1)
    sooner = sooner.where(~neither, cells["fit"]["rand"] > cells["fit"]["image"])
    moved = cells["own"]["det"] > cells["next"]["det"]
    names = {True: "perturbation", False: "picture"}
    return pd.DataFrame({"faster": sooner.map(names), "wins": moved.map(names)}).reset_index()


def knobs(records: Records, turn: pd.DataFrame) -> pd.DataFrame:
    """What a turned knob changes: a row for each of the arms that are recorded, and each seed.

    `arm`; `name`, in words; `seed`; `own` and `next`, shares of unmoved test images; `gain`, by how
    much own less next lies above that of the student of D_det without the change, see `turning`.
    """
    plain = turn[turn["kind"] == "det"].set_index(["data", "radius", "seed"])
    rows = []
    for (arm, seed), record in records.items():
        if arm in TURNED:  # its teacher is not
            data, radius, knob = TURNED[arm]
            ours, usual = answers(record, data), plain.loc[data, radius, seed]
            gain = ours["own"] - ours["next"] - usual["own"] + usual["next"]
            name = f"{data}: {knob.name}"
            rows.append({"arm": arm, "name": name, "seed": seed, **ours, "gain": gain})
    return pd.DataFrame(rows)


def passes(learnt: Sequence[float], enough: float = ENOUGH) -> float:
    """After how many passes so much of the labels was learnt, interpolated between them.

    >>> passes([0.5, 0.8, 1.0])
    2.5
    >>> passes([0.95, 1.0]), passes([0.5, 0.6])
    (1.0, inf)
    """
    above = [share >= enough for share in learnt]
    if True not in above:
        return float("inf")
    after = above.index(True)
    if after == 0:
        return 1.0
    before, now = learnt[after - 1 : after + 1]
    return round(after + (enough - before) / (now - before), 6)


def crossing(differences: Mapping[float, float]) -> float:
    """The first radius where a difference turns from below to above zero; NaN if it does not.

    Interpolated in the logarithm of the radius.

    >>> crossing({1.0: -0.5, 4.0: 0.5})
    2.0
    """
    points = sorted(differences.items())
    for (near, below), (far, above) in pairwise(points):
        if below < 0 <= above:
            return float(near * (far / near) ** (-below / (above - below)))
    return float("nan")


def foreseen(records: Records) -> pd.DataFrame:
    """What teachers alone say, a row for each data set, radius and seed.

    Columns: `reached`, the share of D_det's targets; `dealt`, how much more often they see the
    target than the image's own class in another image's perturbation, of targets that are wrong.
    """
    rows = []
    for where, record in _cells(records, "foreseen"):
        said, wrong = record.arrays, record.arrays["target"] != record.arrays["true"]
        aimed, own = (said["dealt"] == said[name] for name in ("target", "true"))
        dealt = aimed[wrong].mean() - own[wrong].mean()
        rows.append(where | {"reached": np.mean(said["det"] == said["next"]), "dealt": dealt})
    return pd.DataFrame(rows)


def crossings(rows: pd.DataFrame, lead: pd.Series) -> pd.Series:
    """The crossing of the mean over seeds ("mean"), and of each seed, of rows with a `radius` and a
    `seed` and the difference in each of them.
    """
    wide = rows.assign(lead=lead).pivot(index="radius", columns="seed", values="lead")
    shares = {"mean": wide.dropna().mean(axis=1)} | dict(wide.items())
    return pd.Series({name: crossing(dict(some.dropna())) for name, some in shares.items()})


def asked(records: Records, what: str) -> pd.DataFrame:
    """Shares of the answers to images of a conflict, or of D_det's ("views"), by who was asked.

    Columns: `data`, `radius`, `seed`, `who`, and `own`, `next` and, in a conflict, `aim`.
    """
    rows = []
    for where, record in _cells(records, what):
        arrays = dict(record.arrays)
        true, aim = arrays.pop("true"), arrays.pop("aim", None)
        for who, said in arrays.items():
            found = {"own": said == true, "next": said == (true + 1) % 10}
            found |= {} if aim is None else {"aim": said == aim}
            rows.append(where | {"who": who} | {name: hit.mean() for name, hit in found.items()})
    return pd.DataFrame(rows)
