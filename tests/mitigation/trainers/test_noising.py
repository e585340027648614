"""Noise and what is predicted of it are those of diffusers' own training schedule."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDPMScheduler, EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler

from failscape.errors import UsageError
from failscape.mitigation.trainers.noising import noising_of


@pytest.mark.parametrize("zero_snr", [False, True])
@pytest.mark.parametrize("predicts", ["epsilon", "v_prediction", "sample"])
def test_it_is_that_of_diffusers(predicts: str, zero_snr: bool) -> None:
    scheduler = DDPMScheduler(beta_schedule="scaled_linear", prediction_type=predicts, rescale_betas_zero_snr=zero_snr)
    generator = torch.Generator().manual_seed(0)
    clean, noise = (torch.randn(6, 4, 8, 8, generator=generator) for _ in range(2))
    times = torch.tensor([0, 1, 10, 500, 998, 999])
    own = noising_of("x", scheduler)
    torch.testing.assert_close(own.noised(clean, noise, times), scheduler.add_noise(clean, noise, times))
    wanted = {"epsilon": noise, "sample": clean, "v_prediction": scheduler.get_velocity(clean, noise, times)}
    torch.testing.assert_close(own.wanted(clean, noise, times), wanted[predicts])
    drawn_by = EulerDiscreteScheduler.from_config(scheduler.config)
    torch.testing.assert_close(noising_of("x", drawn_by).kept, own.kept, atol=1e-7, rtol=1e-5)


def test_flow_matching_has_no_such_noise() -> None:
    with pytest.raises(UsageError, match="nothing says what noise FlowMatchEulerDiscreteScheduler was trained with"):
        noising_of("x", FlowMatchEulerDiscreteScheduler())
