"""Languages and scripts: what is surely what, and where words end."""

import pytest

from failscape.common.languages import CHUNK, caseless, language_name, language_of, spaceless
from failscape.common.references import join_references, references_of
from failscape.data.street.reports import ReportSource

SENTENCES = {
    "de": "Die Frau starb gestern in einem kleinen Dorf, sagte die Polizei.",
    "fr": "La femme est morte hier soir à Paris, selon la police de la ville.",
    "es": "El hombre murió ayer en Madrid, según dijo la policía de la ciudad.",
    "ru": "Вчера вечером на улице произошла авария. Полиция начала расследование. Дорога закрыта.",
    "ja": "東京で火事がありました。二人がけがをした。",
    "ko": "서울에서 화재가 발생했다. 두 명이 다쳤다.",
    "zh": "昨天下午，2路发生一起交通事故。一辆卡车撞上了一辆摩托车，2人受伤，被送往医院。",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_languages_are_recognised(code: str) -> None:
    assert language_of(SENTENCES[code]) == code and language_name(code) != code


def test_reports_are_english_and_a_few_words_are_of_no_language() -> None:
    reports = ReportSource(n=20, seed=3)
    assert {language_of(reports.load(i)[0]) for i in range(20)} == {"en"}
    assert [language_of(text) for text in ("", "12 34", "Van 3 hit.", "!!!")] == [""] * 4
    assert language_name("xx") == "of the language xx"


def test_words_are_what_the_script_says() -> None:
    assert CHUNK.findall("A well-known man, 3.5!") == ["A", "well-known", "man,", "3.5!"]
    assert CHUNK.findall("2人受伤。 OK") == ["2", "人", "受", "伤。", "OK"]
    assert "".join(CHUNK.findall("ที่นี่")) == "ที่นี่" and CHUNK.findall("서울에서 불") == ["서울에서", "불"]
    assert spaceless(["abc 人"]) == 0.25 and spaceless(["서울", ""]) == 0 and caseless(["ab人人"]) == 0.5


def test_references_are_held_as_one_and_come_back() -> None:
    assert references_of(join_references(["one", "", " two\nlines \x1e"])) == ("one", "two\nlines")
    assert join_references(["one"]) == "one" and references_of("one") == ("one",) and references_of("") == ("",)
