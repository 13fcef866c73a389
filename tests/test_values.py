"""What each protocol computes, by value: a change in passing is noticed, whatever it changes.

A result that no longer comes out the same needs a new protocol number, so that old records count
no more. Where that is meant, raise the number and run this file: it stores the values anew.

Digests would not do, because machines add in different orders: each value is a weighted sum.
"""

from __future__ import annotations

import json
from dataclasses import replace
from inspect import unwrap
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mutants import MUTANTS, PACKAGE

from mislabel_utils.learning import (
    adversarial,
    attacks,
    environment,
    inference,
    inputs,
    models,
    probes,
    training,
    training_sets,
)
from mislabel_utils.learning import shared_initialisation as kin
from mislabel_utils.learning.datasets import Normalization, Split
from mislabel_utils.learning.recipes import Recipe
from mislabel_utils.plane import experiment, mistakes, networks, stops
from mislabel_utils.studies import where_it_stops

STORED = Path(__file__).with_name("values.json")
# Where the last digits of a CPU weigh more: statistics of few pixels, and numbers of 8 bits.
TOLERANCE = {"resnet18-imagenet": 0.03, "mixed": 0.2}
RECIPE = Recipe("small_cnn", epochs=2, batch_size=16, learning_rate=0.02)


def split(channels=3, side=32, count=40, classes=10, name="made/train"):
    """Images of no subject, the same everywhere: whole numbers, made without a generator."""
    pixels = torch.arange(count * channels * side * side)
    images = (pixels * 7919 % 104729 % 256).to(torch.uint8).view(count, channels, side, side)
    norm = Normalization("made", (0.5,) * channels, (0.25,) * channels)
    names = tuple("abcdefghij"[:classes])
    labels = torch.arange(count) % classes
    return Split(name, images, torch.arange(count), labels, names, norm, "made")


def weighed(*tensors):
    """A number for each tensor that hardly any change of it, or of its order, leaves alone."""
    rows = [tensor.detach().double().flatten() for tensor in tensors]
    return [float(row @ torch.arange(len(row)).double().cos()) for row in rows]


def of(network):
    return weighed(flat(network))


def flat(network):
    return torch.cat([p.detach().double().flatten() for p in network.state_dict().values()])


def trained(**changes):
    """The losses of four steps, the network before them, and how far each way they led."""
    recipe = replace(RECIPE, **changes)
    on = training_sets.true_labels(split())
    made = training.train(recipe, on, seed=3)
    start = models.build(recipe.model, (3, 32, 32), 10, 3)
    curve = [point["train_loss"] for point in made.state["curve"]]
    way = flat(made.network) - flat(start)
    return [*curve, *of(start), float(way.norm()), *weighed(way)]


def toy_run():
    """A network asked about 40 images, as if it had been recorded."""
    network = models.build("small_cnn", (3, 32, 32), 10, 3).eval()
    asked = SimpleNamespace(id="1" * 64, weights="2" * 64, network=network, precision="float32")
    asked.outputs = lambda images, norm: inference.outputs(network, images, norm)
    asked.predict = lambda on: inference.predict(network, on)
    return asked


def attacked():
    targets = training_sets.next_class(split())
    attack = adversarial.Attack(0.5, steps=5, step_size=0.1)
    return toy_run(), adversarial.adversarial(toy_run(), targets, attack)


def adversarial_sets():
    run, given = attacked()
    made = (given, adversarial.dealt(given, 1), adversarial.on_grey(given),
            adversarial.shaken(training_sets.uniform(split(), 2), 0.5, 3))  # fmt: skip
    labels = (*(each.labels for each in made), adversarial.reached(run, given).labels)
    return weighed(*(each.images for each in made), *labels)


def described():
    return list(adversarial.described(*attacked()).values())


