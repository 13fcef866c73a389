"""Where a run was made: what may differ between two runs of the same configuration."""

from __future__ import annotations

import platform
import time
from typing import Any

import torch

from mislabel_utils.learning.inference import default_device, mixed_dtype


def environment(precision: str = "float32") -> dict[str, Any]:
    """Versions, device, threads and date; of a run in mixed precision, what that meant there."""
    device = default_device()
    gpu = device.type == "cuda"
    mixed = {"mixed": str(mixed_dtype(device)).removeprefix("torch.")}
    return (mixed if precision == "mixed" else {}) | {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if gpu else platform.machine(),
        "threads": torch.get_num_threads(),
        "finished": time.strftime("%Y-%m-%d", time.gmtime()),
    }
