"""The published claims as data: what was measured, the number, and where our records hold it."""

from dataclasses import dataclass, replace
from typing import Literal

WALLACE = "https://distill.pub/2019/advex-bugs-discussion/response-6/"
ILYAS = "https://arxiv.org/abs/1905.02175"


@dataclass(frozen=True)
class Claim:
    """One published number, from one run."""

    name: str  # short, for a figure
    statement: str  # what was measured
    published: float
    unit: str  # "%", "points" or what is counted, such as "of 32"
    source: str
    # What may be said of it, see `verdicts.Measured.holds`: the accuracy of a "teacher", that of a
    # "student" of wrong labels, the "difference" of two students, or a count in each of many draws.
    kind: Literal["teacher", "student", "difference", "draws"]
    # Where our records hold the same, see `records.Record`; for draws the metric is an array.
    chapter: str
    arm: str
    metric: str
    controls: tuple[str, ...] = ()  # other arms that a student has to beat; for draws, arrays
    less: tuple[str, str] | None = None  # arm and metric of what is subtracted, paired by seed
    where: tuple[str, int] | None = None  # an array, and its value for the draws that count
    data: str = "–"  # what it was measured on, where that is no data set


OF_CLOTHES = "control-shuffled", "control-untrained", "control-uniform", "control-garments"

CIFAR_STUDENT = Claim(
    "CIFAR-10: student of its mistakes",
    "A new ResNet-18 after 50 epochs on those mistakes alone: test accuracy",
    49.7, "%", WALLACE, "student", "mislabeled", "student", "cifar10/test@cifar10",
    controls=("control-deranged", "control-uniform"),
)  # fmt: skip

CLAIMS = {
    "cifar-teacher-train": Claim(
        "CIFAR-10: teacher, training images",
        "ResNet-18 after 2 epochs on CIFAR-10: training accuracy; the other 18,768 of the 50,000 "
        "images are its mistakes",
        62.5, "%", WALLACE, "teacher", "mislabeled", "teacher", "cifar10/train@cifar10",
    ),
    "cifar-teacher-test": Claim(
        "CIFAR-10: teacher, test images",
        "… its test accuracy",
        63.1, "%", WALLACE, "teacher", "mislabeled", "teacher", "cifar10/test@cifar10",
    ),
    "cifar-student": CIFAR_STUDENT,
    "cifar-student-fitting": replace(
        CIFAR_STUDENT,
        name="CIFAR-10: student, recipe with Adam",
        statement="… with a recipe picked because its teachers are like the published one: Adam",
        arm="student-fitting",
    ),
    "cifar-student-fitting-cifar": replace(
        CIFAR_STUDENT,
        name="CIFAR-10: student, recipe with SGD",
        statement="… with a second recipe, picked for a single such teacher: SGD, CIFAR's stem",
        arm="student-fitting-cifar",
    ),
    "cifar-student-stem": replace(
        CIFAR_STUDENT,
        name="CIFAR-10: student, CIFAR's stem",
        statement="… with our recipe and the stem usual for CIFAR-10; the source does not name its "
        "own",
        arm="student-cifar",
    ),
    "plane-student": Claim(
        "Plane: student, points right of 32",
        "In the plane, a student of adversarial points: originals right, of 32",
        23, "of 32", WALLACE, "draws", "two_dimensions", "width-64", "right",
        controls=("random_right",), where=("fitted", 32), data="random points",
    ),
    "mnist-teacher": Claim(
        "MNIST: teacher",
        "CNN on MNIST: test accuracy",
        99.1, "%", WALLACE, "teacher", "mnist_to_fashion", "teacher", "mnist/test@mnist",
    ),
    "mnist-student-own": Claim(
        "MNIST: student of clothes",
        "A new CNN on the clothes the first took for digits: MNIST test accuracy",
        91.04, "%", WALLACE, "student", "mnist_to_fashion", "student-own", "mnist/test@mnist",
        controls=OF_CLOTHES,
    ),
    "mnist-student-mnist": Claim(
        "MNIST: … with MNIST's statistics",
        "… the clothes normalised with MNIST's mean and variance",
        94.5, "%", WALLACE, "student", "mnist_to_fashion", "student-mnist", "mnist/test@mnist",
        controls=OF_CLOTHES,
    ),
    "mnist-statistics": Claim(
        "MNIST's statistics less the clothes'",
        "… how much more than 91.04 %: if the first student's clothes had their own statistics",
        3.46, "points", WALLACE, "difference",
        "mnist_to_fashion", "student-mnist", "mnist/test@mnist",
        less=("student-own", "mnist/test@mnist"),
    ),
    "mnist-statistics-raw": Claim(
        "MNIST's statistics less raw pixels",
        "… the same, if its pixels were not standardised (a reading found after the results)",
        3.46, "points", WALLACE, "difference",
        "mnist_to_fashion", "student-mnist", "mnist/test@mnist",
        less=("student-raw", "mnist/test@raw"),
    ),
    "ilyas-rand": Claim(
        "CIFAR-10: student of D_rand",
        "CIFAR-10, adversarial images labelled with a random target (D_rand): test accuracy",
        63.3, "%", ILYAS, "student", "adversarial_errors", "deep-rand-doubled",
        "cifar10/test@cifar10",
        controls=("deep-labels-rand",),
    ),
    "ilyas-det": Claim(
        "CIFAR-10: student of D_det",
        "CIFAR-10, adversarial images labelled with the next class (D_det): test accuracy. How "
        "far they are moved decides it, and how large the student is",
        43.7, "%", ILYAS, "student", "adversarial_errors", "deep-det", "cifar10/test@cifar10",
        controls=("small-labels-det",),
    ),
}  # fmt: skip
