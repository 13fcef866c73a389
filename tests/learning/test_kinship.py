"""Networks that share their beginning, wholly or in part."""

import pytest
import torch

from mislabel_utils.learning import kinship
from mislabel_utils.learning.kinship import AUXILIARY, CLASSES, blend, perceptron

GENERATOR = torch.Generator().manual_seed(0)
NOISE = torch.rand(2048, 1, 6, 6, generator=GENERATOR)


def weights(network):
    return torch.cat([value.flatten() for value in network.state_dict().values()])


def test_blends_go_from_one_to_the_other_and_stay_as_long():
    one, other = perceptron(36, 0), perceptron(36, 1)
    assert torch.equal(weights(blend(one, other, 0)), weights(perceptron(36, 0)))
    assert torch.equal(weights(blend(one, other, 1)), weights(perceptron(36, 1)))
    lengths, alike = [], []
    for share in (0, 0.25, 0.5, 0.75, 1):
        made = weights(blend(one, other, share))
        lengths.append(made.norm().item())
        alike.append(torch.cosine_similarity(made, weights(one), dim=0).item())
    assert lengths == pytest.approx([lengths[0]] * 5, rel=0.02)
    assert alike == sorted(alike, reverse=True) and alike[2] == pytest.approx(0.5**0.5, abs=0.02)


def test_a_blend_of_some_layers_leaves_the_others():
    one, other = perceptron(36, 0), perceptron(36, 1)
    made = blend(one, other, 1, layers="5.").state_dict()
    for name, value in made.items():
        assert torch.equal(value, (other if name[0] == "5" else one).state_dict()[name])


@pytest.fixture(scope="module")
def teacher():
    start = perceptron(36, 0)
    labels = (NOISE.flatten(1) @ torch.randn(36, CLASSES, generator=GENERATOR)).argmax(1)
    return kinship.teach_classes(blend(start, start, 0), NOISE, labels, seed=0), labels


def test_the_class_outputs_alone_are_taught(teacher):
    network, labels = teacher
    before, after = perceptron(36, 0)[5].weight, network[5].weight
    assert torch.equal(before[CLASSES:], after[CLASSES:]) and len(after) == CLASSES + AUXILIARY
    assert not torch.equal(before[:CLASSES], after[:CLASSES])
    right = (kinship.classes_read(network, NOISE) == labels).double().mean()
    assert right > 2 * (kinship.classes_read(perceptron(36, 0), NOISE) == labels).double().mean()


def test_a_student_matches_the_other_outputs_alone(teacher):
    network, _ = teacher
    start = perceptron(36, 1)
    student = kinship.match_auxiliary(blend(start, start, 0), network, NOISE, seed=0)
    assert torch.equal(student[5].weight[:CLASSES], start[5].weight[:CLASSES])
    before, after = (kinship.auxiliary_matched(each, network, NOISE) for each in (start, student))
    assert before < after < 1
    assert kinship.auxiliary_matched(network, network, NOISE) == pytest.approx(1)
    again = kinship.match_auxiliary(blend(start, start, 0), network, NOISE, seed=0)
    assert torch.equal(weights(again), weights(student))
