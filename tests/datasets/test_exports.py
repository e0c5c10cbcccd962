"""Tables as spreadsheets, statistics programs, databases and public offices export them."""

import io
import zipfile

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from bpcli.common.errors import DataError
from bpcli.datasets import InputOptions, ReadOptions
from bpcli.datasets.cells import number
from bpcli.datasets.column_notes import suspected_missing, warnings
from bpcli.datasets.columns import SUFFIXED, number_values
from bpcli.datasets.dates import date_format, parse
from bpcli.datasets.layout import is_rule
from bpcli.datasets.text_table import read_text

ROWS = 30


def export(header, row, *, above="", below="", end="\n"):
    """A table of thirty rows, each made by ``row`` from its number."""
    return above + end.join([header, *map(row, range(ROWS))]) + end + below


def kinds(dataset):
    """The kind of each input column."""
    return {role.name: role.kind for role in dataset.roles}


def test_a_decimal_comma_is_no_delimiter(read):
    """Every row has one comma, but only the semicolons divide the header too."""
    found = read(export("x;raucher;y", lambda i: f"0,{i + 10};{'JA' if i % 2 else 'NEIN'};{i % 3}"))
    assert found.features == ("x",)
    assert_array_equal(found.X[:, 0], [(i + 10) / 100 for i in range(ROWS)])
    assert found.notes[:2] == ("semicolons between cells", "decimal comma")


def test_points_separate_thousands_beside_a_decimal_comma(read):
    """10.000 beside 0,5 is ten thousand."""
    found = read(export("x;people;y", lambda i: f"0,{i};{10 + i}.000;{i % 2}"))
    assert_array_equal(found.X[:, 1], [1000.0 * (10 + i) for i in range(ROWS)])


@pytest.mark.parametrize(
    ("cell", "value", "decimal"),
    [
        ("1 0{:02d},50 €", 1000.5, ","),
        ("1.0{:02d},50 zł", 1000.5, ","),
        ("R$ 1.0{:02d},50", 1000.5, ","),
        ("0,{:02d} %", 0.0, ","),
        ('"Rs. 1,0{:02d}"', 1000.0, "."),
        ('"₹12,34,0{:02d}"', 1234000.0, "."),
        ("\u22121.{:02d}", -1.0, "."),
        ("CHF 1'0{:02d}.50", 1000.5, "."),
    ],
)
def test_amounts_are_numbers(read, cell, value, decimal):
    """Blanks before the unit, currencies of several countries, the minus sign of typography."""
    delimiter = ";" if decimal == "," else ","
    found = read(
        export(
            delimiter.join("xpy"),
            lambda i: delimiter.join([f"0{decimal}{i:02d}", cell.format(i), str(i % 2)]),
        )
    )
    step = 1.0 if abs(value) >= 1000 else np.copysign(0.01, value)
    np.testing.assert_allclose(found.X[:, 1], [value + step * i for i in range(ROWS)], rtol=1e-15)


@pytest.mark.parametrize(
    "above",
    [
        "Table 3. Population\nSource: Statistical Office\n\n",
        "Table 3. Population,,,\nSource: Office,,,\n,,,\n",
        "Series,Population\nUnits,Persons\nUpdated,2020-01-01\n",
        '"Data Source","Indicators",\n\n"Updated","2020-07-01",\n\n',
        "2019,2019,2020,\n",
        "Where,Measurements,,\n",
    ],
)
def test_what_stands_above_the_row_with_the_name_of_the_target_is_skipped_and_said(read, above):
    """Titles, keys and values, blank rows, and a first header row."""
    found = read(
        export("region,x,people,y", lambda i: f"{'ab'[i % 2]},0.{i},{1000 + i},{i % 3}", above=above),
        target=["y"],
    )
    assert found.features == ("x", "people")
    assert len(found.X) == ROWS
    assert "line 1" in found.notes[0]


def test_a_name_that_occurs_as_a_value_makes_no_header(read, refuse):
    """A row of labels among rows of labels is a row, whatever the target is called."""
    table = export("p,q,n", lambda i: f"{'pq'[i % 2]},{'qr'[i % 2]},{'yn'[i % 2]}")
    assert "there is no column 'y'" in refuse(table, target=["y"])


@pytest.mark.parametrize(
    "below", ["Source: Eurostat 2020\n", "\nNote: provisional figures\nSource: Eurostat\n"]
)
def test_notes_below_a_table_are_skipped_and_said(read, refuse, below):
    """Words alone in the last lines; a row that was cut off there is refused."""
    table = export("region,x,y", lambda i: f"{'ab'[i % 2]},0.{i},{i % 3}", below=below)
    found = read(table)
    assert len(found.X) == ROWS
    assert "skipped: notes below the table" in found.notes[-1]
    line = ROWS + 2 + below.startswith("\n")
    assert refuse(table + "a,0.5,1\n").startswith(f"data.csv:{line}: this row has 1 cell")


def test_a_row_that_is_cut_off_is_no_note(refuse):
    """Its words are alone too, but the line does not end."""
    table = export("name,x,y", lambda i: f"Name of {i},0.{i},{i % 3}", below="Name of")
    assert refuse(table).startswith(f"data.csv:{ROWS + 2}: the file is cut off here")


def test_units_may_leave_a_column_out(read):
    """A number without a unit has an empty cell in the row of units."""
    found = read(export("speed,mass,y\n(m/s),(kg),", lambda i: f"0.{i},{i}.5,{i % 2}"))
    assert "line 2 skipped: units ((m/s), (kg))" in found.notes


def test_quotes_may_be_escaped_by_a_backslash(read):
    r"""\" within quotes, as databases and Spark write it."""
    found = read(export("name,x,y", lambda i: f'"the \\"{"ab"[i % 2]}\\", one",0.{i},{i % 3}'))
    assert found.categories[0].levels == ('the "a", one', 'the "b", one')


