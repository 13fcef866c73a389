"""PyTorch as the recorded results assume it, whatever the caller has set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any

import torch

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
_lock, _inside, _before = Lock(), 0, []


@contextmanager
def pinned() -> Iterator[None]:
    """Float32 unless said otherwise and in full, gradients where asked for, the same each time.

    Convolutions on a GPU are shortened to 19 bits and may differ from call to call by default.
    What belongs to the whole process is set back when the last thread within is through.
    """
    global _inside
    with _lock:
        if not _inside:
            _before[:] = [read() for read, _, _ in SWITCHES]
            for _, write, assumed in SWITCHES:
                write(assumed)
        _inside += 1
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
        with _lock:
            _inside -= 1
            if not _inside:
                for (_, write, _), before in zip(SWITCHES, _before, strict=True):
                    write(before)
