"""PyTorch here, and as the recorded results assume it, whatever the caller has set."""

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from tqdm.auto import tqdm

CUDNN = torch.backends.cudnn
# What belongs to the whole process: how to read it, how to set it, and what is assumed.
SWITCHES: tuple[tuple[Callable[[], Any], Callable[[Any], None], Any], ...] = (
    (torch.get_default_dtype, torch.set_default_dtype, torch.float32),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"),
    *(
        (partial(getattr, CUDNN, name), partial(setattr, CUDNN, name), assumed)
        for name, assumed in (("allow_tf32", False), ("deterministic", True), ("benchmark", False))
    ),
)


@contextmanager
def pinned() -> Iterator[None]:
    """Float32 unless said otherwise and in full, gradients where asked for, the same each time.

    Convolutions on a GPU are shortened to 19 bits and may differ from call to call by default.
    What belongs to the whole process is set back: one thread at a time may be within.
    """
    before = [read() for read, _, _ in SWITCHES]
    for _, write, assumed in SWITCHES:
        write(assumed)
    try:
        with (
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.autocast("cpu", enabled=False),
            torch.autocast("cuda", enabled=False),
            torch.device("cpu"),
        ):
            yield
    finally:
        for (_, write, _), value in zip(SWITCHES, before, strict=True):
            write(value)


def bar(*of: Any, **how: Any) -> tqdm:
    """A bar of progress, which ``TQDM_DISABLE=1`` hides: in a notebook it would not ask."""
    return tqdm(*of, disable=bool(os.environ.get("TQDM_DISABLE")), **how)


def default_device() -> torch.device:
    """The GPU when there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def mixed_dtype(device: torch.device) -> torch.dtype:
    """What "mixed" computes in: bfloat16 where the hardware multiplies it, else float32."""
    if device.type == "cuda":
        has = torch.cuda.is_bf16_supported(including_emulation=False)
    else:  # PyTorch's own list of what a CPU can do; older versions know less of it
        names = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        has = any(getattr(torch.cpu, name, bool)() for name in names)
    return torch.bfloat16 if has else torch.float32


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The context in which a network computes in a recipe's precision, within `pinned`."""
    low = precision == "mixed" and mixed_dtype(device) == torch.bfloat16
    # No cache: it is emptied by the outermost context alone, and would outlive an optimiser's step.
    return torch.autocast(device.type, torch.bfloat16, enabled=low, cache_enabled=False)


def environment(precision: str = "float32") -> dict[str, Any]:
    """Versions, device and threads; of a run in mixed precision, what that means here."""
    device = default_device()
    mixed = {"mixed": str(mixed_dtype(device)).removeprefix("torch.")}
    return (mixed if precision == "mixed" else {}) | {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "device": platform.machine() if device.type == "cpu" else torch.cuda.get_device_name(),
        "threads": torch.get_num_threads(),
    }
