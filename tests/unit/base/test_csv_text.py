"""Cells and lines of CSV files."""

import pytest

from property_alert_notification.base.csv_text import cell, lines_of


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", ""),
        ("asked by telephone", "asked by telephone"),
        ("a=b+c@d.example", "a=b+c@d.example"),
        ("two\r\nlines\nand more", "two lines and more"),
        *((f"{sign}1+1", f"'{sign}1+1") for sign in "=+-@\t"),
        ("\r=1+1", "' =1+1"),
        ("\n=1+1", "' =1+1"),
        ("  =1+1", "'  =1+1"),
    ],
)
def test_a_cell_is_one_line_and_no_formula(value: str, written: str) -> None:
    """Whatever a line or a space hides before the sign."""
    assert cell(value) == written


def test_lines_end_and_are_quoted_as_rfc_4180_says() -> None:
    """Commas and quotes stay in their value."""
    assert lines_of([["a", 'b "c"'], ["d,e", ""]]) == 'a,"b ""c"""\r\n"d,e",\r\n'
