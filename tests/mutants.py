"""Breakings that the tests have to notice: `python tests/mutants.py` says how many they do.

Each is one text put for another in a copy of the package. Run against it are the tests of values
and labels, and where these pass, those that mirror the module. Not collected by pytest: it takes
a quarter of an hour. Numbers in the arguments choose breakings, in the order of the list.
"""

# ruff: noqa: E501
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "mislabel_utils"
FIRST = ("tests/recording/test_labels.py", "tests/test_values.py")
MUTANTS = [  # module, a text that stands in it once, what is put in its place
    # Training
    ("learning/training.py", "learner.optimizer.zero_grad()", "pass"),
    ("learning/training.py", "+ epoch) * BATCHES + batch", "+ epoch) * BATCHES"),
    ("learning/training.py", "seed * EPOCHS + epoch", "seed * EPOCHS"),
    ("learning/training.py", "stream(seed, epoch, 0)", "stream(seed, 0, 0)"),
    ("learning/training.py", "if recipe.augment:", "if not recipe.augment:"),
    ("learning/training.py", "== 1) & flips", "== 1)"),
    ("learning/training.py", "PADDING = 4", "PADDING = 2"),
    ("learning/training.py", "learner.network.train()", "learner.network.eval()"),
    ("learning/training.py", "targets = images[rows], labels[rows]", "targets = images[rows], labels[rows.flip(0)]"),
    ("learning/training.py", "load_state_dict(stored[\"network\"])", "state_dict()"),
    ("learning/recipes.py", "0.2 * steps if", "0.3 * steps if"),
    ("learning/recipes.py", "step + 0.5", "step + 1"),
    ("learning/recipes.py", "nesterov=recipe.momentum > 0", "nesterov=False"),
    ("learning/recipes.py", "(recipe.momentum, 0.999)", "(recipe.momentum, 0.99)"),
    ("learning/recipes.py", '"weight_decay": recipe.weight_decay', '"weight_decay": 0.0'),
    ("learning/recipes.py", "momentum: float = 0.9", "momentum: float = 0.8"),
    ("learning/inference.py", "inputs.sub_(mean).div_(std)", "inputs.sub_(mean)"),
    ("learning/environment.py", "cache_enabled=False", "cache_enabled=True"),
    ("learning/models.py", "manual_seed(seed)", "manual_seed(seed + 1)"),
    ("learning/models.py", "torch.random.fork_rng(devices=[])", "pinned()"),
    ("learning/models.py", "nn.Linear(channels * height * width, 512),\n        nn.ReLU",
     "nn.Linear(channels * height * width, 512),\n        nn.Tanh"),
    ("learning/models.py", "nn.GELU(),\n            nn.Conv2d(ch", "nn.ReLU(),\n            nn.Conv2d(ch"),
    # Labels
    ("learning/training_sets.py", "randint(1, classes, true.shape, generator=random_numbers(seed))",
     "randint(1, classes, true.shape, generator=random_numbers(seed + 1))"),
    ("learning/training_sets.py", "randint(1, classes", "randint(0, classes"),
    ("learning/training_sets.py", "given.hard_labels.clone(), random_numbers(seed)",
     "given.hard_labels.clone(), random_numbers(seed + 1)"),
    ("learning/training_sets.py", "inputs.true_labels + 1)", "inputs.true_labels + 2)"),
    ("learning/training_sets.py", "said != inputs.true_labels, said", "said == inputs.true_labels, said"),
    ("learning/training_sets.py", "generator=random_numbers(seed))[:count]]",
     "generator=random_numbers(seed))[-count:]]"),
    ("learning/training_sets.py", "labels[other.kept] = LEFT_OUT", "labels[~other.kept] = LEFT_OUT"),
    ("learning/training_sets.py", "given.kept, given.inputs.true_labels, LEFT_OUT",
     "given.kept, given.labels, LEFT_OUT"),
    ("learning/training_sets.py", "len(rows), generator=generator)]\n            commonest",
     "len(rows))]\n            commonest"),
    ("learning/adversarial.py", "rows.roll(1)", "rows"),
    ("learning/adversarial.py", "said == given.hard_labels", "said != given.hard_labels"),
    ("learning/adversarial.py", "epsilon / length", "epsilon"),
    ("learning/attacks.py", "iterate = (origin + norm.project(moved - origin))", "iterate = (moved)"),
    ("learning/attacks.py", "(score > best_score)", "(score < best_score)"),
    ("learning/attacks.py", "-1.0 if targeted else 1.0", "1.0"),
    ("learning/attacks.py", "flipped = flipped | hit", "flipped = hit"),
    ("learning/inputs.py", "pixels.mean(0).float(), root", "pixels.mean(0).float(), root * 0.9"),
    ("learning/inputs.py", "angles = 30", "angles = 45"),
    ("studies/where_it_stops.py", "descending=True, stable=True", "descending=False, stable=True"),
    ("learning/probes.py", "PENALTY * weight", "2 * PENALTY * weight"),
    ("learning/probes.py", "VOTERS = 11", "VOTERS = 9"),
    ("learning/shared_initialisation.py", "LEARNING_RATE = 3e-4", "LEARNING_RATE = 1e-3"),
    ("plane/networks.py", "recipe.rate * (1 - step / recipe.steps)", "recipe.rate"),
    ("plane/experiment.py", "ATTACK_STEPS = 40", "ATTACK_STEPS = 20"),
    ("plane/experiment.py", '"moved": given.adversarial', '"moved": given.points'),
    ("plane/stops.py", "adversarial=at(kept, surest)", "adversarial=at(kept, border)"),
    ("studies/two_cues.py", "every.kept & ~some.kept", "some.kept"),
    ("plane/mistakes.py", "// 5).clamp(min=1)", "// 4).clamp(min=1)"),
    # Records
    ("lab.py", "found = _evaluated(run.network, missing,", "found = _evaluated(run.network, splits,"),
    ("recording/records.py", "metrics | self.metrics, arrays | self.arrays",
     "self.metrics | metrics, self.arrays | arrays"),
    ("recording/records.py", "digest != _digest(record)", "False"),
    ("recording/records.py", 'with locked(self.lock, "writes a record"):', "if True:"),
    ("recording/records.py", "first.weights == record.weights", "True"),
    ("recording/runs.py", 'found["labels"] = digest(labels)', "pass"),
    ("recording/runs.py", 'found["network"] = on.network', "pass"),
    ("recording/runs.py", '"seed": seed,', '"seed": seed % 1000,'),
    ("recording/runs.py", "weights_digest(network) == self.record.weights", "True"),
    ("recording/runs.py", '"optimizer": "sgd", ', ""),
    ("lab.py", "record.trained_on.get(name, now) != now", "False"),
    ("files.py", "os.replace(temporary, path)", "path.write_bytes(temporary.read_bytes())"),
    # Verdicts
    ("report/verdicts.py", "value > self.bar() for", "value >= 0 for"),
    ("report/verdicts.py", "max(rivals) + MARGINS", "min(rivals) + MARGINS"),
    ("report/verdicts.py", "self.claim.published < low", "self.claim.published < high"),
    ("report/verdicts.py", "[max(values) for values in known]", "[min(values) for values in known]"),
    ("report/stats.py", "ppf(0.975, count - 1)", "ppf(0.95, count - 1)"),
    ("report/stats.py", "(1 / count + of_next) ** 0.5", "count**-0.5"),
]  # fmt: skip


