"""An encoder learns to tell apart what the reference tells apart, and little else changes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from failscape.envs.mdp import ConceptMDP
from failscape.envs.pair_mdp import PairMDP
from failscape.envs.tasks.blind_pairs import make_mdp
from failscape.mitigation.config import TrainingConfig
from failscape.mitigation.sampling import Failures
from failscape.mitigation.trainers.image_pairs import ImagePairConfig, ImagePairTrainer
from failscape.targets.encoders.two_encoders import TwoEncoders
from tests.support import pair_encoders
from tests.support.tiny_encoders import hf_folder

assert pair_encoders.SIDE == 8  # importing it registers the encoders
COLOR = Failures(np.array([1, 3]), ())  # points with another colour


@pytest.fixture(scope="module")
def mdp(tmp_path_factory: pytest.TempPathFactory) -> ConceptMDP:
    torch.manual_seed(0)
    target = f"hf:{hf_folder(tmp_path_factory.mktemp('clip'), 'CLIPVisionModelWithProjection')}"
    options: dict[str, Any] = {"target": target, "reference": "seesall:", "data": "street:traffic?n=200"}
    return make_mdp(**options, above="q0.9", below=0.999, concepts=["other-light", "other-color"])


def config(**changed: Any) -> TrainingConfig:
    return ImagePairConfig(**{"method": "full", "epochs": 4, "batch_size": 32, "lr": 3e-3, "average": 0.9, **changed})


@pytest.mark.parametrize("method", ["full", "lora"])
def test_the_loss_of_validation_falls_and_the_target_stays(method: str, mdp: ConceptMDP) -> None:
    assert isinstance(mdp.target, TwoEncoders)
    before = {name: tensor.clone() for name, tensor in mdp.target.module.state_dict().items()}
    trainer = ImagePairTrainer(mdp, [COLOR], config(method=method, epochs=6))
    fitted = trainer.fit()
    after = mdp.target.module.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before), "the target is as it was"
    assert fitted.history[fitted.best].loss < 0.9 * fitted.history[0].loss


def test_pairs_of_equal_vectors_are_told_apart() -> None:
    """A linear encoder of the red channel, which gives one vector to pictures that differ in green and blue alone."""
    mdp = make_mdp("blinded:", "seesall:", "street:traffic?n=200", ["hue=0,0.33"], above="q0.9", below=0.99)
    trainer = ImagePairTrainer(mdp, [Failures(np.array([1]), ())], config(epochs=10, lr=1e-2))
    before = trainer.reward.clean.target
    fitted = trainer.fit()
    assert fitted.history[0].edited_error > 0.5 and fitted.history[fitted.best].edited_error < 0.1
    assert isinstance(mdp.target, TwoEncoders)
    now = mdp.target.with_weights(fitted.weights)(mdp.items.batch.inputs).target
    moved = trainer.directions.kept(now) - trainer.directions.kept(before)
    assert moved.square().sum(dim=1).mean() < 0.05, "what it said before is held"


def test_vectors_of_clean_pictures_are_held(mdp: ConceptMDP) -> None:
    assert isinstance(mdp.target, TwoEncoders)
    moved = []
    for retain in (0.0, 10.0):
        fitted = ImagePairTrainer(mdp, [COLOR], config(retain=retain)).fit()
        now = mdp.target.with_weights(fitted.weights)
        clean = mdp.items.batch.field("pixels")
        moved.append(float((now(clean).target - mdp.target(clean).target).square().sum(dim=1).mean()))
    assert moved[1] < 0.5 * moved[0]


def test_another_target_is_judged_by_its_own_vectors(mdp: ConceptMDP) -> None:
    assert isinstance(mdp, PairMDP) and isinstance(mdp.target, TwoEncoders)
    weights = {name: tensor + 0.1 for name, tensor in mdp.target.target.module.state_dict().items()}
    other = mdp.with_target(mdp.target.with_weights(weights))
    assert isinstance(other, PairMDP) and other.reward.threshold == mdp.reward.threshold
    items = np.arange(20)
    unedited = other.evaluate(other.initial(items))
    np.testing.assert_allclose(unedited.confidence, 1, atol=1e-5)
    assert not unedited.failed.any() and not other.baseline.failed.any()


def test_a_fine_tune_that_was_stopped_goes_on_to_the_same_end(mdp: ConceptMDP, tmp_path: Path) -> None:
    whole = ImagePairTrainer(mdp, [COLOR], config(epochs=3)).fit()

    def stop(epoch: Any) -> None:
        if epoch.number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ImagePairTrainer(mdp, [COLOR], config(epochs=3)).fit(tmp_path, tell=stop)
    again = ImagePairTrainer(mdp, [COLOR], config(epochs=3)).fit(tmp_path)
    assert all(torch.equal(whole.weights[name], again.weights[name]) for name in whole.weights)
