"""Two real processes on loopback, which exchange what JAX's own collectives do."""

import importlib
import json
import socket

import pytest

from .layouts import DEVICES
from .process import PROCESSES
from .targets import TARGETS, started

SECONDS = 300.0  # two processes that wait for one another would wait for ever

# Loss and gradients by a slope are sums of 8 rows of 16 channels, each of at most 20: in another order they
# differ by a few units in the last place of the sum.
SUM_TOLERANCE = 1e-4


@pytest.mark.skipif(
    not hasattr(importlib.import_module("jaxlib._jax"), "make_gloo_tcp_collectives"),
    reason="this build of jaxlib has no gloo collectives",
)
def test_two_processes_train_as_one_device_does() -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    devices = f"--xla_force_host_platform_device_count={DEVICES // PROCESSES}"
    processes = [
        started(TARGETS["quick"], "process", address, str(number), XLA_FLAGS=devices)
        for number in range(PROCESSES)
    ]
    try:
        ended = [process.communicate(timeout=SECONDS) for process in processes]
    finally:
        for process in processes:
            process.kill()
    for process, (output, errors) in zip(processes, ended, strict=True):
        assert process.returncode == 0, errors[-2000:]
        by_name = json.loads(output.splitlines()[-1])  # gloo prints too
        assert len(by_name) == 10  # losses, gradients by x and by the slope, on two devices and on eight
        exact = {name: by for name, by in by_name.items() if name.endswith("by x")}
        assert not any(exact.values()), exact
        assert max(by_name.values()) <= SUM_TOLERANCE, by_name