def test_blanks_may_stand_before_a_quote(read):
    """Then the delimiters within the quotes are none, and the quotes are no part of the cells."""
    found = read(export('x, z, "c", y', lambda i: f'0.{i}, {i}.5, "{"ab"[i % 2]}, q", {i % 3}'))
    assert found.features == ("x", "z")
    assert found.categories[0].levels == ("a, q", "b, q")
    found = read(export('x, "z", y', lambda i: f'0.{i}, "{i}.5", {i % 3}'))
    assert found.features == ("x", "z")
    assert_array_equal(found.X[:, 1], np.arange(ROWS) + 0.5)


@pytest.mark.parametrize(
    "mark", ["\\N", "(null)", "..", ":", "—", "n.d.", "k.A.", "#N/A N/A", "nil", "not available"]
)
def test_marks_for_missing_values(read, mark):
    """Of databases, public offices and spreadsheets, in any share of the rows."""
    found = read(export("a,x,y", lambda i: f"{mark if i % 4 == 0 else i + 0.5},0.{i},{i % 3}"))
    assert kinds(found)["a"] == "number"
    assert np.isnan(found.X[::4, 0]).all()
    assert not np.isnan(found.X[1::4, 0]).any()


@pytest.mark.parametrize("word", ["unknown", "<0.05", "x", "TBD"])
def test_a_word_that_recurs_among_many_numbers_is_asked_about(read, refuse, word):
    """It does not make the column free text."""
    table = export("a,x,y", lambda i: f"{word if i % 4 == 0 else i + 0.5},0.{i},{i % 3}")
    assert refuse(table).startswith(f"data.csv:2: column 'a': '{word}' is not a number (8 such cells)")
    found = read(table, columns=InputOptions(invalid="missing"))
    assert np.isnan(found.X[::4, 0]).all()


def test_a_header_in_the_middle_is_left_out(read):
    """As files have it that were put together; also where every column is text, and where the header has units."""
    table = export("x,c,y", lambda i: f"0.{i},{'ab'[i % 2]},{i % 3}")
    found = read(table * 2)
    assert_array_equal(found.X[:, 0], [float(f"0.{i}") for i in range(ROWS)] * 2)
    assert found.notes == (f"line {ROWS + 2} skipped: the header again",)
    words = read(
        export("b,c,y", lambda i: f"{'uv'[i // 3 % 2]},{'ab'[i % 2]},{'no' if i % 3 else 'yes'}") * 2
    )
    assert words.classes == ("no", "yes")
    assert [category.levels for category in words.categories] == [("u", "v"), ("a", "b")]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("20240131", "2024-01-31"),
        ("2024-01", "2024-01-01"),
        ("31.01.24", "2024-01-31"),
        ("31/01/24", "2024-01-31"),
        ("Jan-24", "2024-01-01"),
        ("31 January 2024", "2024-01-31"),
        ("Wednesday 31 January 2024", "2024-01-31"),
    ],
)
def test_dates_in_many_ways(cell, day):
    """Digits alone are a date where the column is declared as one."""
    found = parse(cell, date_format([cell], digits=True))
    assert found is not None
    assert found.date().isoformat() == day
    assert not date_format(["20240131"])


def test_dates_that_are_none_are_named(refuse):
    """One that is no date, or dates in several formats."""
    options = InputOptions(dates=("d",))
    table = export("d,x,y", lambda i: f"{'2024-01-31' if i else 'soon'},0.{i},{i % 2}")
    assert "column 'd': 'soon' is not a date" in refuse(table, columns=options)
    table = export("d,x,y", lambda i: f"{'2024-01-31' if i else '31.01.2024'},0.{i},{i % 2}")
    assert "column 'd': its dates have several formats" in refuse(table, columns=options)


def test_amounts_to_predict_are_no_labels(read):
    """So nothing is said of labels."""
    found = read(export("x,z,y", lambda i: f"0.{i},{i}.5,{i + 0.5}%"))
    assert found.task == "regression"
    assert found.notes == ()


def test_a_table_of_one_column_says_what_to_set(refuse):
    """The delimiter, the quotes around whole rows, or the name that has a comma."""
    assert refuse(export("x^z^y", lambda i: f"{i}^1^{i % 2}"), target=["y"]).endswith(
        "x^z^y; set data.delimiter"
    )
    table = export('"x,z,y"', lambda i: f'"0.{i},1,{i % 2}"')
    assert refuse(table, target=["y"]).endswith("remove the quotes around whole rows")
    table = export('x,z,"price, USD"', lambda i: f"0.{i},{i}.5,{i}.25")
    assert refuse(table, target=["price", "USD"]).endswith("""stands in double quotes: '"price, USD"'""")


def test_k_and_m_are_thousands_and_millions(read):
    """Where all else in the column is a number too; the column says so, and so does a target."""
    cells = ("1.5K", "€3M", "800", "2.25k")
    found = read(export("x,p,y", lambda i: f"{i}.5,{cells[i % 4]},{i + 20}.1K"))
    assert_array_equal(found.X[:4, 1], [1500.0, 3e6, 800.0, 2250.0])
    assert found.roles[1].why == "K and M multiplied out; € left out"
    assert_array_equal(found.targets[:2, 0], [20_100.0, 21_100.0])
    assert found.notes == ("y: K and M multiplied out",)


