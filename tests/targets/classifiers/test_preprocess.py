import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from failscape.errors import UsageError
from failscape.targets import Preprocess

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.fixture
def picture():
    """A wide picture with smooth and rough parts, 300x421."""
    rng = np.random.default_rng(0)
    smooth = np.linspace(0, 255, 300 * 421 * 3).reshape(300, 421, 3)
    return Image.fromarray(np.where(smooth < 128, smooth, rng.integers(0, 256, smooth.shape)).astype(np.uint8))


def whole(transform, picture):
    pixels = transform.prepare(picture)
    assert pixels.dtype == torch.uint8 and pixels.shape[0] == 3
    return transform.normalise(pixels[None])[0]


def test_normalise_is_the_formula_and_leaves_the_pixels_alone():
    batch = torch.arange(2 * 3 * 4 * 5, dtype=torch.uint8).reshape(2, 3, 4, 5)
    before = batch.clone()
    mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    numbers = Preprocess.resize(4, MEAN, STD).normalise(batch)
    assert numbers.dtype == torch.float32 and torch.equal(batch, before)
    torch.testing.assert_close(numbers, (batch / 255 - mean) / std, atol=1e-6, rtol=0)


def test_normalise_after_inference_mode_is_usable_for_training():
    transform = Preprocess.resize(4, (0.11, 0.2, 0.3), STD)
    batch = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)
    with torch.inference_mode():
        transform.normalise(batch)
    layer = torch.nn.Conv2d(3, 1, 1)
    layer(transform.normalise(batch)).sum().backward()
    assert layer.weight.grad is not None


@pytest.mark.parametrize(
    ("size", "crop", "shape"),
    [(32, None, (3, 32, 32)), ((20, 30), None, (3, 20, 30)), (64, 48, (3, 48, 48)), (40, 50, (3, 50, 50))],
)
def test_resize_shapes(picture, size, crop, shape):
    assert Preprocess.resize(size, MEAN, STD, crop=crop).prepare(picture).shape == shape


def test_a_picture_of_the_right_size_is_kept_bit_by_bit():
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    prepared = Preprocess.resize(32, MEAN, STD).prepare(Image.fromarray(pixels))
    assert np.array_equal(prepared.permute(1, 2, 0).numpy(), pixels)


def test_unknown_interpolation_names_the_closest():
    with pytest.raises(UsageError, match="did you mean bicubic"):
        Preprocess.resize(32, MEAN, STD, interpolation="bicubik")


@pytest.mark.parametrize("name", ["AlexNet_Weights", "EfficientNet_B3_Weights", "ViT_B_16_Weights"])
def test_equals_torchvision(picture, name):
    from torchvision import models

    preset = getattr(models, name).DEFAULT.transforms()
    torch.testing.assert_close(whole(Preprocess.from_torchvision(preset), picture), preset(picture), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ["resnet18.a1_in1k", "vit_tiny_patch16_224.augreg_in21k_ft_in1k"])
def test_equals_timm(picture, name):
    timm = pytest.importorskip("timm")
    model = timm.create_model(name, pretrained=False)
    reference = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
    torch.testing.assert_close(whole(Preprocess.from_timm(model), picture), reference(picture), atol=1e-6, rtol=0)


@pytest.mark.parametrize(("width", "height"), [(1, 500), (500, 1), (1, 501), (2, 400), (3, 900)])
def test_the_middle_of_a_strip_is_what_it_was_in_the_whole(width, height):
    from torchvision.transforms import functional as F

    strip = Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))
    middle = Preprocess.resize(36, MEAN, STD, crop=32).prepare(strip)
    assert torch.equal(middle, F.pil_to_tensor(F.center_crop(F.resize(strip, [36]), [32])))


def test_a_strip_that_is_stretched_is_kept_whole():
    strip = Image.fromarray(np.linspace(0, 255, 6000).astype(np.uint8)[:, None]).convert("RGB")
    for transform in (Preprocess.resize(32, MEAN, STD), Preprocess.from_hf(processors()["vit"])):
        column = transform.prepare(strip)[0, :, 0]
        assert column[0] < 10 and column[-1] > 245


