import copy
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from failscape.errors import UsageError
from failscape.targets import Summarizer, load_target
from tests.support.tiny_text import tiny_causal, tiny_seq2seq

ARTICLES = [
    "The fire on Mill Road destroyed two barns.",
    "Rain.",
    "A dog was found. " * 40,
    "Nobody was hurt, said the police of Ashford.",
    "The fire on Mill Road destroyed two barns.",
    "A late train",
    "It snows.",
]
MAKE = {
    "t5": lambda folder: tiny_seq2seq(folder, "t5"),
    "bart": lambda folder: tiny_seq2seq(folder, "bart"),
    "pegasus": lambda folder: tiny_seq2seq(folder, "pegasus"),
    "llama": lambda folder: tiny_causal(folder, "llama"),
    "gpt2": lambda folder: tiny_causal(folder, "gpt2", chat=False),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("summarizers")
    return {kind: make(root / kind) for kind, make in MAKE.items()}


@pytest.fixture(params=MAKE)
def target(folders, request):
    return load_target(f"hf:{folders[request.param]}", "cpu")


@pytest.fixture
def bart(folders):
    return load_target(f"hf:{folders['bart']}", "cpu")


def test_answers_a_batch(target):
    answer = target(np.array(ARTICLES, dtype=object))
    assert isinstance(target, Summarizer) and target.n_queries == len(ARTICLES)
    assert answer.texts.shape == (7,) and answer.texts.dtype == object
    assert all(type(text) is str for text in answer.texts) and len(set(answer.texts)) > 3
    assert answer.features.shape == (7, 16) and answer.features.dtype == torch.float32
    assert answer.input_truncated.tolist() == [False, False, True, False, False, False, False]


def test_a_batch_equals_one_by_one_in_any_order(target):
    answer = target(ARTICLES)
    singles = [target([article]) for article in ARTICLES]
    assert answer.texts.tolist() == [single.texts[0] for single in singles]
    torch.testing.assert_close(answer.features, torch.cat([single.features for single in singles]))
    turned = target(ARTICLES[::-1])
    assert turned.texts.tolist() == answer.texts.tolist()[::-1]
    torch.testing.assert_close(turned.features, answer.features.flip(0))


def test_micro_batches_change_nothing(target):
    answer = target(ARTICLES)
    target.batch_size = 2
    parts = target(ARTICLES)
    assert parts.texts.tolist() == answer.texts.tolist()
    torch.testing.assert_close(parts.features, answer.features)


def test_the_same_twice_without_touching_chance(target):
    torch.manual_seed(3)
    state = torch.get_rng_state()
    one, two = target(ARTICLES), target(ARTICLES, seeds=range(7))
    assert one.texts.tolist() == two.texts.tolist() and torch.equal(one.features, two.features)
    assert torch.equal(torch.get_rng_state(), state)


def test_is_frozen_and_left_clean(target):
    target(ARTICLES[:2])
    assert not target.module.training and not any(p.requires_grad for p in target.module.parameters())
    hooks = [layer for layer in target.module.modules() if layer._forward_hooks or layer._forward_pre_hooks]
    assert not hooks


def test_blank_articles_are_not_asked(target):
    target.write = None  # would fail if it were
    answer = target(["", " \n"])
    assert answer.texts.tolist() == ["", ""] and not answer.input_truncated.any()
    assert torch.equal(answer.features, torch.zeros(2, 16)) and target.n_queries == 2
    nothing = target([])
    assert nothing.texts.shape == (0,) and nothing.features.shape == (0, 16) and nothing.input_truncated.shape == (0,)


def test_equal_articles_are_read_once_and_counted(bart):
    read = []
    hook = bart.module.get_encoder().register_forward_hook(lambda _, __, states: read.append(states[0].shape[0]))
    bart(["one", "two", "one", "", "one"])
    hook.remove()
    assert read == [2] and bart.n_queries == 5


def test_the_longest_go_first_with_others_of_like_length(bart):
    read = []
    bart.module.get_encoder().register_forward_hook(lambda _, __, states: read.append(tuple(states[0].shape[:2])))
    bart.batch_size = 2
    bart(["aa", "b" * 30, "c", "d" * 20])
    assert read == [(2, 32), (2, 4)]  # letters, beginning and end


def test_recovers_where_memory_is_short(bart):
    expected, write, most = bart(ARTICLES), bart.write, 2

    def short(module, tokens):
        if len(tokens["input_ids"]) > most:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return write(module, tokens)

    bart.write = short
    answer = bart(ARTICLES)
    assert answer.texts.tolist() == expected.texts.tolist() and bart.batch_size == 1  # 6 -> 3 -> 1
    most = 0
    with pytest.raises(
        UsageError, match=r"one article of \d+ characters does not fit into the memory of cpu; try --device"
    ):
        bart(ARTICLES)


def test_features_that_are_not_finite(bart):
    write = bart.write

    def broken(module, tokens):
        written = write(module, tokens)
        written.features[0] = torch.nan
        return written

    bart.write = broken
    with pytest.raises(
        UsageError, match=r"gives NaN or infinite features for 2 of 4 samples \(50.%\); check its weights"
    ):
        bart(["the longest of all", "short", "the longest of all", ""])
    assert bart.n_queries == 0


@pytest.mark.parametrize("articles", ["text", np.array("text"), None, [3], [("a", "b")]])
def test_what_is_no_batch_of_texts(bart, articles):
    with pytest.raises(UsageError, match=r"takes a list or an array of texts"):
        bart(articles)


def test_pickles_and_copies(target):
    expected = target(ARTICLES)
    for other in (pickle.loads(pickle.dumps(target)), copy.deepcopy(target)):
        answer = other(ARTICLES)
        assert answer.texts.tolist() == expected.texts.tolist() and torch.equal(answer.features, expected.features)


def test_prepare_cuts_the_article_to_what_is_read(target):
    long = ARTICLES[2]
    article, reference = target.prepare((long, "A dog."))
    assert long.startswith(article) and long[len(article)] == " " and reference == "A dog."
    assert target.fits(article) and not target.fits(long)
    assert target.prepare((article, "")) == (article, "")
    assert target([article]).texts[0] == target([long]).texts[0]
    assert not target([article]).input_truncated[0]
    assert target.prepare(("short", "r")) == ("short", "r")


def test_half_precision_gives_float32_features(target):
    half = Summarizer(copy.deepcopy(target.module), target.reader, target.write, device="cpu", dtype=torch.bfloat16)
    answer = half(ARTICLES)
    assert half.module.dtype == torch.bfloat16 and target.module.dtype == torch.float32
    assert answer.features.dtype == torch.float32
    torch.testing.assert_close(answer.features, target(ARTICLES).features, atol=0.1, rtol=0.1)


@pytest.mark.gpu
def test_on_a_gpu(target):
    there = load_target(target.name, "cuda")
    assert there.dtype == torch.bfloat16 and there.encode(ARTICLES)["input_ids"].is_cuda
    answer, again = there(ARTICLES), there(ARTICLES)
    assert answer.texts.tolist() == again.texts.tolist() and answer.features.is_cuda
    torch.testing.assert_close(answer.features.cpu(), target(ARTICLES).features, atol=0.1, rtol=0.1)


def test_repr_is_one_honest_line(bart):
    millions = sum(parameter.numel() for parameter in bart.module.parameters()) / 1e6
    assert repr(bart) == f"Summarizer({bart.name}, 64 tokens, {millions:.3g} M parameters, cpu)"


def test_weights_from_a_file(target, folders, tmp_path):
    folder = target.name.removeprefix("hf:")
    expected = target(ARTICLES)
    shared = {}
    for key, value in target.module.state_dict().items():  # as safetensors wants it: tied weights once
        shared.setdefault(value.data_ptr(), (key, torch.zeros_like(value)))
    save_file(dict(shared.values()), tmp_path / "zero.safetensors")
    zero = load_target(f"hf:{folder}?weights={tmp_path}/zero.safetensors", "cpu")
    assert not any(parameter.any() for parameter in zero.module.parameters())
    own = load_target(f"hf:{folder}?weights={folder}/model.safetensors", "cpu")
    assert own(ARTICLES).texts.tolist() == expected.texts.tolist()


def test_other_weights_make_a_second_summarizer(target):
    expected = target(ARTICLES)
    twin = target.with_weights({name: torch.zeros_like(weight) for name, weight in target.module.state_dict().items()})
    assert twin.n_queries == 0 and twin.name == target.name and not any(p.any() for p in twin.module.parameters())
    assert twin(ARTICLES).texts.shape == expected.texts.shape
    assert target(ARTICLES).texts.tolist() == expected.texts.tolist()


def test_a_weights_file_of_another_model(folders):
    with pytest.raises(UsageError, match="does not fit BartForConditionalGeneration: keys"):
        load_target(f"hf:{folders['bart']}?weights={folders['t5']}/model.safetensors")
