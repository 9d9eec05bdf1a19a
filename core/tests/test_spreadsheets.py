"""Files for spreadsheets: Hebrew stays Hebrew, text stays text, numbers stay numbers."""

from decimal import Decimal

import pytest

from core.spreadsheets import cell, stream_csv


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_that_would_be_calculated_is_quoted(start):
    assert cell(f"{start}1+1") == f"'{start}1+1"


def test_numbers_stay_numbers():
    assert cell(Decimal("-4.500")) == "-4.500"
    assert cell(-3) == "-3"
    assert cell(None) == ""
    assert cell("חלב") == "חלב"


def test_a_long_file_comes_in_pieces():
    made = []

    def rows():
        for number in range(1000):
            made.append(number)
            yield [number, "חלב"]

    answer = stream_csv("x.csv", header=["n", "name"], rows=rows())
    pieces = iter(answer.streaming_content)
    first = next(pieces)
    assert first.startswith(b"\xef\xbb\xbfn,name\r\n")
    assert len(made) < 300, "the rest is not made before it is asked for"
    assert (first + b"".join(pieces)).decode("utf-8-sig").count("חלב") == 1000
