"""What a caller has set in PyTorch changes no result, and is found as it was."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial

import numpy as np
import pytest
import torch
from toys import fixed, same_weights, toy_split

from mislabel_utils.lab import Lab
from mislabel_utils.learning import (
    environment,
    inference,
    inputs,
    models,
    probes,
    training,
    training_sets,
)
from mislabel_utils.learning.attacks import L2, pgd
from mislabel_utils.learning.environment import SWITCHES, pinned
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.plane import experiment

pytestmark = pytest.mark.usefixtures("isolated")

SPLIT = toy_split()
RECIPE = Recipe("small_cnn", epochs=2, batch_size=32)


@contextmanager
def by(write, value, usual):
    write(value)
    try:
        yield
    finally:
        write(usual)


AMBIENT = {
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "doubles": lambda: by(torch.set_default_dtype, torch.float64, torch.float32),
    "shortened products": lambda: by(torch.set_float32_matmul_precision, "medium", "highest"),
    "no_grad": torch.no_grad,
    "another device": lambda: torch.device("meta"),
    "inference_mode": torch.inference_mode,
}


def trained(**changes):
    return training.train(Recipe("small_cnn", 2, batch_size=32, **changes), on(), seed=0).network


def on():
    return fixed(SPLIT, SPLIT.labels)


def measured():
    """What `Lab.measure` computes is computed as ever too."""
    setting = experiment.Setting(width=8, count=8)
    config = {"experiment": "here"}

    def compute():
        experiment._teachers.cache_clear()
        return experiment.outcome(experiment.lesson(setting, range(2)))

    found = Lab("x", "quick").measure("a", 0, config, compute)
    return torch.from_numpy(np.array([*found.values()], float))


WORK = {
    "training": lambda: torch.cat([p.flatten() for p in trained().parameters()]).detach(),
    "mixed": lambda: torch.cat([p.flatten() for p in trained(precision="mixed").parameters()]),
    "outputs": lambda: inference.outputs(
        models.build("deep_cnn", (1, 28, 28), 4, 0), SPLIT.images[:4].repeat(1, 1, 4, 4),
        SPLIT.normalization,
    ),
    "noise": lambda: inputs.noise(SPLIT, 5, 0, "correlated").images,
    "labels": lambda: training_sets.uniform(SPLIT, 0).labels,
    "probe": lambda: probes.readout(SPLIT.images.flatten(1).float(), SPLIT.labels, 4).weight,
    "plane": measured,
}  # fmt: skip


@pytest.mark.parametrize("work", WORK)
def test_ambient_state_plays_no_part(work, monkeypatch):
    monkeypatch.setattr(environment, "mixed_dtype", lambda device: torch.bfloat16)
    usual = WORK[work]()
    for name, ambient in AMBIENT.items():
        with ambient():
            found = WORK[work]()
        assert found.dtype == usual.dtype and torch.equal(found, usual), name


def state():
    return [read() for read, _, _ in SWITCHES]


def test_what_was_set_is_set_back(monkeypatch):
    seen, original = [], training.step
    monkeypatch.setattr(training, "step", lambda *a: seen.append(state()) or original(*a))
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", True)
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", False)
    before = state()
    trained()
    assert state() == before
    assert seen[0] == [assumed for _, _, assumed in SWITCHES] != before
    with pytest.raises(RuntimeError, match="on the way"), pinned():
        raise RuntimeError("on the way")
    assert state() == before


def test_networks_built_in_threads_are_those_of_their_seeds():
    build = partial(models.build, "small_cnn", (1, 28, 28), 10)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(build, range(40)))
    assert all(map(same_weights, map(build, range(40)), together))


@pytest.mark.parametrize("ambient", [torch.no_grad, torch.inference_mode, nullcontext])
def test_an_attack_finds_its_gradients(ambient):
    network = models.build("small_cnn", (1, 8, 8), 4, 0).eval()
    with ambient():
        inputs = SPLIT.images[:8] / 255
        found = pgd(network, inputs, SPLIT.labels[:8], L2(1.0), steps=3, step_size=0.5)
    assert not torch.equal(found.inputs, inputs)
