import json
import shutil

import pytest
import torch
import transformers
from huggingface_hub.errors import LocalEntryNotFoundError

from failscape.errors import UsageError
from failscape.targets import hub, load_target

LABELS = {0: "stop", 1: "yield", 2: "rain"}


def tiny(kind):
    torch.manual_seed(0)
    if kind == "vit":
        config = transformers.ViTConfig(
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            image_size=32,
            patch_size=8,
        )
        return transformers.ViTForImageClassification, config, transformers.ViTImageProcessor
    if kind == "resnet":
        config = transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
        return transformers.ResNetForImageClassification, config, transformers.ViTImageProcessor
    config = transformers.ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2)
    return transformers.ConvNextForImageClassification, config, transformers.ConvNextImageProcessor


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """One saved model per architecture."""
    root = tmp_path_factory.mktemp("hf")
    for kind in ("vit", "resnet", "convnext"):
        model_class, config, processor_class = tiny(kind)
        config.id2label, config.label2id = LABELS, {label: i for i, label in LABELS.items()}
        size = {"shortest_edge": 32} if kind == "convnext" else {"height": 32, "width": 32}
        model_class(config).half().save_pretrained(root / kind)  # published weights often are
        processor_class(size=size).save_pretrained(root / kind)
    return root


@pytest.fixture
def folder(folders, tmp_path):
    """A copy of the ViT that a test may spoil."""
    return shutil.copytree(folders / "vit", tmp_path / "vit")


@pytest.fixture
def batch():
    return torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def penultimate(kind, module, pixels):
    if kind == "vit":
        return module.vit(pixels).last_hidden_state[:, 0]
    body = module.resnet if kind == "resnet" else module.convnext
    return body(pixels).pooler_output.flatten(1)


@pytest.mark.parametrize("kind", ["vit", "resnet", "convnext"])
@pytest.mark.parametrize("scheme", ["hf:", ""])
def test_a_folder(folders, batch, kind, scheme):
    uri = f"{scheme}{folders / kind}"
    target = load_target(uri, "cpu")
    outputs = target(batch)
    assert target.name == uri and target.class_names == ("stop", "yield", "rain") and target.image_size == (3, 32, 32)
    assert outputs.logits.dtype == target.dtype == torch.float32
    with torch.inference_mode():
        pixels = target.transform.normalise(batch)
        torch.testing.assert_close(outputs.logits, target.module(pixels).logits)
        torch.testing.assert_close(outputs.features, penultimate(kind, target.module, pixels))


def test_a_folder_without_config(tmp_path):
    with pytest.raises(UsageError, match=r"has no config.json"):
        load_target(f"hf:{tmp_path}")


def test_a_missing_folder_names_the_closest(folders):
    with pytest.raises(UsageError, match=r"there is no folder .*convnex; did you mean .*convnext?"):
        load_target(f"hf:{folders}/convnex")


def test_pickled_weights_load_where_they_are_nothing_but_tensors(folder, batch):
    expected = load_target(str(folder), "cpu")(batch).logits
    state = load_target(str(folder), "cpu").module.state_dict()
    (folder / "model.safetensors").unlink()
    with pytest.raises(UsageError, match=r"has no weights in .safetensors format"):
        load_target(str(folder))
    torch.save(state, folder / "pytorch_model.bin")
    torch.testing.assert_close(load_target(str(folder), "cpu")(batch).logits, expected)


class Malicious:
    def __reduce__(self):
        return (print, ("this code ran",))


def test_a_malicious_pickle_is_refused(folder, capsys):
    (folder / "model.safetensors").unlink()
    torch.save({"classifier.weight": Malicious()}, folder / "pytorch_model.bin")
    with pytest.raises(UsageError, match="holds more than tensors, which could run code"):
        load_target(str(folder))
    assert "this code ran" not in capsys.readouterr().out


def test_loading_is_quiet(folder, capfd):
    load_target(str(folder), "cpu")
    assert capfd.readouterr() == ("", "")


def test_a_base_model_without_a_classifier(folder):
    transformers.ViTModel.from_pretrained(folder).save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"architectures": ["ViTModel"]}))
    with pytest.raises(UsageError, match=r"without a trained classifier: its weights lack classifier.bias"):
        load_target(str(folder))


def test_several_labels_per_picture_are_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "problem_type": "multi_label_classification"}))
    with pytest.raises(UsageError, match=r"any number of labels .* take a classifier of one label") as refused:
        load_target(f"hf:{folder}", "cpu")
    assert "\n" not in str(refused.value)


def test_a_model_of_another_kind(folder):
    transformers.BertConfig().save_pretrained(folder)
    with pytest.raises(UsageError, match=r"cannot be loaded as an image classifier: .*BertConfig"):
        load_target(str(folder))


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "preprocessor_config.json"])
def test_a_damaged_file(folder, file):
    (folder / file).write_bytes(b"{ junk")
    with pytest.raises(UsageError, match="cannot be loaded as an image classifier"):
        load_target(str(folder))


def test_a_missing_processor(folder):
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(UsageError, match=r"cannot be loaded as an image classifier: .*preprocessor_config.json"):
        load_target(str(folder))


def test_code_in_a_repository_is_never_run(folder):
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.C", "AutoModelForImageClassification": "own.M"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text("raise SystemExit('this code ran')")
    with pytest.raises(UsageError, match="cannot be loaded as an image classifier"):
        load_target(str(folder))


@pytest.fixture
def offline(monkeypatch):
    def unreachable(*args, **kwargs):
        raise LocalEntryNotFoundError("offline")

    monkeypatch.setattr(hub, "snapshot_download", unreachable)


def test_not_cached_and_offline(offline):
    with pytest.raises(UsageError) as info:
        load_target("hf:google/vit-base-patch16-224")
    assert str(info.value) == (
        "hf:google/vit-base-patch16-224 is not in the local cache and the hub cannot be reached\n"
        "       download it elsewhere with `hf download google/vit-base-patch16-224` "
        "and pass the folder: --target hf:path/to/folder"
    )


def test_what_cannot_be_a_name():
    with pytest.raises(UsageError, match="neither a folder nor a name on the hub"):
        load_target("hf:a/b/c")


def test_from_the_cache(folders, monkeypatch, batch):
    asked = []

    def cached(repo, *, local_files_only=False, **options):
        asked.append((repo, local_files_only, options["revision"]))
        return str(folders / "vit")

    monkeypatch.setattr(hub, "snapshot_download", cached)
    target = load_target("hf:org/vit?revision=v1", "cpu")
    assert asked == [("org/vit", True, "v1")] and target(batch).logits.shape == (2, 3)


@pytest.mark.parametrize("option", ["beams=4", "prefix=a", "wieghts=b"])
def test_options_of_summarizers_are_refused_by_name(folder, option):
    with pytest.raises(UsageError, match=f"is an image classifier, with no option '{option.split('=')[0]}'"):
        load_target(f"hf:{folder}?{option}")
    with pytest.raises(UsageError, match=r"embedded:street-signs is an image classifier, with no option"):
        load_target(f"embedded:street-signs?{option}")


def test_embedded_names_the_closest():
    with pytest.raises(UsageError, match="no embedded target 'street-sings'"):
        load_target("embedded:street-sings")


@pytest.mark.parametrize("name", ["street-signs"])
def test_embedded(name):
    target = load_target(f"embedded:{name}", "cpu")
    outputs = target(torch.zeros(2, *target.image_size, dtype=torch.uint8))
    assert outputs.logits.shape == (2, len(target.class_names)) and target.name == f"embedded:{name}"
