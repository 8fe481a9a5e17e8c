"""What a run has to tell: which rows each filter removed."""

from pipeline.outcome import notes


def test_notes_say_how_many_rows_each_filter_removed() -> None:
    figures = {
        "also_bought": {
            "basket_count": 9,
            "few_person_pair_count": 3,
            "insignificant_pair_count": 1234,
            "low_rank_row_count": 0,
        },
        "also_viewed": {"basket_count": 9, "insignificant_pair_count": 0},
    }
    expected = (
        "also_bought: left out 3 pairs with too few persons, 1,234 pairs that chance explains"
    )
    assert [expected] == list(notes(figures))


def test_a_stage_without_a_message_has_no_note() -> None:
    figures = {"association_rules": {"message": None, "rule_count": 7}, "rfm_segments": {}}
    assert [] == list(notes(figures))
