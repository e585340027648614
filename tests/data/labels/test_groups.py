"""Groups of classes from a file."""

from pathlib import Path

import numpy as np
import pytest
import torch

from failscape.data import Images, Items
from failscape.data.labels.groups import class_groups, in_groups
from failscape.errors import UsageError

CLASSES = ("cat", "crane", "dog", "crane", "tench, Tinca tinca")


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_groups_are_in_the_order_of_the_file_and_the_rest_is_one_more(tmp_path: Path) -> None:
    groups = class_groups(
        table(tmp_path / "g.csv", "class,group", "Tench,fish", "dog,pet", "3,bird", "cat,pet"), CLASSES
    )
    assert groups.names == ("fish", "pet", "bird", "other classes")
    assert groups.of.tolist() == [1, 3, 1, 2, 0]


def test_a_file_of_all_classes_has_no_others(tmp_path: Path) -> None:
    assert class_groups(table(tmp_path / "g.csv", "class,group", "0,a", "1,b"), CLASSES[:2]).names == ("a", "b")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["folder,class", "cat,pet"], "line 1: the header is 'folder,class'; it must be class,group"),
        (["class,group", "cat"], "line 2: 1 fields where class,group are two"),
        (["class,group", "dgo,pet"], "line 2: the target has no class 'dgo'; did you mean dog?"),
        (["class,group", "crane,bird"], "line 2: 'crane' may be class 1 or 3; give the number"),
        (["class,group", "cat,pet", "0,beast"], "line 3: the class '0' has two groups; keep one of the lines"),
        (["class,group", "cat,"], "line 2: the class 'cat' has no group; name one, or leave the line out"),
        (["class,group"], "groups no class; give a CSV file with lines class,group"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, lines: list[str], message: str) -> None:
    path = table(tmp_path / "g.csv", *lines)
    with pytest.raises(UsageError) as caught:
        class_groups(path, CLASSES)
    assert str(caught.value).startswith(f"{path} {message}")


def test_items_change_their_group_and_keep_their_right_answer(tmp_path: Path) -> None:
    labels = np.array([2, 0, 4])
    batch = Images(torch.zeros(3, 3, 2, 2, dtype=torch.uint8), torch.from_numpy(labels))
    items = Items(batch, labels, ("a", "b", "c"), np.zeros(3, bool), CLASSES)
    grouped = in_groups(items, class_groups(table(tmp_path / "g.csv", "class,group", "cat,pet", "dog,pet"), CLASSES))
    assert grouped.group.tolist() == [0, 0, 1] and grouped.group_names == ("pet", "other classes")
    assert grouped.batch.right_answer.tolist() == labels.tolist()
    assert grouped.fingerprint != items.fingerprint, "what was learned of other groups says nothing"
