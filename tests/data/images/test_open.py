"""What the user types to name data."""

from failscape.common.uri import parse_uri
from failscape.data.images.open import open_source
from tests.support.datasets import png, refusal


def test_specifications():
    assert parse_uri("torchvision:CIFAR10?root=/a/c++%20x&split=test")[1:] == (
        "CIFAR10",
        {"root": "/a/c++%20x", "split": "test"},
    )
    assert parse_uri("photos/what?")[:2] == ("", "photos/what?")
    assert parse_uri(r"C:\photos").scheme == ""


def test_an_unknown_scheme_names_the_closest():
    message = "there is no folder tochvision:CIFAR10 and no kind of data 'tochvision'; did you mean torchvision?"
    assert refusal("tochvision:CIFAR10") == message


def test_a_folder_may_be_called_like_a_scheme(tmp_path, monkeypatch):
    (tmp_path / "hf:pets" / "cat").mkdir(parents=True)
    (tmp_path / "hf:pets" / "cat" / "1.png").write_bytes(png((1, 2, 3)))
    monkeypatch.chdir(tmp_path)
    assert open_source("hf:pets", ["cat"]).names == ["cat/1.png"]


def test_the_street_world():
    from failscape.data.street import SIGNS

    source = open_source("street:?n=3&seed=1&size=32", SIGNS[::-1])
    straight = open_source("street:?n=3&seed=1&size=32", SIGNS)
    assert (source.labels + straight.labels).tolist() == [len(SIGNS) - 1] * 3
    assert source.load(0).size == (32, 32) and source.names == straight.names
    assert "street: has no option sed; did you mean seed?" in refusal("street:?sed=1")
    assert "n is 'many'; write a whole number" in refusal("street:?n=many")
    assert "street:night is no part of the street world" in refusal("street:night")
