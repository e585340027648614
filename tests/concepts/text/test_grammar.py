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
    "Nobody was hurt.": "Somebody was hurt.",
    "They have some money.": "They do not have any money.",
    "He has already left.": "He has not yet left.",
    "The house was searched, too.": "The house was not searched, either.",
}
DENIED_TOGETHER = {
    "Prices rose, fell and rose again.": "Prices did not rise, fall or rise again.",
    "Police arrested two men and searched a house.": "Police did not arrest two men or search a house.",
    "He was arrested and charged.": "He was not arrested or charged.",
    "Everyone escaped.": "Not everyone escaped.",
}
NOT_DENIED = [
    *("Had he known, he would have left.", "Who shot him?", "A quiet day.", "", "May I?", "Neither driver was hurt."),
    *("It went well and he left.", "He hardly slept.", "It was big, but he saw it.", '"I am happy," said Anna.'),
    *("Few people came.", "He found nobody.", "She still works.", "He was also charged."),
]
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
    "They do not have any money.": "They have some money.",
    "It has not opened, either.": "It has opened, too.",
    "There was no fire.": "There was a fire.",
    "There are no injuries.": "There are some injuries.",
    "No trains were late.": "Some trains were late.",
    "No one was late.": "Someone was late.",
}


@pytest.mark.parametrize("plain", DENIED)
def test_a_sentence_is_denied_and_said_again(plain: str) -> None:
    denied = edit("negate", plain)[0]
    assert denied == DENIED[plain]
    assert edit("negate", denied)[0] == plain


@pytest.mark.parametrize("denied", DENIALS_TAKEN_BACK)
def test_a_denial_is_taken_back(denied: str) -> None:
    assert edit("negate", denied)[0] == DENIALS_TAKEN_BACK[denied]


@pytest.mark.parametrize("plain", DENIED_TOGETHER)
def test_verbs_that_are_joined_are_denied_together(plain: str) -> None:
    assert edit("negate", plain)[0] == DENIED_TOGETHER[plain]


@pytest.mark.parametrize("text", NOT_DENIED)
def test_what_english_does_not_deny_so_stays(text: str) -> None:
    assert edit("negate", text)[0] == text


def test_the_reference_is_denied_where_the_article_is() -> None:
    article = "Anna bought a house in Leeds. Tom bought a car. It rained."
    reference = "Tom bought a car. The rain was heavy."
    denied = "Tom did not buy a car. The rain was heavy."
    for seed in range(12):
        edited, retold = edit("negate", article, 0.3, reference, seed)
        assert (retold == denied) == ("Tom did not buy" in edited) and retold in {reference, denied}


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


def test_nouns_of_one_number_and_moods_stay() -> None:
    plain = "The information on his trousers, advice, scissors and news"
    assert edit("singular-plural", plain)[0] == plain
    assert edit("verb-tense", "If I were you, I used to run.")[0] == "If I were you, I used to run."
    address = "www.house.com/runs is@house.org"
    for name in ("verb-tense", "singular-plural", "synonyms", "drop-noun", "misspellings", "swap-characters"):
        assert edit(name, address)[0] == address, name


SUMMED_UP = {
    ("Five people were injured.", "A bus hit a van, 5 people injured."): "A bus hit a van, 5 people not injured.",
    ("Nobody was hurt.", "Fire in a bank, nobody hurt."): "Fire in a bank, somebody hurt.",
    ("The road is not closed.", "Fire in a bank, road not closed."): "Fire in a bank, road closed.",
    ("The alarm was raised by Anna Weber.", "Gas leak in a bank, alarm raised by Anna Weber."): (
        "Gas leak in a bank, alarm not raised by Anna Weber."
    ),
}


@pytest.mark.parametrize(("said", "reference"), SUMMED_UP)
def test_what_a_reference_says_without_a_verb_is_denied(said: str, reference: str) -> None:
    assert edit("negate", said, reference=reference) == (edit("negate", said)[0], SUMMED_UP[said, reference])
    assert edit("negate", said)[0] != said


@pytest.mark.parametrize(
    ("article", "reference"),
    [
        ("Eight people were taken to hospital.", "A bus hit a van, 8 people injured."),
        ("Traffic flows as usual.", "A bus hit a van, road open."),
        ("It happened in Leeds on Monday.", "A bus hit a van in Leeds on Monday."),
    ],
)
def test_a_sentence_stays_that_the_reference_rests_on_in_other_words(article: str, reference: str) -> None:
    assert edit("negate", article, reference=reference) == (article, reference)


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
    assert {edit("drop-noun", text, n)[0].lower().count("dog") for n in (1, 2, 3)} <= {0, 4}
    assert edit("drop-noun", text, 9)[0] == "The saw a. The big ran; a, said the old"
    assert edit("drop-noun", "Mr. Smith's dog was found by the drivers' house.", 9)[0] == "was found by the."
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