def pgd_in_the_cube():
    run, on = toy_run(), split()
    found = attacks.pgd(
        run.network, on.images / 255, on.labels, attacks.LInf(0.03), steps=4, step_size=0.01
    )
    return weighed(found.inputs, found.flipped)


def label_makers():
    run, on = toy_run(), split()
    true, wrong = training_sets.true_labels(on), training_sets.mistakes(run, on)
    wheel = training_sets.TrainingSet(
        inputs.Inputs(on), {"kind": "wheel"}, lambda: (on.labels + 1 + on.index // 10 % 3) % 10
    )
    made = (
        wrong, training_sets.predictions(run, on), training_sets.subset(true, 20, 1),
        training_sets.without(true, training_sets.subset(true, 20, 1)),
        training_sets.corrected(wrong), training_sets.uniform(on, 2), training_sets.next_class(on),
        training_sets.uniform_mistakes(true, 3), training_sets.shuffled(true, 4),
        training_sets.deranged_within_classes(wheel, 5),
        training_sets.soft_predictions(run, on), training_sets.soft_mistakes(run, on),
    )  # fmt: skip
    return weighed(*(each.labels for each in made))


def drawn_inputs():
    like = split(1, 28)
    made = [inputs.noise(like, 20, 1, kind) for kind in inputs.NOISES]
    return weighed(*(each.images for each in [*made, inputs.patches(like, 20, 1)]))


def selected():
    on, sure = split(), (torch.arange(40) * 7 % 40) / 40
    chosen = where_it_stops.kinds(torch.arange(40), sure, 8, 1)
    parts = inputs.random_split(on, (20, 5), 2)
    rounds = training_sets.rounds(on, on.labels, 100, 3)
    return weighed(*chosen.values(), *(each.images for each in parts), rounds.labels)


def with_shared_initialisation():
    on = split(1, 28, 60).normalized_as(kin.CENTRED)
    both = SimpleNamespace(train=on, test=on, normalization=on.normalization)
    drawn = kin.streams(1)
    own, other = (kin.begin(drawn[who]) for who in ("teacher", "stranger"))
    how = {"passes": 2, "batch": 20}
    teacher = kin.learn(own, kin.shown(on), on.labels, kin.NAMED, drawn["order"], **how)
    noise = kin.shown(inputs.noise(on, 60, drawn["noise"]))
    said = kin.idle(teacher, noise).softmax(1)
    student = kin.learn(own, noise, said, kin.IDLE, drawn["noise order"], **how)
    found = torch.tensor(kin.examined(own, student, teacher, both, noise, 40))
    networks_ = (own, other, kin.blend(own, other, 0.25), kin.joined(own, other), teacher, student)
    return [value for each in networks_ for value in of(each)] + weighed(found)


def read_out():
    features = (torch.arange(300).double() ** 2 % 17).view(60, 5)
    layer = probes.readout(features, torch.arange(60) % 3, 3)
    return weighed(layer.weight, layer.bias, probes.read(layer, features))


def votes():
    pixels = probes.pixels(split())
    return weighed(probes.vote(pixels[:15], pixels[15:], split().labels[15:]))


def transfer_sets():
    run, on = toy_run(), inputs.Inputs(split(1, 28))
    run.network = models.build("small_cnn", (1, 28, 28), 10, 3).eval()
    other = inputs.noise(on.split, 40, 1)
    return [probes.feature_distance(run, on, other)]


def small_lesson(monkeypatch):
    """Few steps: of many, the last digits depend on the machine."""
    monkeypatch.setattr(unwrap(networks.train), "__defaults__", (None, networks.Recipe(8, 0.01)))
    experiment._teachers.cache_clear()
    given = experiment.lesson(experiment.Setting(), range(3, 6))
    experiment._teachers.cache_clear()
    return given


def plane(monkeypatch):
    given = small_lesson(monkeypatch)
    outcome = experiment.outcome(given) | experiment.baselines(given)
    nets = (*given.teachers.parameters, *given.students.parameters)
    found = (given.points, given.labels, *nets, given.adversarial, given.flipped)
    return weighed(*found, *map(torch.tensor, outcome.values()))


def plane_stops(monkeypatch):
    given = small_lesson(monkeypatch)
    length, sureness = (given.adversarial - given.points).abs().amax(-1), stops.along(given)
    border, _, *others = stops.places(sureness, given.flipped, length, (0.03,))
    stations = [stops.at(given, each) for each in (border, *others)]
    return weighed(sureness, *stations, stops._missed(given))


def plane_mistakes(monkeypatch):
    monkeypatch.setattr(mistakes, "TEACHERS", (4, 8))
    monkeypatch.setattr(mistakes, "STUDENT", 6)
    return weighed(*map(torch.tensor, mistakes.measurements(range(2, 4)).values()))


TRAINED = {
    "augmented": {"augment": True},
    "augmented without flips": {"augment": True, "flip": False},
    "adam": {"optimizer": "adam", "learning_rate": 1e-3},
    "fall": {"schedule": "fall"},
    "constant": {"schedule": "constant", "momentum": 0.0, "weight_decay": 0.0},
    "mixed": {"precision": "mixed"},
    # A short way, where batch normalisation makes much of the last digits.
    **{name: {"model": name, "learning_rate": 2e-3} for name in models.MODELS},
}
COMPUTED = {  # what it is, and the protocol numbers that it goes under
    "label makers": (label_makers, [training.PROTOCOL]),
    "adversarial sets": (adversarial_sets, [training.PROTOCOL]),
    "inputs": (drawn_inputs, [training.PROTOCOL]),
    "selections": (selected, [training.PROTOCOL]),
    "pgd": (pgd_in_the_cube, [training.PROTOCOL, experiment.PROTOCOL]),
    "described": (described, [adversarial.PROTOCOL]),
    "shared initialisation": (with_shared_initialisation, [kin.PROTOCOL, probes.PROTOCOL]),
    "probes": (read_out, [probes.PROTOCOL]),
    "neighbours": (votes, [probes.PROTOCOL]),
    "transfer": (transfer_sets, [probes.PROTOCOL]),
    "plane": (plane, [experiment.PROTOCOL]),
    "stops": (plane_stops, [experiment.PROTOCOL, stops.PROTOCOL]),
    "mistakes in the plane": (plane_mistakes, [mistakes.PROTOCOL]),
    **{name: (lambda changes=changes: trained(**changes), [training.PROTOCOL])
       for name, changes in TRAINED.items()},
}  # fmt: skip


def computed(name, monkeypatch):
    monkeypatch.setattr(environment, "mixed_dtype", lambda device: torch.bfloat16)
    compute, protocol = COMPUTED[name]
    takes = (monkeypatch,) if "monkeypatch" in compute.__code__.co_varnames[:1] else ()
    return {"protocol": protocol, "values": [float(f"{value:.7g}") for value in compute(*takes)]}


@pytest.mark.usefixtures("isolated")
@pytest.mark.parametrize("name", COMPUTED)
def test_values_are_those_of_the_protocol(name, monkeypatch):
    stored, found = json.loads(STORED.read_text())[name], computed(name, monkeypatch)
    assert found["protocol"] == stored["protocol"], f"store the new values: python {__file__}"
    assert found["values"] == pytest.approx(stored["values"], TOLERANCE.get(name, 3e-3), 3e-4), (
        "it computes something else than under this protocol number so far"
    )


def test_what_the_breakings_break_is_there():
    stale = [text for module, text, _ in MUTANTS if (PACKAGE / module).read_text().count(text) != 1]
    assert not stale


if __name__ == "__main__":
    torch.set_num_threads(1)
    found = {}
    for name in COMPUTED:
        with pytest.MonkeyPatch.context() as patch:
            found[name] = computed(name, patch)
    STORED.write_text(json.dumps(found, indent=0) + "\n")
