from __future__ import annotations

from drivers.escpos.progress import END_ID, PROCESS_ID_QUESTION, WORKED_OFF_QUESTION, Progress


def test_answers_without_a_name_count_in_order_and_never_beyond_what_was_sent() -> None:
    progress = Progress()
    progress.worked_off()
    assert progress.printed == 0
    progress.sent = 2
    for expected in (1, 2, 2):
        progress.worked_off()
        assert progress.printed == expected


def test_an_id_speaks_for_the_blocks_before_it_and_for_no_other_document() -> None:
    asked = []
    progress = Progress(7)
    for _ in range(3):
        progress.sent += 1
        asked.append(progress.question("process-id").removeprefix(PROCESS_ID_QUESTION))
    assert len({*asked, END_ID}) == 4
    progress.process_done(Progress(8).question("process-id").removeprefix(PROCESS_ID_QUESTION))
    assert progress.printed == 0
    progress.process_done(asked[1])
    assert (progress.printed, progress.unconfirmed) == (2, 1)
    progress.process_done(asked[0])
    assert progress.printed == 2


def test_a_printer_that_forgot_answers_the_last_question_only() -> None:
    progress = Progress()
    progress.sent, progress.printed = 5, 2
    assert progress.end_question("gs-r") == WORKED_OFF_QUESTION
    progress.worked_off()
    progress.end(answered=True)
    assert (progress.printed, progress.unconfirmed) == (2, 0)


def test_a_printer_that_kept_everything_answers_for_all_of_it() -> None:
    progress = Progress()
    progress.sent, progress.printed = 5, 2
    progress.end_question("gs-r")
    for _ in range(4):
        progress.worked_off()
    progress.end(answered=True)
    assert (progress.printed, progress.unconfirmed) == (5, 0)


def test_silence_credits_nothing() -> None:
    for confirm in ("gs-r", "process-id"):
        progress = Progress()
        progress.sent, progress.printed = 5, 2
        progress.end_question(confirm)
        progress.end(answered=False)
        assert (progress.printed, progress.unconfirmed) == (2, 0)


def test_ids_of_the_ten_thousandth_block_are_still_printable_ascii() -> None:
    progress = Progress(95 * 95 + 3)
    progress.sent = 95 * 95 + 1
    number = progress.question("process-id").removeprefix(PROCESS_ID_QUESTION)
    assert len(number) == 4
    assert all(0x20 <= byte <= 0x7E for byte in number)
