import json
import shutil

import pytest
import torch
import transformers

from failscape.errors import UsageError
from failscape.targets import list_targets, load_target
from failscape.targets.summarizers.generation import generation_config
from tests.support.tiny_text import SEQ2SEQ, tiny_seq2seq, tiny_tokenizer

ARTICLES = ["A barn burned down.", "No", "The police were late, again.", "It rains"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("seq2seq")
    return {kind: tiny_seq2seq(root / kind, kind) for kind in SEQ2SEQ}


@pytest.fixture
def folder(folders, tmp_path):
    """A copy of the BART that a test may spoil."""
    return shutil.copytree(folders["bart"], tmp_path / "bart")


def change(folder, file="config.json", **values):
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("kind", SEQ2SEQ)
def test_equals_the_library_used_by_hand(folders, kind, beams):
    target = load_target(f"hf:{folders[kind]}?beams={beams}&max_tokens=9", "cpu")
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folders[kind])
    tokenizer = transformers.AutoTokenizer.from_pretrained(folders[kind])
    answer = target(ARTICLES)
    for article, text, features in zip(ARTICLES, answer.texts, answer.features, strict=True):
        ids = tokenizer(article, return_tensors="pt").input_ids
        with torch.inference_mode():
            written = model.generate(ids, num_beams=beams, max_new_tokens=9)
            torch.testing.assert_close(features, model.get_encoder()(ids).last_hidden_state[0].mean(0))
        assert text == tokenizer.decode(written[0], skip_special_tokens=True).strip()


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("kind", SEQ2SEQ)
@pytest.mark.parametrize(
    "rules",
    [
        {"encoder_repetition_penalty": 3.0},
        {"encoder_repetition_penalty": 0.3},
        {"encoder_no_repeat_ngram_size": 1},
        {"encoder_no_repeat_ngram_size": 2, "encoder_repetition_penalty": 1.5, "repetition_penalty": 1.2},
    ],
)
def test_rules_that_look_at_the_article_equal_the_library_used_by_hand(folders, kind, beams, rules, tmp_path):
    place = shutil.copytree(folders[kind], tmp_path / kind, dirs_exist_ok=True)
    change(place, "generation_config.json", **rules)
    target = load_target(f"hf:{place}?beams={beams}&max_tokens=9", "cpu")
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(place)
    tokenizer = transformers.AutoTokenizer.from_pretrained(place)
    for article, text in zip(ARTICLES, target(ARTICLES).texts, strict=True):
        with torch.inference_mode():
            ids = tokenizer(article, return_tensors="pt").input_ids
            written = model.generate(ids, num_beams=beams, max_new_tokens=9)
        assert text == tokenizer.decode(written[0], skip_special_tokens=True).strip()


def test_rules_that_look_at_the_article_are_heard(folders, folder):
    plain = load_target(f"hf:{folders['bart']}", "cpu")(ARTICLES).texts
    change(folder, "generation_config.json", encoder_repetition_penalty=50.0)
    assert load_target(f"hf:{folder}", "cpu")(ARTICLES).texts.tolist() != plain.tolist()


@pytest.mark.parametrize("kind", SEQ2SEQ)
def test_the_encoder_runs_once(folders, kind):
    target = load_target(f"hf:{folders[kind]}?beams=2", "cpu")
    runs = []
    target.module.get_encoder().register_forward_hook(lambda *_: runs.append(1))
    target(ARTICLES)
    assert len(runs) == 1


def test_loading_and_answering_are_quiet(folders, capfd):
    for kind in SEQ2SEQ:
        for options in ("", "?beams=3&max_tokens=4&min_tokens=2", "?beams=1&min_tokens=0"):
            load_target(f"hf:{folders[kind]}{options}", "cpu")(ARTICLES)
    assert capfd.readouterr() == ("", "")


def test_length_options(folders):
    pegasus = load_target(f"hf:{folders['pegasus']}", "cpu")
    exact = load_target(f"hf:{folders['pegasus']}?min_tokens=6&max_tokens=6", "cpu")
    shortest = min(len(text) for text in pegasus(ARTICLES).texts)
    with torch.inference_mode():
        written = exact.write(exact.module, exact.encode(ARTICLES)).tokens
    assert shortest < 12 and written.shape == (4, 7)  # with the decoder's first token
    assert not (written[:, 1:6] == exact.tokenizer.eos_token_id).any()


