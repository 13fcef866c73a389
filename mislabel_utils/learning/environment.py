"""Where a run was made: what may differ between two runs of the same configuration."""

from __future__ import annotations

import platform
from typing import Any

import torch

from mislabel_utils.learning.inference import default_device, mixed_dtype


def environment(precision: str = "float32") -> dict[str, Any]:
    """Versions, device and threads; of a run in mixed precision, what that means here."""
    device = default_device()
    gpu = device.type == "cuda"
    mixed = {"mixed": str(mixed_dtype(device)).removeprefix("torch.")}
    return (mixed if precision == "mixed" else {}) | {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "device": torch.cuda.get_device_name() if gpu else platform.machine(),
        "threads": torch.get_num_threads(),
    }
