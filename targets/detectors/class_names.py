"""The 80 classes of COCO as GenEval calls them, whatever a detector calls them.

GenEval's names are COCO's but for three, which a prompt would leave open: ``computer mouse``, ``computer keyboard`` and
``tv remote``. Detectors differ in case, hyphens and spaces, and some use the older names of Pascal VOC.
"""

from __future__ import annotations

NAMES = (
    *("airplane", "apple", "backpack", "banana", "baseball bat", "baseball glove", "bear", "bed", "bench", "bicycle"),
    *("bird", "boat", "book", "bottle", "bowl", "broccoli", "bus", "cake", "car", "carrot", "cat", "cell phone"),
    *("chair", "clock", "computer keyboard", "computer mouse", "couch", "cow", "cup", "dining table", "dog", "donut"),
    *("elephant", "fire hydrant", "fork", "frisbee", "giraffe", "hair drier", "handbag", "horse", "hot dog", "kite"),
    *("knife", "laptop", "microwave", "motorcycle", "orange", "oven", "parking meter", "person", "pizza"),
    *("potted plant", "refrigerator", "sandwich", "scissors", "sheep", "sink", "skateboard", "skis", "snowboard"),
    *("spoon", "sports ball", "stop sign", "suitcase", "surfboard", "teddy bear", "tennis racket", "tie", "toaster"),
    *("toilet", "toothbrush", "traffic light", "train", "truck", "tv", "tv remote", "umbrella", "vase", "wine glass"),
    "zebra",
)
OTHER_NAMES = {
    "aeroplane": "airplane",
    "cellular telephone": "cell phone",
    "doughnut": "donut",
    "hair dryer": "hair drier",
    "keyboard": "computer keyboard",
    "mobile phone": "cell phone",
    "motorbike": "motorcycle",
    "mouse": "computer mouse",
    "remote": "tv remote",
    "remote control": "tv remote",
    "sofa": "couch",
    "television": "tv",
    "tv monitor": "tv",
}


def _letters(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


_BY_LETTERS = {_letters(name): name for name in NAMES} | {_letters(other): name for other, name in OTHER_NAMES.items()}


def geneval_name(label: str) -> str:
    """GenEval's name of a detector's label: ``TV-monitor`` is ``tv``; a label of no such class stays as it is."""
    return _BY_LETTERS.get(_letters(label), label)
