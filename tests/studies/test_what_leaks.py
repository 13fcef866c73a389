"""What leaks: what is measured of clothes belongs to that copy of them."""

from dataclasses import replace

import pytest

from mislabel_utils.lab import Lab
from mislabel_utils.recording.records import RecordError
from mislabel_utils.studies import what_leaks


def test_what_a_teacher_says_of_another_copy_of_the_clothes_is_not_ours(monkeypatch):
    lab, load = Lab("what_leaks", scale="recorded"), what_leaks.load
    teacher = what_leaks.networks(lab, 0, [])["teacher"]
    assert what_leaks.describe(lab, 0, teacher, "clothes")["said"].sum() == 60_000

    def other(lab):
        digits, clothes = load(lab)
        return digits, replace(clothes, train=replace(clothes.train, fingerprint="0" * 64))

    monkeypatch.setattr(what_leaks, "load", other)
    with pytest.raises(RecordError):
        what_leaks.describe(lab, 0, teacher, "clothes")