def test_the_name_of_a_format_is_no_unit(tmp_path):
    """Where K and M are multiplied out, 5 suffixed is no number."""
    path = tmp_path / "t.csv"
    path.write_text(export("p", lambda i: "5 suffixed" if i == 7 else f"{i}.5K"), encoding="utf-8")
    cells = read_text(str(path), str(path))
    with pytest.raises(DataError, match=r"t\.csv:9: column 'p': '5 suffixed' is not a number"):
        number_values(cells, 0, form=SUFFIXED)


def test_one_k_or_m_among_plain_numbers_is_refused(read, refuse):
    """38M among ages is a typing error; among sizes such as 19M and words it is a word."""
    message = refuse(export("age,y", lambda i: f"{'38M' if i == 7 else i + 20},{i % 2}"))
    assert "data.csv:9: column 'age': '38M' is not a number" in message
    sizes = ("S", "M", "5M", "XL")
    assert kinds(read(export("x,size,y", lambda i: f"0.{i},{sizes[i % 4]},{i % 2}"))) == {
        "x": "number",
        "size": "category",
    }


def test_fortran_writes_d_in_place_of_e(read):
    """1.0D+03 is a thousand; 1D5, without a point, may be a code."""
    found = read(export("x,code,y", lambda i: f"{i}.5D+0{i % 3},{i % 7}D5,{i % 2}"))
    assert_array_equal(found.X[:, 0], [(i + 0.5) * 10 ** (i % 3) for i in range(ROWS)])
    assert kinds(found) == {"x": "number", "code": "category"}


def test_marks_of_missing_values_can_be_named(read):
    """As numbers, however they are written, and as words; a row whose target is one is left out."""
    odd = {3: "-999", 4: "-999.00", 5: "unknown"}
    options = InputOptions(missing_values=("-999", "unknown", "other"))
    text = export("x,w,y", lambda i: f"{odd.get(i, i + 0.5)},{'other' if i == 6 else 'ab'[i % 2]},{i - 999}")
    found = read(text, columns=options)
    assert_array_equal(np.flatnonzero(np.isnan(found.X[:, 0])), [2, 3, 4])
    assert_array_equal(np.flatnonzero(found.categories[0].codes < 0), [5])
    assert len(found.X) == ROWS - 1
    assert "1 row without a value of y left out (first: line 2)" in found.notes


def test_named_marks_are_matched_in_any_case(read):
    """As NA is."""
    words = {3: "Unknown", 4: "UNKNOWN", 5: "refused"}
    options = InputOptions(missing_values=("unknown", "Refused"))
    found = read(export("x,w,y", lambda i: f"{i}.5,{words.get(i, 'ab'[i % 2])},{i % 2}"), columns=options)
    assert found.categories[0].levels == ("a", "b")
    assert_array_equal(np.flatnonzero(found.categories[0].codes < 0), [3, 4, 5])


@pytest.mark.parametrize("mark", ["-99,5", "-99.5"])
def test_a_mark_may_have_the_decimal_point_of_the_table(read, mark):
    """Or that of the configuration."""
    text = export("x;y", lambda i: f"{'-99,50' if i == 3 else f'{i},5'};{i % 2}")
    found = read(text, columns=InputOptions(missing_values=(mark,)))
    assert_array_equal(np.flatnonzero(np.isnan(found.X[:, 0])), [3])


def test_nines_far_from_all_other_values_are_named(read):
    """They are numbers still, and how to make them missing values is said; near the others, nothing is."""
    found = read(export("t,u,y", lambda i: f"{-999 if i % 9 == 4 else i / 7},{i * 40 - 200},{i % 2}"))
    assert warnings(found) == (
        "t: -999 in 3 rows is far from all other values; if it stands for a missing value, "
        "set data.missing_values: [-999]",
    )
    assert found.X[4, 0] == -999
    assert suspected_missing(read(export("t,y", lambda i: f"{(999, 1000, 1001, 1090)[i % 4]},{i % 2}"))) == ()


@pytest.mark.parametrize(
    ("above", "rule", "row", "below"),
    [
        ("", "|---|:--:|---|", "| {0}.5 | {1} | {2} |", ""),
        ("", "-----+------+----", " {0}.5 | {1} | {2} ", "(30 rows)\n"),
        ("+---+---+---+\n", "+---+---+---+", "| {0}.5 | {1} | {2} |", "+---+---+---+\n30 rows in set\n"),
    ],
    ids=["Markdown", "psql", "mysql"],
)
def test_a_rule_below_the_header_is_no_row(read, above, rule, row, below):
    """Nor is one below the table: tables as they are printed for people."""
    lines = [row.format("x", "w", "y").replace(".5", ""), rule]
    lines += [row.format(i, "ab"[i % 2], i % 3) for i in range(ROWS)]
    found = read(above + "\n".join(lines) + "\n" + below, target=["y"])
    assert len(found.X) == ROWS
    assert_array_equal(found.X[:, 0], [i + 0.5 for i in range(ROWS)])
    assert any("a rule below the header" in note for note in found.notes)


@pytest.mark.parametrize(
    "between",
    ["---|---|---\n cm | kg | \n", " cm | kg | \n---|---|---\n", "---|---|---\n cm | kg | \n---|---|---\n"],
    ids=["rule, units", "units, rule", "rule, units, rule"],
)
def test_rules_stand_above_and_below_units(read, between):
    """Each is skipped, and said with its line."""
    found = read(export(f" x | w | y \n{between[:-1]}", lambda i: f" {i}.5 | {i}.25 | {i % 3} "))
    assert found.features == ("x", "w")
    assert_array_equal(found.X[:, 0], [i + 0.5 for i in range(ROWS)])
    lines = between.count("\n")
    assert [note.split(": ")[0] for note in found.notes if "skipped" in note] == [
        f"line {2 + i} skipped" for i in range(lines)
    ]
    assert any("units (cm, kg)" in note for note in found.notes)


