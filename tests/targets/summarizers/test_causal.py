import pytest
import torch
import transformers

from failscape.errors import UsageError
from failscape.targets import load_target
from failscape.targets.summarizers.causal import INSTRUCTION
from tests.support.tiny_text import SIZE, tiny_causal, tiny_tokenizer

ARTICLES = ["A barn burned down.", "No", "The police were late, again.", "It rains " * 40]
KINDS = [("llama", True), ("gpt2", True), ("llama", False)]
PLAIN = "<s>Summarize the following text in one sentence.\n\nA barn\n\nSummary:"
CHAT = "<s>user\nSummarize the following text in one sentence.\n\nA barn</s>\n<s>assistant\n"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("causal")
    return {key: tiny_causal(root / f"{key[0]}{key[1]}", key[0], chat=key[1]) for key in KINDS}


@pytest.mark.parametrize(("key", "expected"), [(KINDS[0], CHAT), (KINDS[2], PLAIN)])
def test_the_prompt(folders, key, expected):
    target = load_target(f"hf:{folders[key]}", "cpu")
    assert target.tokenizer.decode(target.encode(["A barn"])["input_ids"][0]) == expected


def test_the_prompt_is_the_templates_own(folders):
    target = load_target(f"hf:{folders[KINDS[0]]}", "cpu")
    message = {"role": "user", "content": INSTRUCTION.format(article="A barn")}
    tokens = target.tokenizer.apply_chat_template([message], add_generation_prompt=True, return_tensors="pt")
    assert torch.equal(tokens["input_ids"], target.encode(["A barn"])["input_ids"])


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("key", KINDS)
def test_equals_the_library_used_by_hand(folders, key, beams):
    target = load_target(f"hf:{folders[key]}?beams={beams}&max_tokens=7", "cpu")
    model = transformers.AutoModelForCausalLM.from_pretrained(folders[key])
    answer = target(ARTICLES)
    for article, text, features in zip(ARTICLES, answer.texts, answer.features, strict=True):
        tokens = target.encode([article])
        with torch.inference_mode():
            written = model.generate(**tokens, num_beams=beams, max_new_tokens=7, pad_token_id=1)
            states = model(**tokens, output_hidden_states=True).hidden_states[-1]
        new = written[0, tokens["input_ids"].shape[1] :]
        assert text == target.tokenizer.decode(new, skip_special_tokens=True).strip()
        torch.testing.assert_close(features, states[0].mean(0))


def test_the_instruction_stays_whole_where_the_article_is_cut(folders):
    target = load_target(f"hf:{folders[KINDS[0]]}", "cpu")
    answer = target(ARTICLES)
    assert answer.input_truncated.tolist() == [False, False, False, True]
    tokens = target.encode(ARTICLES[3:])["input_ids"]
    assert 244 - len("It rains ") < tokens.shape[1] <= 244  # 256 positions, 12 of them for the summary
    assert target.tokenizer.decode(tokens[0]).endswith(" It</s>\n<s>assistant\n")


def test_pads_on_the_left(folders):
    target = load_target(f"hf:{folders[KINDS[1]]}", "cpu")
    mask = target.encode(["a", "abc"])["attention_mask"]
    assert mask[:, -1].all() and mask[0, :2].tolist() == [0, 0]
    assert target.tokenizer.pad_token == "</s>"


def test_is_quiet(folders, capfd):
    for key in KINDS:
        for options in ("", "?beams=2&max_tokens=4&min_tokens=2"):
            load_target(f"hf:{folders[key]}{options}", "cpu")(ARTICLES)
    assert capfd.readouterr() == ("", "")


def test_a_chat_models_sampling_is_left_out(tmp_path):
    folder = tiny_causal(tmp_path, do_sample=True, temperature=0.6, top_p=0.9, max_length=200, max_new_tokens=None)
    config = load_target(f"hf:{folder}", "cpu").module.generation_config
    assert not config.do_sample and config.temperature is None
    assert config.max_new_tokens == 64 and config.max_length is None  # 200 counts the prompt, too


def test_a_model_that_writes_nothing(folders, tmp_path):
    target = load_target(f"hf:{folders[KINDS[0]]}", "cpu")
    target.module.generation_config.suppress_tokens = [i for i in range(SIZE) if i != 1]  # all but the end
    assert target(ARTICLES).texts.tolist() == [""] * 4


def test_labels_continue_the_prompt(folders):
    target = load_target(f"hf:{folders[KINDS[0]]}", "cpu")
    labels = target.encode_labels(["ab", "abcd"])
    assert labels.shape == (2, 5) and (labels[0] == -100).tolist() == [False] * 3 + [True] * 2
    assert target.tokenizer.decode(labels[0][:3]) == "ab</s>"
    assert target.encode_labels(["a" * 40])[0].tolist()[10:] == [*target.encode_labels(["aa"])[0, :2].tolist()[1:], 1]


def test_a_template_that_drops_what_the_user_says(tmp_path):
    folder = tiny_causal(tmp_path)
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = "{{ messages[0].role }}"
    tokenizer.save_pretrained(folder)
    with pytest.raises(UsageError, match=r"the chat template of hf:.* does not show the model what a user says"):
        load_target(f"hf:{folder}")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("prefix=a", "is a causal language model, with no option 'prefix'; known: beams, max_input"),
        ("max_tokens=256", "max_tokens=256 is more than the model can write: 255"),
        ("max_tokens=200&max_input=57", "max_input=57 is more than the model can read: 56"),
        ("max_tokens=200", "max_input=56 leaves no room for an article: the prompt alone is longer"),
    ],
)
def test_options_out_of_range(folders, options, message):
    with pytest.raises(UsageError, match=message):
        load_target(f"hf:{folders[KINDS[0]]}?{options}", "cpu")


def test_an_encoder_alone_is_no_summarizer(tmp_path):
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=20, **size)).save_pretrained(tmp_path)
    with pytest.raises(UsageError, match="is a BertForMaskedLM, which is neither an image classifier nor a summarizer"):
        load_target(f"hf:{tmp_path}")
