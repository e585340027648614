"""A leg that is killed goes on to the weights that it would have had."""

import signal
import subprocess
import sys
from pathlib import Path

import torch
from torch import nn

from zoo.legs import SAVED_EVERY, Leg, forget, hours_spent, train_leg

STEPS = 3 * SAVED_EVERY
SCRIPT = """
import sys, torch
from tests.zoo.test_legs import trained
trained(tell=lambda line: print(line, flush=True))
"""


def trained(minutes: float = 10, tell=lambda line: None) -> tuple[bool, nn.Module]:
    torch.manual_seed(0)
    model = nn.Linear(4, 2)

    def loss(step: int) -> torch.Tensor:
        inputs = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
        return (model(inputs) - inputs[:, :2]).square().mean()

    return train_leg(Leg("tiny", 1, STEPS, lr=0.01), model, loss, minutes, tell), model


def test_a_killed_leg_goes_on_to_the_same_weights(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended, undisturbed = trained()
    assert ended
    forget(Leg("tiny", 1, STEPS, lr=0.01))
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r}){SCRIPT}"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if f"step {SAVED_EVERY}/" in line:
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    told: list[str] = []
    ended, resumed = trained(tell=told.append)
    assert ended
    assert told[0].startswith(f"leg 1: step {2 * SAVED_EVERY}/")
    for one, other in zip(undisturbed.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_leg_stops_when_its_time_is_over_and_goes_on(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    leg = Leg("tiny", 1, STEPS, lr=0.01)
    ended, _ = trained(minutes=0)  # one step
    assert not ended
    assert torch.load(leg.state, weights_only=True)["step"] == 1
    while not (done := trained(minutes=0.0005))[0]:
        pass
    forget(leg)
    assert hours_spent(leg) == 0
    _, undisturbed = trained()
    assert all(torch.equal(a, b) for a, b in zip(done[1].parameters(), undisturbed.parameters(), strict=True))