def test_a_rule_is_told_from_a_long_cell_in_one_pass():
    """One search for a rule in n dashes that end in text must not begin again at each of them."""
    assert is_rule(["|:---|:--:|"])
    assert is_rule(["-" * 1_000_000])
    assert not is_rule(["-" * 30_000 + "x"])
    assert not is_rule(["---", "+|:"])
    assert not is_rule(["--", "=="])


def test_amounts_alone_show_a_decimal_comma(read):
    """Where no plain number has one; 1.234,50 is no number with a point."""
    found = read(export("x;valor;y", lambda i: f"{i};R$ 1.{200 + i},50;{'SIM' if i % 2 else 'NÃO'}"))
    assert_array_equal(found.X[:, -1], [1200.5 + i for i in range(ROWS)])
    assert "decimal comma" in found.notes


def test_one_unit_after_every_number_is_left_out(read):
    """Of many numbers; few are categories, and with two units the column is text."""
    cell = "{0}5.5 cm,{1} doors,{0}.5°C"
    found = read(export("h,doors,t,y", lambda i: f"{cell.format(i, 2 + i % 2)},{i % 2}"))
    assert kinds(found) == {"h": "number", "doors": "category", "t": "number"}
    assert [role.why for role in found.roles] == ["cm left out", "", "°C left out"]
    assert_array_equal(found.X, [[float(f"{i}5.5"), i + 0.5] for i in range(ROWS)])
    mixed = export("x,h,y", lambda i: f"{i}.5,{i}5 {'in' if i == 9 else 'cm'},{i % 2}")
    assert kinds(read(mixed))["h"] == "left out"


@pytest.mark.parametrize(
    "cell", ['"{},100 K"', "{}A", "{} Jan", "{} may", "{} Sept.", "{}.5 K", "{}.5 k", "{} M"]
)
def test_codes_dates_and_amounts_have_no_unit(read, cell):
    """Seats, days of a month, and thousands and millions after a blank are not read as their number."""
    found = read(export("x,c,y", lambda i: f"{i}.5,{cell.format(i + 1)},{i % 2}"))
    assert kinds(found) == {"x": "number", "c": "left out"}


@pytest.mark.parametrize("cell", ["{} m", "{}'", "{}°", "{}kg", "{} dec/s"])
def test_short_units_are_left_out(read, cell):
    """A letter after a blank, and a mark."""
    found = read(export("c,y", lambda i: f"{cell.format(i + 1)},{i % 2}"))
    assert_array_equal(found.X[:, 0], np.arange(1.0, ROWS + 1))


def test_few_measures_are_numbers_where_that_is_declared(read):
    """The unit is left out as it is after many."""
    text = export("h,y", lambda i: f"{170 + i % 4} cm,{i % 2}")
    assert kinds(read(text)) == {"h": "category"}
    found = read(text, columns=InputOptions(numbers=("h",)))
    assert found.roles[0].why == "cm left out"
    assert_array_equal(found.X[:, 0], [170.0 + i % 4 for i in range(ROWS)])


def test_names_and_values_above_a_blank_line_are_no_rows(read, refuse):
    """As the World Bank puts them above a table; without the blank line, the row is too short."""
    above = '"Data Source","World Development Indicators",\n\n"Last Updated","2024-03-01",\n'
    row = "Land {0},L{0:02d},0.{0},{0}.5,1.{0},{1},".format
    text = above + "\n" + export("Country,Code,1990,2000,2010,Income,", lambda i: row(i, "ab"[i % 2]))
    found = read(text)
    assert found.features == ("1990", "2000", "2010")
    assert len(found.X) == ROWS
    assert found.notes[0] == "line 1 ('Data Source,World Development Indicators') skipped: a title"
    assert "this row has 7 cells, the header has 3" in refuse(text.replace("\n\n", "\n"))


def test_one_letter_for_yes_and_no_is_read_in_either_case(read):
    """Y and y are one class where all others are n or N; A and a are two."""
    assert read(export("x,paid", lambda i: f"{i}.5,{'YNyn'[i % 4]}")).classes == ("N", "Y")
    assert read(export("x,kind", lambda i: f"{i}.5,{'AaBb'[i % 4]}")).classes == ("A", "B", "a", "b")


def test_marks_of_stata_are_missing_values(read):
    """.a to .z, beside the point."""
    found = read(export("x,y", lambda i: f"{'.a' if i == 4 else '.' if i == 5 else i + 0.5},{i % 2}"))
    assert_array_equal(np.flatnonzero(np.isnan(found.X[:, 0])), [4, 5])


def test_numbers_of_sixteen_digits_are_identifiers(read):
    """As those of cards are."""
    found = read(export("card,x,y", lambda i: f"{4_000_123_412_341_234 + 7 * i},{i}.5,{i % 2}"))
    assert kinds(found) == {"card": "left out", "x": "number"}
    found = read(export("key18,x,y", lambda i: f"{400_012_341_234_123_412 + 7001 * i},{i}.5,{i % 2}"))
    assert kinds(found)["key18"] == "left out"


def test_large_quantities_are_no_identifiers(read):
    """Frequencies and concentrations in scientific notation, results with a fraction, times in microseconds."""
    row = "{0}.{1:02d}e15,{0}.{1:02d}e17,{2}.75,{3},{4}".format
    found = read(
        export(
            "hertz,doping,result,time,y",
            lambda i: row(2 + i % 7, i, 2_100_000_123_412_341 + i, 1_732_000_123_456_789 + 997 * i, i % 2),
        )
    )
    assert kinds(found) == dict.fromkeys(("hertz", "doping", "result", "time"), "number")


