"""Which mistakes teach, in the plane: the protocol of the live view of "Where it stops".

It waits here for that page. Written down before the first of these draws was trained: five seeds of
50 draws each. A draw has a border, a teacher of 20, 60, 200 or 600 steps, its mistakes (all, the
most confident fifth, the least confident fifth) and a student of each choice, once with the
teacher's labels and once with the true ones. What was looked at beforehand: other borders, sizes
and lengths of training in other draws, and 12 draws of this very setting (5000 to 5011), which are
none of the 250. The setting was chosen because its teachers begin simpler than the truth, so what
follows says what such a plane shows, not how often planes are like it.

1. A teacher of 20 or 60 steps, all mistakes, its labels: the student agrees with it on more than
   nine tenths of the square, on the mean of each seed.
2. The longer the teacher has learned, the less of it is in its mistakes: at 600 steps the student
   agrees less than at 20, in every seed, and the draws reach from nearly the teacher to less than
   half.
3. A fifth teaches less than all, the confident one as well as the timid one.
4. With the true labels students are the teacher's opposite: right where the other student is wrong.
   The two shares that are right add up to one, within five points on the mean.
5. The nearest mistake's label predicts the student: over draws, teachers and choices the rank
   correlation of `vote` and `agree` is at least 0.5 in every seed.

    MISLABEL_SCALE=full python tools/plane_mistakes.py 0 1 2 3 4
"""

import sys

from mislabel_utils.lab import Lab
from mislabel_utils.plane import mistakes

SEEDS, DRAWS = range(5), 50
lab = Lab("where_it_stops", scale="recorded")


def in_the_plane(seed):
    config = {"experiment": "mistakes in the plane", "protocol": mistakes.PROTOCOL,
              "draws": DRAWS, "seed": seed}  # fmt: skip
    draws = range(DRAWS * seed, DRAWS * (seed + 1))
    return lab.measure("mistakes-in-the-plane", seed, config,
                       lambda: ({}, mistakes.measured(draws)))  # fmt: skip


if __name__ == "__main__":
    for seed in map(int, sys.argv[1:]):
        for name, numbers in in_the_plane(seed).items():
            print(seed, name, numbers.mean(0).round(3).tolist(), flush=True)
