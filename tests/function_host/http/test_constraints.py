import pytest

from function_host.http.constraints import constraint


@pytest.mark.parametrize(
    ("name", "argument", "good", "bad"),
    [
        ("int", None, ["5", "-2147483648", "+1", " 7"], ["2147483648", "1.0", "x", "", "\u0665"]),
        ("INT", None, ["5"], ["x"]),
        ("long", None, ["9223372036854775807"], ["9223372036854775808", "x"]),
        ("bool", None, ["true", "FALSE", "True "], ["1", "yes", ""]),
        ("decimal", None, ["1", "-1.5", "1,000.5", ".5", "1-"], ["1e3", ".", "-1-", "9" * 30, ""]),
        ("double", None, ["1.5", "1e3", "-.5", "NaN", "-Infinity"], ["x", "1e", "."]),
        ("float", None, ["1.5E-3"], ["one"]),
        ("datetime", None,
         ["2016-12-31", "2016-12-31T10:00:00Z", "2016-12-31 7:32pm", "12/31/2016 10:05", "Dec 31, 2016"],
         ["5", "20161231", "2016-13-31", "soon", ""]),
        ("guid", None, ["0f8fad5b-d9cb-469f-a165-70867728950e", "0F8FAD5BD9CB469FA16570867728950E",
                        "{0f8fad5b-d9cb-469f-a165-70867728950e}", "(0f8fad5b-d9cb-469f-a165-70867728950e)"],
         ["{0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b-d9cb-469fa16570867728950e", "x"]),
        ("alpha", None, ["abC"], ["a1", "\u00e9"]),
        ("required", None, ["x"], [""]),
        ("length", "3", ["abc"], ["ab", "abcd"]),
        ("length", "1,2", ["a", "ab"], ["", "abc"]),
        ("minlength", "2", ["ab", "abc"], ["a"]),
        ("maxlength", "2", ["a", "ab"], ["abc"]),
        ("min", "3", ["3", "4"], ["2", "x"]),
        ("max", "3", ["3", "-4"], ["4", "x"]),
        ("range", "1, 5", ["1", "5"], ["0", "6", "x"]),
        ("regex", r"^\d{3}$", ["123"], ["12", "abc"]),
        ("regex", "b", ["aBc"], ["acc"]),
    ],
)  # fmt: skip
def test_what_fulfils_a_constraint(name, argument, good, bad):
    check = constraint(name, argument)
    assert [text for text in good if not check(text)] == []
    assert [text for text in bad if check(text)] == []


@pytest.mark.parametrize(
    ("name", "argument", "said"),
    [
        ("odd", None, "'odd'; known are alpha, .*regex"),
        ("length", None, "'length'; known are"),
        ("int", "5", r"'int\(5\)'; known are"),
        ("range", "1", r"'range\(1\)', which takes 2 whole numbers"),
        ("length", "a", "which takes 1 or 2 whole numbers"),
        ("range", "5,1", "first number must not be the larger"),
        ("regex", "(", "cannot be read"),
    ],
)
def test_what_is_no_constraint_says_why(name, argument, said):
    with pytest.raises(ValueError, match=said):
        constraint(name, argument)