ABOVE = {
    "a logger with a blank line": (
        "Device: TX-200\nSerial: 12345\nStart: 2024-01-01 00:00:00\nInterval: 60 s\n\nTime,Temp,RH,state\n",
        lambda i: f"2024-01-01 {i % 24:02d}:00:00,{i}.5,{i * 2},{'ab'[i % 2]}",
        "lines 1 to 4 skipped: above the table",
    ),
    "names and values": (
        "Device,TX-200\nSerial,12345\nTime,Temp,RH,state\n",
        lambda i: f"{'pq'[i % 2]},{i}.5,{i * 2},{'ab'[i % 2]}",
        "line 1 ('Device,TX-200') skipped: a title; line 2 ('Serial,12345') skipped: a title",
    ),
    "a data logger of Campbell": (
        '"TOA5","CR1000","CR1000","1234","CR1000.Std.32","CPU:prog","5678","T1"\n"TIMESTAMP","Temp","RH","state"\n'
        '"TS","Deg C","%",""\n"","Avg","Smp",""\n',
        lambda i: f'"2024-01-01 {i % 24:02d}:00:00",{i}.5,{i * 2},{"ab"[i % 2]}',
        "line 3 skipped: units (TS, Deg C, %); line 4 skipped: units (Avg, Smp)",
    ),
    "Qualtrics": (
        "when,Temp,RH,state\nWhen?,How warm?,How humid?,State\n"
        + ",".join(f'"{{""ImportId"":""{name}""}}"' for name in "pqrs")
        + "\n",
        lambda i: f"2024-01-01,{i}.5,{i * 2},{'ab'[i % 2]}",
        "line 2 skipped: questions and codes of Qualtrics; line 3 skipped: questions and codes of Qualtrics",
    ),
    "SurveyMonkey": (
        "when,Temp,RH,state\nResponse,Open-Ended Response,,Response\n",
        lambda i: f"{'pq'[i % 2]},{i}.5,{i * 2},{'ab'[i % 2]}",
        "line 2 skipped: units (Response, Open-Ended Response, Response)",
    ),
    "Orange": (
        "when\tTemp\tRH\tstate\nd\tc\tc\td\n\t\t\tclass\n",
        lambda i: f"{'pq'[i % 2]}\t{i}.5\t{i * 2}\t{'ab'[i % 2]}",
        "line 2 skipped: units (d, c, c, d); line 3 skipped: units (class)",
    ),
}


@pytest.mark.parametrize("kind", ABOVE)
def test_records_around_the_header_are_left_out(read, kind):
    """Of other widths above it; questions, units and types below it."""
    above, row, note = ABOVE[kind]
    found = read(above + "\n".join(map(row, range(ROWS))) + "\n")
    assert found.classes == ("a", "b")
    assert found.features == ("Temp", "RH")
    assert_array_equal(found.X, [[i + 0.5, 2 * i] for i in range(ROWS)])
    assert note in "; ".join(found.notes)


def test_a_header_of_another_width_is_a_fault(refuse):
    """It is no title, as the row below it is one of data."""
    table = export("x,y", lambda i: f"{i}.5,{i * 2},{i % 7},{'ab'[i % 2]}")
    assert "data.csv:2: this row has 4 cells, the header has 2" in refuse(table)


@pytest.mark.parametrize(
    ("row", "values"),
    [
        (
            lambda i: f"  {i}.5D+00  {-i}.25D-01 {i % 2}",
            lambda i: [i + 0.5, -(i + 0.25) / 10 if i else 0.025],
        ),
        (lambda i: f"{i} km,${i + 1},{i % 2}", lambda i: [i, i + 1]),
    ],
)
def test_amounts_over_amounts_are_no_header(read, row, values):
    """The first row of a table without a header stays a row."""
    found = read("".join(row(i) + "\n" for i in range(ROWS)), "data.txt")
    assert "no header" in found.notes
    np.testing.assert_allclose(found.X, [values(i) for i in range(ROWS)], rtol=1e-12)


def test_dates_over_dates_are_no_header(read):
    """Nor are units; each of them is a word that does not come again."""
    found = read("".join(f"2024-01-{i + 1:02d},{i + 1} km,${i}.5,{'ab'[i % 2]}\n" for i in range(ROWS)))
    assert len(found.X) == ROWS


@pytest.mark.parametrize(
    "cell", ["\u200b{}.5", "\ufeff{}.5", "\u200e{}.5\u200e", '="{}.5"', "+{}.5", "\u00a0{}.5 "]
)
def test_what_surrounds_a_cell_does_not_count(read, cell):
    """Invisible characters of web pages, and the formula that keeps Excel from changing a cell."""
    found = read(export("x,c,y", lambda i: f"{cell.format(i)},{i % 7},{i % 2}"))
    assert_array_equal(found.X[:, 0], [i + 0.5 for i in range(ROWS)])
    words = read(export("x,y", lambda i: f"{i}.5,{cell.format('ab'[i % 2])}"))
    assert words.classes in (("a.5", "b.5"), ("+a.5", "+b.5"))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("\u2013{}.5", lambda i: -i - 0.5),
        ("{}.5+002", lambda i: 100 * i + 50),
        ("{}.5-", lambda i: -i - 0.5),
        ('"1,0{:02d}.5-"', lambda i: -1000 - i - 0.5),
        ("{}.5 ‰", lambda i: i + 0.5),
        ('"1,1{:02d} km"', lambda i: 1100 + i),
        ("1 1{:02d} km", lambda i: 1100 + i),
        ('"12,34,5{:02d} km"', lambda i: 1234500 + i),
        ("\u2212{} °C", lambda i: -i),
    ],
)
def test_more_ways_to_write_a_number(read, cell, value):
    """A dash for minus, exponents of Fortran without a letter, thousands before a unit."""
    found = read(export("x,c,y", lambda i: f"{cell.format(i)},{i % 7},{i % 2}"))
    np.testing.assert_allclose(found.X[:, 0], [value(i) for i in range(ROWS)], rtol=1e-12)