def test_what_the_model_says_of_summaries(folder):
    """As bart-large-cnn and T5 have it: a generation config, and parameters for the task that go before."""
    task = {"max_length": 9, "min_length": 4, "num_beams": 2, "length_penalty": 2.0, "prefix": "sum: "}
    change(folder, task_specific_params={"summarization": task, "translation": {"max_length": 99}})
    change(folder, "generation_config.json", num_beams=4, no_repeat_ngram_size=3, max_new_tokens=None)
    target = load_target(f"hf:{folder}", "cpu")
    config = target.module.generation_config
    assert (config.num_beams, config.max_new_tokens, config.min_new_tokens) == (2, 8, 3)
    assert config.no_repeat_ngram_size == 3 and config.length_penalty == 2 and config.max_length is None
    assert target.reader.before == "sum: "
    assert target.tokenizer.decode(target.encode(["x"])["input_ids"][0]) == "<s>sum: x</s>"
    other = load_target(f"hf:{folder}?beams=1&max_tokens=2&prefix=", "cpu")
    config = other.module.generation_config
    assert (config.num_beams, config.max_new_tokens, config.min_new_tokens) == (1, 2, 2)
    assert config.length_penalty is None and other.reader.before == ""
    other(ARTICLES)
    assert load_target(f"hf:{folder}?prefix=a b: ", "cpu").reader.before == "a b: "


def test_greedy_and_short_where_nothing_is_said(folder, tmp_path):
    (folder / "generation_config.json").unlink()
    config = load_target(f"hf:{folder}", "cpu").module.generation_config
    assert (config.num_beams, config.max_new_tokens, config.min_new_tokens) == (1, 63, None)  # of 64 positions
    t5 = tiny_seq2seq(tmp_path / "t5", "t5", max_new_tokens=None)
    assert load_target(f"hf:{t5}", "cpu").module.generation_config.max_new_tokens == 64


def test_never_samples(folder, capfd):
    change(folder, "generation_config.json", do_sample=True, temperature=0.7, top_p=0.9, top_k=5)
    target = load_target(f"hf:{folder}", "cpu")
    assert target(ARTICLES).texts.tolist() == target(ARTICLES).texts.tolist()
    assert capfd.readouterr() == ("", "")


def test_max_input(folders):
    target = load_target(f"hf:{folders['t5']}?max_input=12&prefix=x ", "cpu")
    answer = target(["one two three four", "one two"])
    assert answer.input_truncated.tolist() == [True, False] and target.prepare(("one two three", ""))[0] == "one two"
    assert target.encode(["one two three four"])["input_ids"].shape == (1, 10)
    assert load_target(f"hf:{folders['t5']}?max_input=200", "cpu").fits("x" * 199)  # T5 counts no positions


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("beams=0", "beams is a whole number from 1, not '0'"),
        ("beams=two", "beams is a whole number from 1, not 'two'"),
        ("max_tokens=-3", "max_tokens is a whole number from 1, not '-3'"),
        ("min_tokens=9&max_tokens=8", "min_tokens=9 is more than max_tokens=8"),
        ("max_tokens=64", "max_tokens=64 is more than the model can write: 63"),
        ("max_input=65", "max_input=65 is more than the model can read: 64"),
        ("max_input=1", "max_input=1 leaves no room for an article"),
        ("beam=4", "is a summarizer, with no option 'beam'; did you mean beams"),
        ("revisions=v1", "is a summarizer, with no option 'revisions'; did you mean revision"),
        ("classes=a.txt", "is a summarizer, with no option 'classes'; known: beams, max_input"),
    ],
)
def test_options_out_of_range(folders, options, message):
    with pytest.raises(UsageError, match=message) as info:
        load_target(f"hf:{folders['bart']}?{options}", "cpu")
    assert "\n" not in str(info.value)


def test_a_model_that_writes_nothing(folder):
    state = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder)
    with torch.no_grad():
        state.final_logits_bias[0, 1] = 1e4  # the end
    state.save_pretrained(folder)
    answer = load_target(f"hf:{folder}", "cpu")(ARTICLES)
    assert answer.texts.tolist() == [""] * 4 and answer.features.any(dim=1).all()


def test_a_tokenizer_without_padding_pads_with_the_end(folder, folders):
    tiny_tokenizer(bos=True, pad=False).save_pretrained(folder)
    target = load_target(f"hf:{folder}", "cpu")
    assert target.tokenizer.pad_token == target.tokenizer.eos_token
    expected = load_target(f"hf:{folders['bart']}", "cpu")(ARTICLES)
    answer = target(ARTICLES)
    assert answer.texts.tolist() == expected.texts.tolist()
    torch.testing.assert_close(answer.features, expected.features)
    assert (target.encode_labels(["a", "abc"]) == -100).sum() == 2  # padding alone, not the end of a text


