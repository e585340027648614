import copy
import importlib.metadata
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from failscape.errors import UsageError
from failscape.targets import Classifier, Preprocess, registry
from failscape.targets.base import device_of
from failscape.targets.registry import list_targets, load_target, register_target


def make_target(classes=2):
    module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, classes))
    return Classifier(
        module, Preprocess.resize(8, (0, 0, 0), (1, 1, 1)), [str(i) for i in range(classes)], device="cpu"
    )


@pytest.fixture(autouse=True)
def own_registry(monkeypatch):
    monkeypatch.setattr(registry, "_registered", copy.copy(registry._registered))
    registry._registered.clear()


@pytest.fixture
def acme():
    @register_target("acme")
    def load(name: str, device: str, *, classes: str = "2", colour: str = "") -> Classifier:
        """Acme's defect finders."""
        if name == "absent":
            open("/no/such/file.pth")  # noqa: SIM115
        target = make_target(int(classes))
        target.given = (name, device, colour)
        return target

    return load


def test_a_registered_scheme_loads_with_options(acme):
    target = load_target("acme:v2/a:b?classes=5&colour=a%26b+c", device="cpu")
    assert len(target.class_names) == 5 and target.given == ("v2/a:b", "cpu", "a%26b+c")
    assert target.name == "acme:v2/a:b?classes=5&colour=a%26b+c"
    assert ("acme:NAME", "Acme's defect finders.") in list_targets()


def test_unknown_option_names_the_closest(acme):
    with pytest.raises(UsageError, match="no option 'color'; did you mean colour"):
        load_target("acme:v2?color=red")


def test_malformed_options(acme):
    with pytest.raises(UsageError, match=r"acme:v2.red: 'red' is no option; write \?name=value"):
        load_target("acme:v2?red")


def test_options_of_a_loader_without_any():
    register_target("plain")(lambda name, device: make_target())
    with pytest.raises(UsageError, match="no option 'x'; it takes none"):
        load_target("plain:a?x=1")


def test_a_missing_file_of_a_loader_is_one_line(acme):
    with pytest.raises(UsageError, match=r"acme:absent: no such file: /no/such/file.pth"):
        load_target("acme:absent")


@pytest.mark.parametrize(("uri", "closest"), [("torchvison:alexnet", "torchvision"), ("acm:v2", "acme")])
def test_unknown_scheme_names_the_closest(acme, uri, closest):
    with pytest.raises(UsageError, match=f"no target scheme '{uri.split(':')[0]}'; did you mean {closest}?"):
        load_target(uri)


@pytest.mark.parametrize("uri", ["alexnet", ""])
def test_no_scheme(uri):
    with pytest.raises(UsageError, match="written like torchvision:alexnet"):
        load_target(uri)


def test_a_folder_without_config(tmp_path):
    with pytest.raises(UsageError, match=r"is a folder without config.json or model_index.json"):
        load_target(str(tmp_path))


def test_what_is_no_target_is_refused():
    register_target("odd")(lambda name, device: nn.Linear(1, 1))
    with pytest.raises(
        UsageError, match=r"odd:x: .* returns Linear, which is no target: it wants name, task, n_queries"
    ):
        load_target("odd:x")


def test_weights_are_for_targets_that_take_some(acme, tmp_path):
    target = load_target("acme:v2", "cpu")
    state = {name: torch.zeros_like(weight) for name, weight in target.module.state_dict().items()}
    save_file(state, tmp_path / "zero.safetensors")
    zero = load_target(f"acme:v2?weights={tmp_path / 'zero.safetensors'}", "cpu")
    batch = torch.full((2, 3, 8, 8), 9, dtype=torch.uint8)
    assert not zero(batch).logits.any() and target(batch).logits.any() and zero.name.startswith("acme:v2?weights=")

    class Endpoint:
        name, task, n_queries = "far", "image-classification", 0

        def __call__(self, inputs, seeds=None):
            raise AssertionError

    register_target("far")(lambda name, device: Endpoint())
    with pytest.raises(UsageError, match=r"takes no weights from a file; leave out \?weights="):
        load_target(f"far:x?weights={tmp_path / 'zero.safetensors'}")
    assert device_of(load_target("far:x")) == torch.device("cpu")
    with pytest.raises(UsageError, match=r"no weights file nowhere.safetensors"):
        load_target("acme:v2?weights=nowhere.safetensors")


def test_a_scheme_is_taken_once(acme):
    with pytest.raises(UsageError, match=r"'acme' is taken by .*load; choose another"):
        register_target("acme")(make_target)
    with pytest.raises(UsageError, match="'hf' is taken by"):
        register_target("hf")(make_target)
    assert register_target("acme")(acme) is acme  # the same function again


@pytest.mark.parametrize("scheme", ["A", "c", "my:x", "a b"])
def test_malformed_scheme(scheme):
    with pytest.raises(UsageError, match="is no target scheme"):
        register_target(scheme)


def test_entry_points(monkeypatch):
    points = [
        importlib.metadata.EntryPoint("third", f"{__name__}:make_target", "failscape.targets"),
        importlib.metadata.EntryPoint("broken", "no_such_module:load", "failscape.targets"),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == "failscape.targets" else [])
    monkeypatch.setattr(importlib.metadata.EntryPoint, "load", lambda self: load_point(self))
    assert len(load_target("third:3", "cpu").class_names) == 3
    with pytest.raises(UsageError, match=r"'broken' \(no_such_module:load\) cannot be loaded"):
        load_target("broken:x")
    with pytest.raises(UsageError, match="did you mean third"):
        load_target("thirt:x")
    assert "third:NAME" in dict(list_targets())


def load_point(point):
    if point.name == "broken":
        raise ModuleNotFoundError("No module named 'no_such_module'")
    return lambda name, device: make_target(int(name))


def test_lists_every_built_in_scheme():
    rows = dict(list_targets())
    assert {"torchvision:NAME", "timm:NAME", "hf:NAME"} <= set(rows)
    assert all(what and "\n" not in what for what in rows.values())


def test_listing_imports_no_framework():
    code = (
        "import sys, failscape.targets as t; t.list_targets(); "
        "assert not {'torch', 'torchvision', 'timm', 'transformers'} & set(sys.modules), 'listing'; "
        "t.Classifier, t.Preprocess, t.Outputs, t.Target; "
        "assert not {'torchvision', 'timm', 'transformers'} & set(sys.modules), 'classes'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_registered_targets_answer(acme):
    outputs = load_target("acme:v2", "cpu")(torch.zeros(4, 3, 8, 8, dtype=torch.uint8))
    assert outputs.logits.shape == (4, 2) and outputs.features.shape == (4, 3)
