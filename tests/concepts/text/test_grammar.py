"""Edits that know grammar, on plain sentences."""

import numpy as np
import pytest

from failscape.concepts.text import TEXT_CONCEPTS
from failscape.concepts.text.inflection import article_for
from failscape.concepts.text.misspellings import misspelt
from failscape.concepts.text.tags import tokens


def edit(name: str, article: str, strength: float = 1.0, reference: str = "", seed: int = 0) -> tuple[str, str]:
    inputs = np.array([[article, reference]], object)
    edited = TEXT_CONCEPTS[name]().apply(inputs, np.array([strength]), np.array([seed]))
    return edited[0, 0], edited[0, 1]


DENIED = {
    "He goes home.": "He does not go home.",
    "Police arrested two men on Monday.": "Police did not arrest two men on Monday.",
    "The prices rise every year.": "The prices do not rise every year.",
    "She was being watched.": "She was not being watched.",
    "It's raining.": "It's not raining.",
    "They can swim.": "They cannot swim.",
    "He will leave.": "He will not leave.",
    "He had left before noon.": "He had not left before noon.",
    "The children have a dog.": "The children do not have a dog.",
    "He did his homework.": "He did not do his homework.",
    "LONDON fell silent.": "LONDON did not fall silent.",
    "The man who shot John fled.": "The man who shot John did not flee.",
    "When he arrived, the police left.": "When he arrived, the police did not leave.",
    "He said that the plan was bad.": "He did not say that the plan was bad.",
    "The report, which was published on Friday, says little.": (
        "The report, which was published on Friday, does not say little."
    ),
    "Is the bridge safe?": "Isn't the bridge safe?",
    "Why did he leave?": "Why didn't he leave?",
    "Will he come?": "Won't he come?",
}
DENIALS_TAKEN_BACK = {
    "I don't like it.": "I like it.",
    "He did not go.": "He went.",
    "He doesn't do it.": "He does it.",
    "They haven’t seen it.": "They have seen it.",
    "The company cannot pay.": "The company can pay.",
    "I can't go.": "I can go.",
    "He won't go.": "He will go.",
    "She never smokes.": "She smokes.",
    "He has never been there.": "He has been there.",
    "There is no evidence.": "There is some evidence.",
    "Isn't he late?": "Is he late?",
}


@pytest.mark.parametrize("plain", DENIED)
def test_a_sentence_is_denied_and_said_again(plain: str) -> None:
    denied = edit("negate", plain)[0]
    assert denied == DENIED[plain]
    assert edit("negate", denied)[0] == plain


@pytest.mark.parametrize("denied", DENIALS_TAKEN_BACK)
def test_a_denial_is_taken_back(denied: str) -> None:
    assert edit("negate", denied)[0] == DENIALS_TAKEN_BACK[denied]


@pytest.mark.parametrize("text", ["Had he known, he would have left.", "Who shot him?", "A quiet day.", "", "May I?"])
def test_what_english_does_not_deny_so_stays(text: str) -> None:
    assert edit("negate", text)[0] == text


def test_the_reference_is_denied_where_the_article_is() -> None:
    article = "Anna bought a house in Leeds. Tom bought a car. It rained."
    reference = "Tom bought a car. The rain was heavy."
    denied = "Tom did not buy a car. The rain was heavy."
    for seed in range(12):
        edited, retold = edit("negate", article, 0.3, reference, seed)
        assert (retold == denied) == ("Tom did not buy" in edited) and retold in {reference, denied}
    assert edit("negate", "He went.", 1.0, "It went well and he left.")[1] == "It did not go well and he left."


OTHER_TENSE = {
    "He goes home and she stays.": "He went home and she stayed.",
    "They said he was late.": "They say he is late.",
    "The men ran away.": "The men run away.",
    "She ran away.": "She runs away.",
    "He will pay if he can.": "He would pay if he could.",
    "They aren't here.": "They weren't here.",
    "He couldn't see.": "He can't see.",
    "He wouldn't go, I was sure.": "He won't go, I am sure.",
    "He has seen it.": "He had seen it.",
    "They had left.": "They have left.",
}


@pytest.mark.parametrize("plain", OTHER_TENSE)
def test_verbs_change_their_tense(plain: str) -> None:
    assert edit("verb-tense", plain)[0] == OTHER_TENSE[plain]


def test_nouns_change_their_number() -> None:
    assert edit("singular-plural", "The man saw two children.")[0] == "The men saw two child."
    assert edit("singular-plural", "Cities and CDs of Anna")[0] == "City and CDs of Anna"


def test_synonyms_keep_their_form_and_their_article() -> None:
    said = {edit("synonyms", "The big company purchased an automobile.", seed=seed)[0] for seed in range(20)}
    assert said == {f"The large {firm} bought a car." for firm in ("firm", "business")}
    assert edit("synonyms", "A film was awful", seed=1)[0] in {"A movie was terrible", "A movie was dreadful"}
    assert edit("synonyms", "Xylophones abound")[0] == "Xylophones abound"


def test_an_article_is_as_the_word_sounds() -> None:
    vowels = ["apple", "hour", "honest", "uncle", "uninvited"]
    consonants = ["car", "house", "university", "European", "one", "user", "union"]
    assert {article_for(w) for w in vowels} == {"an"} and {article_for(w) for w in consonants} == {"a"}


def test_words_are_misspelt_as_people_do() -> None:
    assert sorted(misspelt("Because")[0]) == sorted("because") and misspelt("Anna") == () and misspelt("BBC") == ()
    assert misspelt("summer")[0] == "sumer" and "elefant" in misspelt("elephant")
    wrong = edit("misspellings", "Because of BBC, because")[0].split()
    assert wrong == [misspelt("because")[0].title(), "of", "BBC,", misspelt("because")[0]]


def test_all_of_a_word_is_dropped() -> None:
    text = "The dog saw a cat. The big dog ran; a Dog's life, said the old dog"
    assert {edit("drop-noun", text, n)[0].lower().count("dog") for n in (1, 2, 3)} <= {1, 4}
    assert edit("drop-noun", text, 9)[0] == "The saw a. The big ran; a Dog's, said the old"
    assert edit("drop-verb", text, 9)[0] == "The dog a cat. The big dog; a Dog's life, the old dog"
    assert edit("drop-adjective", text, 1)[0].count("big") + edit("drop-adjective", text, 1)[0].count("old") == 1
    assert edit("drop-adjective", "Nothing here", 4)[0] == "Nothing here"
    assert edit("drop-verb", "I don't know", 9)[0] == "I don't"


def test_tokens_stand_where_they_say() -> None:
    text = "He can't pay $3.5, said Anna’s U.S. well-known friend. They cannot!"
    read = tokens(text)
    assert all(text[t.start : t.end] == t.word and t.tag for t in read)
    words = [t.low for t in read]
    assert words == [
        *("he", "ca", "n't", "pay", "$", "3.5", ",", "said", "anna", "'s", "u.s."),
        *("well-known", "friend", ".", "they", "can", "not", "!"),
    ]
