"""Word 的自动编号：各种写法里的一个数怎么写出来。"""

import pytest

from tasks.imports.numbering import spelled


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("decimal", {1: "1", 10: "10", 120: "120"}),
        ("decimalZero", {1: "01", 9: "09", 10: "10", 100: "100"}),
        ("chineseCounting", {1: "一", 10: "十", 11: "十一", 20: "二十", 101: "一百零一", 110: "一百一十"}),
        ("ideographDigital", {1: "一", 10: "一〇", 21: "二一"}),
        ("chineseLegalSimplified", {1: "壹", 10: "壹拾", 12: "壹拾贰", 20: "贰拾"}),
        ("decimalEnclosedCircle", {1: "①", 20: "⑳", 21: "21"}),
        ("ideographTraditional", {1: "甲", 10: "癸", 11: "甲"}),
        ("ideographZodiac", {1: "子", 12: "亥", 13: "子"}),
        ("lowerLetter", {1: "a", 26: "z", 27: "aa", 53: "aaa"}),
        ("upperLetter", {1: "A", 28: "BB"}),
        ("lowerRoman", {1: "i", 4: "iv", 9: "ix", 14: "xiv", 40: "xl"}),
        ("upperRoman", {3: "III", 90: "XC"}),
    ],
)
def test_a_number_is_written_the_way_word_shows_it(kind, written):
    """一圈数完的从头再来；没有这个写法的数照写数字。"""
    assert {value: spelled(value, kind) for value in written} == written
