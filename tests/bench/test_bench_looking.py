"""What one look is said to cost is measured, with fewer incidents than `make bench` takes."""

from bench import looking


def test_a_look_is_bounded_and_the_table_says_by_what() -> None:
    few, more = looking.measure(many=(20, 60), repetitions=1)
    assert (few.incidents, few.rows, few.days) == (20, 20, 30)
    assert (more.incidents, more.rows) == (60, 60)
    assert looking.shown((few, more)).count("\n") == 3
