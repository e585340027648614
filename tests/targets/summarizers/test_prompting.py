import pytest
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from failscape.errors import UsageError
from failscape.targets.summarizers.prompting import CHARACTERS_PER_TOKEN, LONGEST_WORD, Reader
from tests.support.tiny_text import tiny_tokenizer


def library(model, pre_tokenizer):
    """As T5 (a unigram model over pieces that begin with their space) or older models (words) have it."""
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>")


PIECES = ["<pad>", "<unk>", "▁", "a", "b", "c", ".", "▁ab", "▁abc", "bc", "cab", "é"]
UNIGRAM = models.Unigram([(piece, -float(len(PIECES) - len(piece))) for piece in PIECES], unk_id=1)
WORDS = models.WordLevel({word: i for i, word in enumerate(("<pad>", "<unk>", "a", "b", "abc"))}, unk_token="<unk>")
READERS = {
    "plain": Reader(tiny_tokenizer(), 20),
    "prefix": Reader(tiny_tokenizer(bos=True), 30, "summarize: "),
    "prompt": Reader(tiny_tokenizer(eos=False), 30, "<s>user\n", "</s>\n", special=False),
    "slow": Reader(transformers.ByT5Tokenizer(), 24, "sum: "),  # says not which byte a token is of
    "pieces": Reader(library(UNIGRAM, pre_tokenizers.Metaspace()), 15, "sum: "),
    "words": Reader(library(WORDS, pre_tokenizers.Whitespace()), 9, "sum "),
}
TEXTS = st.text(st.sampled_from("abc .\n\té中😀"), max_size=120)


@pytest.fixture(params=READERS)
def reader(request):
    return READERS[request.param]


def test_what_fits_is_the_very_article(reader):
    text = " two words \n"
    assert reader.cut(text) is text and reader.cut("") == ""


def test_cuts_between_words():
    reader = READERS["plain"]  # 19 letters and the end
    assert reader.cut("one two three four five six") == "one two three four"
    assert reader.cut("one two three four, five six") == "one two three four,"
    assert reader.cut("one two three fourteen") == "one two three"
    assert reader.cut("one two three\n\nfourteen") == "one two three"
    assert reader.cut("x" * 30) == "x" * 19  # no word ends


def test_a_slow_tokenizer_cuts_alike():
    assert READERS["slow"].cut("one two three fourteen") == "one two three"  # 18 bytes beside prefix and end


@settings(max_examples=150, deadline=None)
@given(TEXTS)
@pytest.mark.parametrize("name", READERS)
def test_a_cut_fits_and_is_a_beginning(name, text):
    reader = READERS[name]
    cut = reader.cut(text)
    assert text.startswith(cut) and reader.lengths([cut])[0] <= reader.limit
    assert reader.cut(cut) == cut
    if reader.lengths([text])[0] <= reader.limit:
        assert cut == text
    assert reader.cut_all([text, "", text[:9]]) == [cut, "", reader.cut(text[:9])]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=12))
@pytest.mark.parametrize("name", READERS)
def test_as_many_words_as_fit(name, words):
    """By brute force: no further word would fit."""
    reader = READERS[name]
    beginnings = [" ".join(words[:n]) for n in range(len(words) + 1)]
    assert reader.cut(" ".join(words)) == [text for text in beginnings if reader.lengths([text])[0] <= reader.limit][-1]


@pytest.mark.parametrize("text", ["word " * 100_000, "x" * 500_000, "中" * 100_000])
def test_only_the_beginning_of_a_long_article_is_read(text, monkeypatch):
    reader = Reader(tiny_tokenizer(), 20)
    seen = []
    count = Reader._end
    monkeypatch.setattr(Reader, "_end", lambda self, head: seen.append(len(head)) or count(self, head))
    assert 0 < len(reader.cut(text)) <= 19
    assert seen == [20 * CHARACTERS_PER_TOKEN]


def test_many_spaces():
    text = "a" + " " * 1000 + "b"
    assert READERS["plain"].cut(text) == "a"
    assert READERS["words"].cut(text) is text  # all of which are one token, or none


def test_a_long_word_is_cut_itself():
    reader = Reader(tiny_tokenizer(), 400)
    long = "a " + "x" * (LONGEST_WORD + 400)
    assert reader.cut(long) == long[:399]


def test_encodes_prompts_padded():
    tokens = READERS["prefix"].encode(["ab", "abcd"])
    assert set(tokens) == {"input_ids", "attention_mask"}
    assert tokens["attention_mask"].sum(1).tolist() == READERS["prefix"].lengths(["ab", "abcd"]) == [15, 17]
    assert READERS["prefix"].tokenizer.decode(tokens["input_ids"][0]) == "<s>summarize: ab</s><pad><pad>"


def test_no_room_for_an_article():
    with pytest.raises(UsageError, match="max_input=5 leaves no room for an article: the prompt alone is longer"):
        Reader(tiny_tokenizer(), 5, "summarize: ")
