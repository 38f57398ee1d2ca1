"""预览：库里的情况带来的须确认的话，要紧的在前。"""

import pytest

from tasks.imports import drafts

from .samples import SEED_TEXT

pytestmark = pytest.mark.django_db


def test_a_file_of_another_year_is_pointed_out_before_anything_else(plan):
    """拿错了文件，别的话就不必看了。"""
    other = SEED_TEXT.replace("2023", "2024").replace("80%", "70%").replace("100%", "95%")
    _, comparison = drafts.preview(plan, other.encode(), "方案.txt")
    first, *rest = comparison.remarks
    assert first.startswith("这份文件的年度是 2024 年，现行方案是 2023 年，文号是交开党工委发〔2024〕9号，现行方案是")
    assert first.endswith("像是另一份文件。若是新的方案，请改为建立新方案。")
    assert len(rest) > 1 and all("量化目标" in said for said in rest)


def test_the_same_file_is_not_another_one(plan):
    _, comparison = drafts.preview(plan, SEED_TEXT.encode(), "方案.txt")
    assert comparison.is_empty and comparison.remarks == []
