"""Any object detector of Hugging Face transformers: DETR, RT-DETR, YOLOS and what else has such a head.

Shapes: ``B`` batch, ``D`` detections, ``H, W`` picture.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoImageProcessor, AutoModelForObjectDetection
from transformers.models.auto.modeling_auto import MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES as DETECTORS

from failscape.common.format import a_few
from failscape.common.safe_open import regular_below
from failscape.common.uri import Uri, check_options, parse_uri
from failscape.errors import UsageError, did_you_mean
from failscape.targets import pretrained
from failscape.targets.batching import check_finite, check_pixels, micro_batches, resolve_device
from failscape.targets.detectors.class_names import geneval_name
from failscape.targets.detectors.detections import Detections
from failscape.targets.huggingface import folder_of

KIND = "an object detector"


class Detector:
    """A frozen detector: pictures in, classes, confidences and boxes out.

    Boxes are read as the model's own processor reads them: DETR gives one class per box, RT-DETR several. There is no
    suppression of overlapping boxes in addition. Masks are not given. Confidences of two detectors mean different
    things: GenEval's thresholds were chosen for a Mask2Former.

    Args:
        module: Of ``AutoModelForObjectDetection``; it is frozen and moved to the device in place.
        processor: Its image processor.
        name: How messages call it.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda:1``, ...
        batch_size: Most pictures per forward; halves itself where the device's memory is too small.

    Raises:
        UsageError: For an unusable device.
    """

    task = "object-detection"

    def __init__(
        self, module: Any, processor: Any, *, name: str, device: str | torch.device = "auto", batch_size: int = 8
    ) -> None:
        self.name = name
        self.device = resolve_device(device)
        self.module = module.requires_grad_(False).eval().to(self.device)
        self.processor = processor
        self.labels = {index: geneval_name(str(label)) for index, label in module.config.id2label.items()}
        self.batch_size = batch_size
        self.n_queries = 0
        self._reads = set(inspect.signature(module.forward).parameters)  # YOLOS takes no mask of the padding

    def check_classes(self, names: Iterable[str]) -> None:
        """Refuse classes, as GenEval calls them, that the detector does not know.

        Raises:
            UsageError: There are some; it names them.
        """
        known = set(self.labels.values())
        unknown = sorted(set(names) - known)
        if unknown:
            hint = did_you_mean(unknown[0], known) if len(unknown) == 1 else ""
            raise UsageError(
                f"{self.name} cannot find {a_few(unknown)}, which the rules ask for{hint or '; take one of COCO'}"
            )

    def __call__(self, pixels: torch.Tensor) -> list[Detections]:
        """All detections of each picture ``(B, 3, H, W)`` uint8, however uncertain; boxes end at the picture's edge.

        Raises:
            UsageError: The pictures are of another type or shape, the answers are not finite, or the device's memory
                does not hold one picture.
        """
        check_pixels(self.name, pixels)
        parts, self.batch_size = micro_batches(
            lambda start, stop: self._detect(pixels[start:stop]),
            len(pixels),
            self.batch_size,
            f"{self.name}: one picture does not fit into the memory of {self.device}",
        )
        self.n_queries += len(pixels)
        return [found for part in parts for found in part]

    @torch.inference_mode()
    def _detect(self, pixels: torch.Tensor) -> list[Detections]:
        if not len(pixels):
            return []
        height, width = pixels.shape[-2:]
        read = self.processor(images=list(pixels.to(self.device)), return_tensors="pt").to(self.device)
        outputs = self.module(**{key: values for key, values in read.items() if key in self._reads})
        for what, values in (("class scores", outputs.logits), ("boxes", outputs.pred_boxes)):
            check_finite(self.name, values, what, "its weights")
        found = self.processor.post_process_object_detection(
            outputs, threshold=0.0, target_sizes=[(height, width)] * len(pixels)
        )
        return [self._detections(one, height, width) for one in found]

    def _detections(self, found: Any, height: int, width: int) -> Detections:
        labels, confidences, boxes = (found[key].cpu().numpy() for key in ("labels", "scores", "boxes"))
        names = np.array([self.labels[label] for label in labels.tolist()], object)
        boxes = boxes.astype(np.float64).clip(0, (width, height, width, height))
        return Detections(names, confidences.astype(np.float64).clip(0, 1), boxes)


def load_detector(uri: str, device: str = "auto") -> Detector:
    """The detector of a Hugging Face name or folder; its code is never executed.

    Args:
        uri: ``hf:ORG/NAME``, ``hf:FOLDER`` or a folder with ``config.json``; ``?revision=NAME`` of the hub.
        device: Where it runs.

    Raises:
        UsageError: There is none, it is no object detector, or it cannot be loaded.
    """
    parsed = Uri("hf", uri, {}) if (Path(uri) / "config.json").is_file() else parse_uri(uri)
    if parsed.scheme != "hf":
        raise UsageError(f"'{uri}' is no detector; write hf:ORG/NAME, or a folder in Hugging Face format")
    check_options(uri, parsed.options, ("revision",))
    folder = folder_of(parsed.name, uri, parsed.options.get("revision", ""))
    regular_below(folder)
    _check_config(pretrained.config(folder, uri), uri)
    config = pretrained.load(AutoConfig, folder, uri, KIND)
    module = pretrained.module(AutoModelForObjectDetection, folder, uri, KIND, "a trained detector", config=config)
    return Detector(module, pretrained.load(AutoImageProcessor, folder, uri, KIND), name=uri, device=device)


def _check_config(config: dict[str, Any], uri: str) -> None:
    """Refuse what is no detector, and what transformers would ask the hub about while it reads a folder."""
    architectures: Sequence[str] = config.get("architectures") or [""]
    if set(architectures).isdisjoint(DETECTORS.values()):
        raise UsageError(f"{uri} is {architectures[0] or 'of no named architecture'}, which is no object detector")
    if config.get("backbone_kwargs") and not config.get("backbone_config"):
        raise UsageError(
            f"{uri} names its backbone in a way that transformers looks up on the hub; load it once with the network "
            "and write it again by save_pretrained"
        )