def test_a_tokenizer_with_neither_padding_nor_end(folder):
    tokenizer = tiny_tokenizer(eos=False, pad=False)
    tokenizer.eos_token = None
    tokenizer.save_pretrained(folder)
    with pytest.raises(UsageError, match="has neither a padding nor an end token; set its pad_token"):
        load_target(f"hf:{folder}")


def test_a_tokenizer_of_another_model(folder):
    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens(["surplus"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(UsageError, match=r"the tokenizer of hf:.* has 101 tokens, of which its model knows 100"):
        load_target(f"hf:{folder}")


def test_no_tokenizer_files(folder):
    for file in folder.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(UsageError, match=r"hf:.* has no tokenizer files .*; the tokenizer's save_pretrained writes"):
        load_target(f"hf:{folder}")


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_a_damaged_file(folder, file):
    (folder / file).write_bytes(b"{ junk")
    with pytest.raises(UsageError, match="cannot be loaded as a summarizer") as info:
        load_target(f"hf:{folder}")
    assert "\n" not in str(info.value)


def test_a_folder_of_another_kind(folder, tmp_path):
    with pytest.raises(UsageError, match=r"has no config\.json"):
        load_target(f"hf:{tmp_path}")
    change(folder, architectures=["BartForSequenceClassification"])
    with pytest.raises(
        UsageError, match="is a BartForSequenceClassification, which is neither an image classifier nor a"
    ):
        load_target(f"hf:{folder}")
    change(folder, architectures=["WhisperForConditionalGeneration"], model_type="whisper")
    with pytest.raises(UsageError, match="is a WhisperForConditionalGeneration, which is neither"):
        load_target(f"hf:{folder}")


def test_a_checkpoint_of_the_body_alone(folder):
    """As facebook/bart-base has it: the decoder's last layer is tied to what is there."""
    expected = load_target(f"hf:{folder}", "cpu")(ARTICLES)
    transformers.BartModel.from_pretrained(folder).save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["architectures"] == ["BartModel"]
    assert load_target(str(folder), "cpu")(ARTICLES).texts.tolist() == expected.texts.tolist()


def test_weights_without_a_decoder(tmp_path):
    folder = tiny_seq2seq(tmp_path / "t5", "t5")
    transformers.T5EncoderModel.from_pretrained(folder).save_pretrained(tmp_path / "body")
    shutil.copy(tmp_path / "body" / "model.safetensors", folder)
    with pytest.raises(UsageError, match=r"is a base model without a trained decoder: its weights lack decoder\."):
        load_target(f"hf:{folder}")


@pytest.mark.parametrize("kind", SEQ2SEQ)
def test_labels_teach_what_is_not_padding(folders, kind):
    target = load_target(f"hf:{folders[kind]}?max_tokens=20", "cpu")
    references = ["A barn burned.", "No."]
    labels = target.encode_labels(references)
    lengths = (labels != -100).sum(1)
    assert [target.tokenizer.decode(row[row != -100], skip_special_tokens=True) for row in labels] == references
    batch = target.module(**target.encode(ARTICLES[:2]), labels=labels).loss
    singles = [
        target.module(**target.encode([article]), labels=target.encode_labels([reference])).loss
        for article, reference in zip(ARTICLES, references, strict=False)
    ]
    torch.testing.assert_close(batch, sum(n * loss for n, loss in zip(lengths, singles, strict=True)) / lengths.sum())


def test_references_are_cut_to_what_may_be_written_and_end(folders):
    """Not to what may be read: that can be less."""
    target = load_target(f"hf:{folders['bart']}?max_input=8&max_tokens=12", "cpu")
    (labels,) = target.encode_labels(["a" * 40])
    assert len(labels) == 12 and labels[-1] == target.tokenizer.eos_token_id


def test_the_config_does_not_change_the_models_own(folders):
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folders["bart"])
    before = model.generation_config.to_dict()
    generation_config(model, tiny_tokenizer(), beams=5)
    assert model.generation_config.to_dict() == before


def test_a_mended_model_saves_and_loads(folders, tmp_path):
    target = load_target(f"hf:{folders['t5']}?beams=2&max_tokens=5&min_tokens=2", "cpu")
    target.module.save_pretrained(tmp_path / "again")
    target.tokenizer.save_pretrained(tmp_path / "again")
    again = load_target(f"hf:{tmp_path}/again", "cpu")
    assert again(ARTICLES).texts.tolist() == target(ARTICLES).texts.tolist()


def test_is_listed():
    assert "summarizers" in dict(list_targets())["hf:NAME"]
