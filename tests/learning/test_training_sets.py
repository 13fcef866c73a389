"""Labels of someone else's making: what each function may and may not do to them."""

from types import SimpleNamespace

import torch
import toys
from hypothesis import given
from hypothesis import strategies as st
from toys import toy_split

from mislabel_utils.learning import training_sets
from mislabel_utils.learning.datasets import Normalization
from mislabel_utils.learning.training_sets import LEFT_OUT
from mislabel_utils.recording.records import canonical

SPLIT = toy_split(40)
labels_of_the_split = st.lists(st.integers(0, 3), min_size=40, max_size=40).map(torch.tensor)
labels_with_gaps = st.lists(st.integers(-1, 3), min_size=40, max_size=40).map(torch.tensor)
seeds = st.integers(0, 2**31)


def teacher(predicted, name="teacher"):
    """A run that predicts these classes; what it puts out is soft around them."""
    soft = torch.nn.functional.one_hot(predicted, 4).float() * 0.6 + 0.1
    return SimpleNamespace(
        id=name,
        weights="",
        predict=lambda split: predicted.clone(),
        outputs=lambda images, norm: soft.log(),
    )


def fixed(labels):
    return toys.fixed(SPLIT, labels.clone())


def counts(labels):
    return (labels + 1).bincount(minlength=5).tolist()


@given(labels_of_the_split)
def test_mistakes_contain_no_correct_label(predicted):
    labels = training_sets.mistakes(teacher(predicted), SPLIT).labels
    assert not (labels == SPLIT.labels).any()
    wrong = predicted != SPLIT.labels
    assert torch.equal(labels[wrong], predicted[wrong]), "every mistake is there"
    assert (labels[~wrong] == LEFT_OUT).all()
    assert labels.dtype == torch.int64


@given(labels_with_gaps, seeds)
def test_deranged_no_image_keeps_its_label(labels, seed):
    dealt = training_sets.deranged_within_classes(fixed(labels), seed).labels
    kept = dealt != LEFT_OUT
    assert (labels[kept] != LEFT_OUT).all()
    assert (dealt[kept] != labels[kept]).all()
    for true in range(4):
        before, after = (each[(SPLIT.labels == true) & kept] for each in (labels, dealt))
        assert counts(before) == counts(after), "the labels are the same, permuted"
        all_of_class = counts(labels[SPLIT.labels == true])[1:]
        surplus = max(0, 2 * max(all_of_class) - sum(all_of_class))
        assert sum(all_of_class) - len(after) == surplus, "no more are left out than must be"


@given(labels_with_gaps, seeds)
def test_uniform_mistakes_are_mistakes(labels, seed):
    made = training_sets.uniform_mistakes(fixed(labels), seed).labels
    assert torch.equal(made == LEFT_OUT, labels == LEFT_OUT)
    assert not (made == SPLIT.labels).any()


def test_labels_are_dealt_out_as_often_as_they_were_said():
    given, again = (training_sets.dealt_out(SPLIT, [20, 0, 15, 5], seed) for seed in (0, 0))
    assert given.labels.bincount().tolist() == [20, 0, 15, 5]
    assert torch.equal(given.labels, again.labels)
    assert given.labels.diff().lt(0).any(), "not in order"


def test_sources_tell_apart_what_is_different():
    a, b = teacher(SPLIT.labels, "a"), teacher(SPLIT.labels, "b")
    test = toy_split(40, name="toy/test")
    raw = test.normalized_as(Normalization("raw", (0.0,), (1.0,)))
    made = [
        training_sets.true_labels(SPLIT),
        *(training_sets.uniform(SPLIT, seed) for seed in (0, 1)),
    ]
    of_runs = (training_sets.predictions, training_sets.mistakes, training_sets.soft_predictions)
    for function in (*of_runs, training_sets.soft_mistakes):
        made += [function(run, split) for run in (a, b) for split in (SPLIT, test, raw)]
    one = list(made)
    for function in (
        training_sets.shuffled,
        training_sets.deranged_within_classes,
        training_sets.uniform_mistakes,
    ):
        made += [function(each, seed) for each in one for seed in (0, 1)]
    made += [training_sets.corrected(each) for each in one]
    made += [training_sets.subset(one[0], count, seed) for count in (3, 4) for seed in (0, 1)]
    made += [training_sets.without(one[0], each) for each in one[1:3]]
    made.append(training_sets.shuffled(training_sets.shuffled(made[0], 0), 0))
    sources = [canonical(each.source) for each in made]
    assert len(set(sources)) == len(sources)