def test_full_width_digits_are_digits(read):
    """As East Asian keyboards write them."""
    wide = str.maketrans("0123456789.", "０１２３４５６７８９．")
    found = read(export("x,c,y", lambda i: f"{f'{i}.5'.translate(wide)},{i % 7},{i % 2}"))
    assert_array_equal(found.X[:, 0], [i + 0.5 for i in range(ROWS)])
    assert found.roles[0].why == "full-width digits read as 0 to 9"


def test_thousands_and_a_decimal_comma_stand_before_a_unit(read):
    """1.100,5 kg is 1100.5."""
    found = read(export("x;y", lambda i: f"1.{100 + i},5 kg;{i % 2}"))
    assert_array_equal(found.X[:, 0], [1100.5 + i for i in range(ROWS)])


def test_a_target_with_a_unit_is_a_number(read):
    """Of many numbers; few are labels, unless the task says otherwise."""
    table = export("x,z,h", lambda i: f"{i}.5,{i % 7},{150 + i} cm")
    found = read(table)
    assert (found.task, found.formats) == ("regression", ("unit cm",))
    assert_array_equal(found.targets[:, 0], [150.0 + i for i in range(ROWS)])
    assert "h: cm left out" in found.notes
    few = export("x,h", lambda i: f"{i}.5,{150 + i % 3} cm")
    assert read(few).classes == ("150 cm", "151 cm", "152 cm")
    assert_array_equal(read(few, task="regression").targets[:4, 0], [150, 151, 152, 150])


def test_a_last_row_of_totals_is_left_out(read):
    """Where it is called so, and a number of it is the sum of the others."""
    table = export("region,x,y", lambda i: f"{'ab'[i % 2]},{i}.5,{3 * i}.25")
    sums = f"Total,{sum(i + 0.5 for i in range(ROWS))},{sum(3 * i + 0.25 for i in range(ROWS))}\n"
    found = read(table + sums)
    assert len(found.X) == ROWS
    assert f"line {ROWS + 2} skipped: totals" in found.notes
    assert found.categories[0].levels == ("a", "b")
    assert len(read(table + "Total,17.5,40.25\n").X) == ROWS + 1


def test_a_colour_is_no_comment(read):
    """Nor are rows that all begin with #; a line that begins with it among others is one."""
    found = read(export("colour,x,y", lambda i: f"#{'ff0000' if i % 2 else '00ff80'},{i}.5,{i % 2}"))
    assert found.categories[0].levels == ("#00ff80", "#ff0000")
    found = read(export("tag,x,y", lambda i: f"#{'ab'[i % 2]},{i}.5,{i % 2}"))
    assert found.categories[0].levels == ("#a", "#b")


@pytest.mark.parametrize(
    ("cell", "hour"),
    [
        ("{0:02d}:30", lambda i: i % 24 + 0.5),
        ("{0:02d}:00:36", lambda i: i % 24 + 0.01),
        ("2024/01/15 {1}:30:00 AM GMT+1", lambda i: i % 12 + 0.5),
        ("2024-01-15 {0:02d}:30:00 UTC", lambda i: i % 24 + 0.5),
        ("15.01.2024 {0:02d}:30 CEST", lambda i: i % 24 + 0.5),
        ("2024-01-15T{0:02d}:30:00+02:00", lambda i: i % 24 + 0.5),
    ],
)
def test_times_of_day_and_zones_are_read(read, cell, hour):
    """Where data.dates names the column; the zone is left out."""
    text = export("x,t,y", lambda i: f"{i % 7},{cell.format(i % 24, i % 12 or 12)},{i % 2}")
    assert kinds(read(text))["t"] == "left out"
    found = read(text, columns=InputOptions(dates=("t",)))
    np.testing.assert_allclose(
        found.X[:, found.features.index("t: hour")], [hour(i) for i in range(ROWS)], rtol=1e-12
    )


@pytest.mark.parametrize(
    ("cell", "hours"), [("{}:06:36", lambda i: i + 0.11), ("1{:02d}:30", lambda i: i + 100.5)]
)
def test_durations_are_days_and_hours(read, cell, hours):
    """Of more than a day too, where data.dates names the column: days count from the first of 1900."""
    text = export("x,t,y", lambda i: f"{i % 7},{cell.format(i)},{i % 2}")
    found = read(text, columns=InputOptions(dates=("t",)))
    days = found.X[:, found.features.index("t: day")]
    np.testing.assert_allclose(days + 25567, [hours(i) / 24 for i in range(ROWS)], rtol=0, atol=1e-9)


def test_few_times_of_day_are_categories(read):
    """As other words are."""
    found = read(export("t,x,y", lambda i: f"{('08:00', '12:30', '18:00')[i % 3]},{i}.5,{i % 2}"))
    assert kinds(found)["t"] == "category"


def test_dates_are_no_classes(refuse):
    """A last column of dates was probably not meant to be the target."""
    message = refuse(export("x,d", lambda i: f"{i}.5,2024-01-{i % 28 + 1:02d}"))
    assert "target 'd': 28 different dates or times are probably not classes" in message


