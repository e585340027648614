"""Files in older encodings than UTF-8, found out or named."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from failscape.data import open_texts
from failscape.errors import UsageError

OLDER = {
    "cp1251": "Вчера вечером на улице произошла авария. Дорога закрыта.",
    "koi8_r": "Вчера вечером на улице произошла авария. Дорога закрыта.",
    "gbk": "昨天下午，发生一起交通事故。一辆卡车撞上了一辆摩托车，被送往医院。",
    "shift_jis": "東京で火事がありました。二人がけがをした。",
    "euc_kr": "서울에서 화재가 발생했다. 두 명이 다쳤다.",
    "cp1253": "Στην Αθήνα κάηκε ένα σπίτι και δύο τραυματίες.",
}


@pytest.mark.parametrize("encoding", OLDER)
def test_older_encodings_of_other_letters_are_found_or_named(tmp_path, encoding):
    text = "\n".join(["article,summary", *(f"{OLDER[encoding]} {i},{OLDER[encoding]}" for i in range(20))])
    (tmp_path / "old.csv").write_bytes(text.encode(encoding))
    found = open_texts(tmp_path / "old.csv")
    assert found.load(3) == (f"{OLDER[encoding]} 3", OLDER[encoding])
    assert len(found.notes) == 1 and "is not UTF-8; read as" in found.notes[0] and "?encoding=" in found.notes[0]
    named = open_texts(f"{tmp_path / 'old.csv'}?encoding={encoding}")
    assert named.load(3) == found.load(3) and named.notes == ()


def test_encodings_that_are_none_are_refused(tmp_path):
    (tmp_path / "texts.csv").write_text("article\na\n")
    pq.write_table(pa.table({"article": ["a"]}), tmp_path / "texts.parquet")
    for spec, message in {
        "texts.csv?encoding=cp125x": "no encoding of texts is called 'cp125x'; did you mean cp125",
        "texts.csv?encoding=base64": "no encoding of texts is called 'base64'",
        "texts.parquet?encoding=gbk": "leave \\?encoding= out",
    }.items():
        with pytest.raises(UsageError, match=message):
            open_texts(f"{tmp_path}/{spec}")