STRIPS = """
import resource, sys
import timm, torch, torchvision, transformers
from PIL import Image
from failscape.targets import Preprocess

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)

transforms = (
    Preprocess.from_torchvision(torchvision.models.AlexNet_Weights.DEFAULT.transforms()),
    Preprocess.from_timm(timm.create_model("resnet18.a1_in1k", pretrained=False)),
    Preprocess.from_hf(transformers.CLIPImageProcessor()),
    Preprocess.from_hf(transformers.ConvNextImageProcessor(size={"shortest_edge": 224})),
)
before = peak()
for transform in transforms:
    for size in ((1, 6000), (6000, 1)):
        assert transform.prepare(Image.new("RGB", size)).shape == (3, 224, 224)
print(peak() - before)
"""


def test_a_strip_costs_no_more_than_a_photograph():
    pytest.importorskip("timm")
    run = subprocess.run([sys.executable, "-c", STRIPS], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 300, "MiB; resized whole it takes 1.2 GiB"


def processors():
    import transformers

    return {
        "vit": transformers.ViTImageProcessor(),
        "vit pil": transformers.ViTImageProcessorPil(),
        "vit without normalisation": transformers.ViTImageProcessor(do_normalize=False),
        "convnext": transformers.ConvNextImageProcessor(size={"shortest_edge": 224}),
        "clip": transformers.CLIPImageProcessor(),
        "beit": transformers.BeitImageProcessor(do_center_crop=True),
        "efficientnet": transformers.EfficientNetImageProcessor(),
        "efficientnet with offset": transformers.EfficientNetImageProcessor(
            rescale_factor=1 / 127.5, rescale_offset=True
        ),
        "mobilevit": transformers.MobileViTImageProcessor(),
        "mobilenet": transformers.MobileNetV2ImageProcessor(),
    }


@pytest.mark.parametrize("name", list(processors()))
def test_equals_hugging_face(picture, name):
    processor = processors()[name]
    reference = torch.as_tensor(processor(images=picture, return_tensors="pt")["pixel_values"][0])
    torch.testing.assert_close(whole(Preprocess.from_hf(processor), picture), reference, atol=1e-5, rtol=0)


def test_equals_timm_inside_transformers(picture):
    timm = pytest.importorskip("timm")
    from transformers import TimmWrapperImageProcessor

    model = timm.create_model("resnet18.a1_in1k", pretrained=False)
    processor = TimmWrapperImageProcessor(pretrained_cfg=model.pretrained_cfg, architecture="resnet18")
    reference = processor(picture)["pixel_values"][0]
    torch.testing.assert_close(whole(Preprocess.from_hf(processor), picture), reference, atol=1e-6, rtol=0)


def test_pixels_are_rgb_where_the_network_reads_bgr():
    red = Image.new("RGB", (300, 300), (200, 100, 0))
    transform = Preprocess.from_hf(processors()["mobilevit"])
    assert transform.prepare(red)[:, 100, 100].tolist() == [200, 100, 0]
    assert (whole(transform, red)[:, 100, 100] * 255).round().tolist() == [0, 100, 200]


def test_a_processor_that_bends_the_values_is_refused():
    class Gamma:
        def __call__(self, images, return_tensors):
            pixels = torch.from_numpy(np.array(images)).permute(2, 0, 1)[None] / 255
            return {"pixel_values": pixels**2.2}

    with pytest.raises(UsageError, match="Gamma does more than rescale"):
        Preprocess.from_hf(Gamma())


def test_pickles(picture):
    for transform in (Preprocess.resize(32, MEAN, STD, crop=24), Preprocess.from_hf(processors()["vit"])):
        copy = pickle.loads(pickle.dumps(transform))
        assert torch.equal(whole(copy, picture), whole(transform, picture))