def test_a_zip_archive_with_one_table_is_read(read, refuse):
    """Under any name; one with several tables, a damaged one and one that is none are refused."""
    table = export("x,c,y", lambda i: f"{i}.5,{i % 7},{i % 2}")

    def packed(*names):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(name, table)
        return stream.getvalue()

    for name in "data.csv.zip", "archive.zip", "data.csv":
        found = read(packed("deep/data.csv", "__MACOSX/._data.csv"), name)
        assert_array_equal(found.X[:, 0], [i + 0.5 for i in range(ROWS)])
        assert found.notes == ("'deep/data.csv' in a ZIP archive",)
    assert "this is a ZIP archive; unpack it" in refuse(packed("a.csv", "b.csv"))
    whole = packed("data.csv")
    assert "ZIP" in refuse(whole[: len(whole) // 2])
    middle = whole[:60] + bytes(20) + whole[80:]
    assert "data.csv: the ZIP file is damaged" in refuse(middle)


def test_a_folder_in_a_zip_archive_is_no_table(read, refuse):
    """Nor is a table there that LZMA has packed: its damage would have no message."""
    table = export("x,c,y", lambda i: f"{i}.5,{i % 7},{i % 2}")
    for method in zipfile.ZIP_STORED, zipfile.ZIP_LZMA:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            archive.writestr("deep/", "")
            archive.writestr("deep/data.csv", table)
        if method == zipfile.ZIP_STORED:
            assert read(stream.getvalue()).notes == ("'deep/data.csv' in a ZIP archive",)
        else:
            assert "this is a ZIP archive; unpack it" in refuse(stream.getvalue())


def test_what_a_zip_archive_unpacks_to_has_a_limit(refuse, monkeypatch):
    """As for gzip."""
    monkeypatch.setattr("bpcli.datasets.text_source._UNPACKED", 1 << 20)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", "a,b,y\n" + "0,0,1\n1,1,0\n" * 200_000)
    assert "data.csv: the ZIP file unpacks to more where 1 MiB is the limit" in refuse(stream.getvalue())


def test_too_many_columns_are_refused_before_a_line_is_split(read, refuse, monkeypatch):
    """With any delimiter; delimiters within quotes, and blanks after the first, are none."""
    monkeypatch.setattr("bpcli.datasets.text_table._MOST_COLUMNS", 100)
    for delimiter in ",;\t ":
        wide = delimiter.join(map(str, range(101))) + "\n"
        assert "data.csv:1: about 101 cells in this line, where 100 columns are the most" in refuse(wide * 3)
    assert "data.csv:2: about 101 cells" in refuse("a,b,y\n" + ",".join("7" * 101) + "\n")
    quoted = export("x,c,y", lambda i: f'{i}.5,"{150 * "a,"}",{i % 2}')
    assert len(read(quoted).X) == ROWS
    padded = export("x c y", lambda i: f"{i}.5{' ' * 150}{i % 7}   {i % 2}")
    assert len(read(padded).X) == ROWS


def test_a_unit_may_be_left_out_now_and_then(read):
    """The numbers without it are meant in the same unit."""
    found = read(export("x,c,y", lambda i: f"{i}.5{'' if i == 4 else ' kg'},{i % 7},{i % 2}"))
    assert_array_equal(found.X[:, 0], [i + 0.5 for i in range(ROWS)])


@pytest.mark.parametrize("above", ["# made by night\n#\n# {}\n", "##version=4.2\n#{}\n", "# {}\n"])
@pytest.mark.parametrize("delimiter", [" ", ",", "\t"])
def test_the_last_comment_above_the_rows_names_the_columns(read, above, delimiter):
    """As NumPy's savetxt and tools of biology write it, where it has a word for each column."""
    names, row = delimiter.join(["x", "c", "y"]), lambda i: delimiter.join([f"{i}.5", str(i % 7), str(i % 2)])
    text = "".join(row(i) + "\n" for i in range(ROWS))
    found = read(above.format(names) + text, "data.txt")
    assert found.features == ("x", "c")
    assert_array_equal(found.X[:, 0], [i + 0.5 for i in range(ROWS)])
    unnamed = read(above.format("made in spring, by hand and at night") + text, "data.txt")
    assert len(unnamed.X) == ROWS
    assert unnamed.features[0] == "column 0"


@pytest.mark.parametrize("error", ["#WERT!", "#NV", "#VALEUR!", "#N/D", "#¡REF!", "#DIV/0!"])
def test_errors_of_spreadsheets_are_missing_values_and_no_comments(read, error):
    """In the first column too, where a comment would begin."""
    found = read(export("x,c,y", lambda i: f"{error if i % 9 == 4 else f'{i}.5'},{i % 7},{i % 2}"))
    assert len(found.X) == ROWS
    assert np.isnan(found.X[:, 0]).sum() == 3


def test_a_decimal_comma_may_have_an_exponent(read):
    """Where no number has a comma without one."""
    found = read(export("x;c;y", lambda i: f"{i},5E+03;{i % 7};{i % 2}"))
    assert_array_equal(found.X[:, 0], [1000 * i + 500 for i in range(ROWS)])


def test_rows_may_end_with_delimiters_that_the_header_lacks(read):
    """Any number of them, as long as nothing stands there."""
    found = read(export("x,c,y", lambda i: f"{i}.5,{i % 7},{i % 2},,"))
    assert found.features == ("x", "c")
    assert "every row ends with 2 delimiters that the header lacks" in found.notes


def test_what_cannot_be_read_names_the_option(read, refuse):
    """And with that option it is read."""
    text = "% x c y\n" + "".join(f"{i}.5 {i % 7} {i % 2}\n" for i in range(ROWS))
    assert "set data.comment: '%'" in refuse(text, "data.dat")
    assert len(read(text, "data.dat", read=ReadOptions(comment="%")).X) == ROWS
    infinite = export("x,c,y", lambda i: f"{'Inf' if i == 4 else f'{i}.5'},{i % 7},{i % 2}")
    assert "'Inf' is not finite" in (message := refuse(infinite))
    assert "--set data.invalid=missing" in message
    assert len(read(infinite, columns=InputOptions(invalid="missing")).X) == ROWS
    assert "remove the quotes around whole rows" in refuse('"x,y"\n"1,0"\n"2,1"\n')


def test_leading_zeros_that_are_dropped_are_said(read):
    """Of digits of one length; the column is kept as it is written where data.categories names it."""
    text = export("plz,n,x,y", lambda i: f"{('01067', '10115', '80331')[i % 3]},0{i % 10},{i}.5,{i % 2}")
    found = read(text)
    assert found.features == ("plz", "n", "x")
    assert found.notes == ("'plz' without its leading zeros; if these are codes, name it in data.categories",)
    kept = read(text, columns=InputOptions(categories=("plz",)))
    assert kept.categories[0].levels == ("01067", "10115", "80331")
    assert kept.notes == ()


@pytest.mark.parametrize("above", ["", "# a\n"])
def test_a_comment_with_an_open_quote_is_no_header(read, above):
    """It names nothing."""
    found = read(above + '#"x,y\n1,0\n2,1\n3,0\n')
    assert_array_equal(found.X[:, 0], [1, 2, 3])


@pytest.mark.parametrize("cell", ["{}.5-120", "1.{}-001", "{}-", "200{}-"])
def test_ranges_versions_and_marks_in_school_are_words(read, cell):
    """No exponent is meant by a hyphen, and no minus by one after a whole number."""
    table = export("x,c,y", lambda i: f"{i % 7}.5,{cell.format(i % 5 + 1)},{i % 2}")
    assert kinds(read(table))["c"] == "category"


def test_exponents_below_a_hundredth_may_lack_their_letter(read):
    """As Fortran writes them, after three digits or more of a fraction."""
    found = read(export("x,y", lambda i: f"{i}.500-101,{i % 2}"))
    np.testing.assert_allclose(found.X[:, 0], [(i + 0.5) * 1e-101 for i in range(ROWS)], rtol=1e-12)


def test_a_time_of_day_that_another_follows_is_none(read):
    """10:00-12:00 is not ten o'clock twelve hours west of Greenwich."""
    assert date_format(["10:00-12:00", "08:00-09:30"]) == ""
    assert date_format(["10:00 UTC", "08:00"]) == "%H:%M"
    assert date_format(["2024-01-15 08:00:00-05:00"]) == "iso"


def test_a_row_of_words_that_comes_again_need_not_name_the_columns(read):
    """Where no column has numbers, and other rows come again as well."""
    found = read("".join("sunny,no\n" if i % 2 else "rainy,yes\n" for i in range(ROWS)))
    assert len(found.X) == ROWS
    assert len(read("half,c\nhalf,c\nfull,a\n").X) == 3


def test_numbers_that_are_equal_to_a_header_of_numbers_are_a_row(read):
    """As a data frame without names is written: 0,1,2 above the rows, and once among them."""
    found = read(export("0,1,2", lambda i: f"{i}.5,{i % 7},{i % 2}", below="0,1,2\n"))
    assert len(found.X) == ROWS + 1


def test_what_divides_cells_is_no_part_of_a_unit(read):
    """Prices with thousands between tabs, and blanks within cells between semicolons."""
    prices = read("".join(f"${1000 + 37 * i:,}\t{'ab'[i % 2]}\n" for i in range(ROWS)))
    assert_array_equal(prices.X[:, 0], [1000 + 37 * i for i in range(ROWS)])
    blanks = read("".join(f"{i % 7};{i % 5}h {i}m;{'ab'[i % 2]}\n" for i in range(ROWS)))
    assert (blanks.features, blanks.classes) == (("column 0",), ("a", "b"))


def test_a_name_may_be_a_number_with_another_unit(read):
    """100 m above 11.2 s is a discipline."""
    found = read(export("100 m,200 m,y", lambda i: f"1{i}.5 s,2{i}.5 s,{i % 2}"))
    assert (len(found.X), found.features) == (ROWS, ("100 m", "200 m"))


def test_a_sum_among_categories_is_no_total(read):
    """A column of zeros has the sum zero in every row, and the word comes again."""
    zeros = export("op,x,y", lambda i: f"{['sum', 'mean'][i % 2]},0,{i % 2}")
    assert len(read(zeros + "sum,0,1\n").X) == ROWS + 1
    assert len(read(zeros + "total,0,1\n").X) == ROWS + 1
    ones = export("op,x,y", lambda i: f"{['sum', 'mean'][i % 2]},1,{i % 2}")
    assert len(read(f"{ones}sum,{ROWS},1\n").X) == ROWS + 1


@pytest.mark.parametrize("cell", ["9" * 200_000 + "x", "9" * 200_000 + "-", "ab:" * 100_000])
def test_long_cells_are_read_in_one_pass(cell):
    """Neither as numbers nor as dates: backtracking would take minutes."""
    assert number(cell) is None
    assert number(cell, ",") is None
    assert date_format([cell] * 20) == ""


def test_digits_that_int_does_not_read_are_text(read, refuse):
    """A superscript is a digit of Unicode and no number, in a first row as in the name of a target."""
    assert len(read(export("5,²,7", lambda i: f"{i}.5,²,{i % 2}")).X) in {ROWS, ROWS + 1}
    assert "no column '²'" in refuse(export("x,y", lambda i: f"{i}.5,{i % 2}"), target=("²",))
    assert "no column '--1'" in refuse(export("x,y", lambda i: f"{i}.5,{i % 2}"), target=("--1",))


def test_no_thousands_begin_with_a_zero(refuse):
    """Among decimal commas 0.123 is not 123."""
    table = export("x;z;y", lambda i: f"{'0.123' if i == 20 else f'{i},5'};{i},25;{'ab'[i % 2]}")
    assert "'0.123' is not a number" in refuse(table)