def mirrored(module: str) -> list[str]:
    """The tests of a module: those of its name, and of what it is reached through."""
    folder, name = os.path.split(module)
    reached = "test_lab.py", "recording/test_records.py", "studies/test_studies.py"
    tests = dict.fromkeys(
        Path("tests", each) for each in (os.path.join(folder, f"test_{name}"), *reached)
    )
    return [str(test) for test in tests if (ROOT / test).exists()]


def passes(copy: Path, tests: list[str]) -> bool:
    """Whether tests pass in a copy."""
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:nbval", "-k", "not breakings"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    environment = os.environ | {"PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1"}
    code = subprocess.run(command, cwd=copy, env=environment, stdout=subprocess.DEVNULL).returncode
    if code not in (0, 1, 2):  # 2: what is broken cannot even be imported
        raise RuntimeError(f"pytest ended with {code}")
    return code == 0


def main(chosen: list[int]) -> None:
    by: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("mislabel_utils", "tests", "tools", "book"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "conftest.py", "_toc.yml"):
            shutil.copy(ROOT / name, copy)
        for number in chosen or range(len(MUTANTS)):
            module, old, new = MUTANTS[number]
            path = copy / "mislabel_utils" / module
            text = path.read_text()
            path.write_text(text.replace(old, new))
            who = "values and labels" if not passes(copy, list(FIRST)) else "the module's tests"
            if who != "values and labels" and passes(copy, mirrored(module)):
                who = "nobody"
            path.write_text(text)
            by[who] = by.get(who, 0) + 1
            print(f"{number:3} {who:18} {module}: {old!r} -> {new!r}", flush=True)
    print(by)


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]])
