"""Object detectors of Hugging Face on tiny random models, COCO's names, crops, and colours by a tiny CLIP."""

import json
import shutil

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from failscape.errors import UsageError
from failscape.targets.detectors.class_names import NAMES, geneval_name
from failscape.targets.detectors.colours import ColourReader, load_colour_reader
from failscape.targets.detectors.detections import Detections, crops
from failscape.targets.detectors.huggingface import load_detector
from tests.support.tiny_encoders import hf_folder

LABELS = {0: "person", 1: "mouse", 2: "TV-monitor"}
BLOCKS = {"num_hidden_layers": 1, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16}


def saved(folder, model, processor):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for parameter in model.parameters():
            parameter.data += 0.3 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A DETR and a YOLOS of random weights."""
    root, labels = (
        tmp_path_factory.mktemp("detectors"),
        {"id2label": LABELS, "label2id": {v: k for k, v in LABELS.items()}},
    )
    trunk = transformers.ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", out_features=["stage2"]
    )
    sizes = {f"{part}_{what}": n for part in ("encoder", "decoder") for what, n in (("layers", 1), ("ffn_dim", 16))}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
    detr = transformers.DetrConfig(
        use_timm_backbone=False, backbone_config=trunk, d_model=16, num_queries=6, **sizes, **heads, **labels
    )
    yolos = transformers.YolosConfig(image_size=[32, 32], patch_size=8, num_detection_tokens=5, **BLOCKS, **labels)
    square = {"height": 32, "width": 32}
    saved(root / "detr", transformers.DetrForObjectDetection(detr), transformers.DetrImageProcessor(size=square))
    saved(root / "yolos", transformers.YolosForObjectDetection(yolos), transformers.YolosImageProcessor(size=square))
    return root


@pytest.fixture
def pixels():
    return torch.randint(0, 256, (5, 3, 40, 60), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", ["detr", "yolos"])
def test_detections_are_those_of_the_model_itself(folders, pixels, kind):
    detector = load_detector(f"hf:{folders / kind}", "cpu")
    detector.batch_size = 2
    found = detector(pixels)
    model = transformers.AutoModelForObjectDetection.from_pretrained(folders / kind)
    processor = transformers.AutoImageProcessor.from_pretrained(folders / kind)
    for picture, one in zip(pixels, found, strict=True):
        with torch.inference_mode():
            outputs = model(pixel_values=processor(images=picture, return_tensors="pt")["pixel_values"])
        share, label = outputs.logits[0].softmax(-1)[:, :-1].max(-1)
        x, y, w, h = (outputs.pred_boxes[0] * torch.tensor([60, 40, 60, 40])).unbind(-1)
        boxes = torch.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], -1).numpy().clip(0, (60, 40, 60, 40))
        one.check()
        assert one.names.tolist() == [geneval_name(LABELS[place]) for place in label.tolist()]
        np.testing.assert_allclose(one.confidences, share.numpy(), atol=1e-5)
        np.testing.assert_allclose(one.boxes, boxes, atol=1e-3)
    assert detector.n_queries == len(pixels) and detector.task == "object-detection"
    assert detector(pixels[:0]) == []


def test_a_folder_needs_no_scheme_and_knows_its_classes(folders):
    detector = load_detector(str(folders / "yolos"), "cpu")
    detector.check_classes(["person", "computer mouse", "tv"])
    with pytest.raises(UsageError, match="cannot find cow, tv remote, which the rules ask for; take one of COCO"):
        detector.check_classes(["tv", "tv remote", "cow"])


def test_what_is_no_detector_is_one_line(folders, pixels, tmp_path):
    detector = load_detector(str(folders / "yolos"), "cpu")
    with pytest.raises(UsageError, match="takes uint8 pixels"):
        detector(pixels.float())
    with pytest.raises(UsageError, match="write hf:ORG/NAME, or a folder"):
        load_detector("timm:resnet18")
    with pytest.raises(UsageError, match="no option branch; known: revision"):
        load_detector(f"hf:{folders / 'yolos'}?branch=main")
    with pytest.raises(UsageError, match="CLIPModel, which is no object detector"):
        load_detector(str(hf_folder(tmp_path / "clip", "CLIPModel")))
    with pytest.raises(UsageError, match="there is no folder"):
        load_detector(f"hf:{folders / 'detrr'}")


def test_nothing_is_looked_up_on_the_hub(folders, tmp_path):
    folder = shutil.copytree(folders / "detr", tmp_path / "detr")
    config = json.loads((folder / "config.json").read_text())
    config |= {"backbone_config": None, "backbone": "resnet18", "backbone_kwargs": {"in_chans": 3}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UsageError, match="looks up on the hub"):
        load_detector(str(folder))


def test_spoilt_weights_are_one_line(folders, pixels):
    detector = load_detector(str(folders / "yolos"), "cpu")
    detector.module.class_labels_classifier.layers[-1].bias.data[0] = float("nan")
    with pytest.raises(UsageError, match="NaN or infinite class scores"):
        detector(pixels)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("mouse", "computer mouse"),
        ("keyboard", "computer keyboard"),
        ("remote", "tv remote"),
        ("Dining_Table", "dining table"),
        ("pottedplant", "potted plant"),
        ("motorbike", "motorcycle"),
        ("axolotl", "axolotl"),
        *((name, name) for name in NAMES),
    ],
)
def test_labels_become_the_names_of_the_prompts(label, name):
    assert geneval_name(label) == name


def test_a_crop_is_the_box_and_what_the_mask_leaves_out_is_grey():
    picture = torch.arange(3 * 8 * 10, dtype=torch.uint8).reshape(3, 8, 10)
    boxes = np.array([[2.4, 1, 5.6, 4], [-3, -2, 20, 30], [9.9, 7.9, 10, 8]])
    found = Detections(np.array(["cow"] * 3, object), np.ones(3), boxes)
    whole = picture.permute(1, 2, 0).numpy()
    first, last = crops(picture, found, np.array([1, 0])), crops(picture, found, np.array([2]))
    assert [crop.size for crop in first] == [(10, 8), (4, 3)] and last[0].size == (1, 1)
    np.testing.assert_array_equal(np.asarray(first[1]), whole[1:4, 2:6])
    masks = np.zeros((3, 8, 10), bool)
    masks[0, 2, 3] = True
    masked = np.asarray(crops(picture, found._replace(masks=masks), np.array([0]))[0])
    expected = np.full((3, 4, 3), 0x99)
    expected[1, 1] = whole[2, 3]
    np.testing.assert_array_equal(masked, expected)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = hf_folder(tmp_path_factory.mktemp("clip") / "clip", "CLIPModel")
    return load_colour_reader(f"hf:{folder}?backend=pil", ("red", "blue"), "cpu")


def test_colours_are_those_of_the_nearest_mean_of_texts(reader):
    rng = np.random.default_rng(0)
    some = [Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8)) for _ in range(6)]
    names = ["cat", "dog", "cat", "cow", "dog", "cat"]
    # The tiny tower reads sixteen letters, which the three templates exceed.
    with pytest.raises(UsageError, match="cannot read a text as long as 'a photo of a red-colored cat'"):
        reader(some, names)
    asked = []

    class Texts:
        task, name = "feature-extraction", "texts"

        def prepare(self, text):
            return text

        def __call__(self, texts):
            asked.extend(texts)
            short = reader.texts([text[-9:] for text in texts])
            return type(short)(short.embeddings, short.features, np.zeros(len(texts), bool))

    told = ColourReader(reader.pictures, Texts(), ("red", "blue"))(some, names)
    assert asked[:3] == ["a photo of a red cat", "a photo of a red-colored cat", "a photo of a red object"]
    assert len(asked) == 3 * 6  # a class is asked about once
    for crop, name, colour in zip(some, names, told, strict=True):
        picture = reader.pictures(reader.pictures.prepare(crop)[None]).features[0]
        fits = {}
        for other in ("red", "blue"):
            texts = [
                f"a photo of a {other} {name}",
                f"a photo of a {other}-colored {name}",
                f"a photo of a {other} object",
            ]
            mean = reader.texts([text[-9:] for text in texts]).features.mean(dim=0)
            fits[other] = float(picture @ mean / mean.norm())
        assert colour == max(fits, key=fits.get)


def test_no_crop_has_no_colour_and_towers_are_checked(reader):
    assert reader([], []) == []
    with pytest.raises(UsageError, match="is no encoder of texts"):
        ColourReader(reader.pictures, reader.pictures, ("red",))
    with pytest.raises(UsageError, match="is no encoder of pictures"):
        ColourReader(reader.texts, reader.texts, ("red",))
