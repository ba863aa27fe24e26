"""Modules that decode and are no entry of `decoders`: seen by a test of their own, or reading their own writing."""

from __future__ import annotations

from typing import Final

TILL: Final = "tests/unit/pos_engine"
DRIVERS: Final = "tests/unit/drivers"
CABLE: Final = "tests/unit/drivers/pass_through"
HTTP: Final = "tests/integration/http/test_any_request.py"

SEEN_ELSEWHERE: Final[dict[str, str]] = {
    "pos_engine.wire.documents": f"{TILL}/wire/test_documents.py::test_noise_is_refused_or_read_never_a_crash",
    "pos_engine.wire.http_signature": (
        f"{TILL}/wire/test_http_signature.py::test_any_fields_are_refused_in_our_own_words"
    ),
    "pos_engine.registers.nexo.codec": f"{TILL}/registers/nexo/test_codec.py::test_any_bytes_are_rejected_or_read",
    "pos_engine.daemon.hub": f"{HTTP}::test_the_tills_routes",
    "pos_engine.daemon.card_value_api": f"{HTTP}::test_the_tills_routes",
    "pos_engine.daemon.counter_api": f"{HTTP}::test_the_tills_routes",
    "backoffice.sync_api.routes": f"{HTTP}::test_the_sync_routes_signed",
    "backoffice.api.routes": f"{HTTP}::test_the_json_interface_with_a_token",
    "backoffice.api.calls": f"{HTTP}::test_the_json_interface_with_a_token",
    "drivers.register_line.dle_framing": f"{DRIVERS}/register_line/test_framings.py::test_never_fails_and_recovers",
    "drivers.register_line.length_framing": f"{DRIVERS}/register_line/test_framings.py::test_never_fails_and_recovers",
    "drivers.register_line.marked_framing": f"{DRIVERS}/register_line/test_framings.py::test_never_fails_and_recovers",
    "drivers.pass_through.stream": f"{CABLE}/test_stream.py::test_every_byte_comes_out_once_and_in_order",
    "drivers.pass_through.messages": f"{CABLE}/test_messages.py::test_messages_come_out_whole_however_they_are_cut",
    "drivers.pcsc_reader.atr": f"{DRIVERS}/pcsc_reader/test_atr_and_uid.py::test_any_answer_to_reset_is_some_kind",
    "pos_engine.checkout.returning": f"{HTTP}::test_the_sync_routes_signed",
    "backoffice.vault": "tests/unit/backoffice/test_vault.py::test_one_changed_bit_is_noticed",
}
"""Module → the test that feeds it with anything."""

OWN_WRITING: Final[dict[str, str]] = (
    dict.fromkeys(
        (
            "pos_engine.checkout.closing",
            "pos_engine.checkout.paper",
            "pos_engine.checkout.pins",
            "pos_engine.checkout.records",
            "pos_engine.checkout.return_draft",
            "pos_engine.checkout.return_look",
            "pos_engine.checkout.sale",
            "pos_engine.daemon.nightly",
            "pos_engine.journal.card_rights",
            "pos_engine.journal.effects",
            "pos_engine.journal.identity",
            "pos_engine.journal.outbox",
            "pos_engine.journal.prints",
            "pos_engine.journal.receipt_list",
            "pos_engine.journal.replica",
            "pos_engine.receipts.day_end",
            "pos_engine.registers.nexo.after_sale",
            "pos_engine.sync.boots",
        ),
        "out of the till's own journal or replica, where it was checked before it was written",
    )
    | dict.fromkeys(
        (
            "backoffice.audiences.holdout",
            "backoffice.campaigns.form",
            "backoffice.campaigns.giving",
            "backoffice.card_artwork.kept",
            "backoffice.card_moves.decisions",
            "backoffice.cashiers.late_credit",
            "backoffice.imports.changes",
            "backoffice.imports.files",
            "backoffice.imports.remembered",
            "backoffice.imports.routes",
            "backoffice.flows.form",
            "backoffice.flows.plan",
            "backoffice.flows.services",
            "backoffice.imports.runs",
            "backoffice.imports.undo",
            "backoffice.papers.kept",
            "backoffice.members.merging",
            "backoffice.members.personal",
            "backoffice.messaging.audience",
            "backoffice.messaging.content",
            "backoffice.messaging.editing",
            "backoffice.messaging.page_parts",
            "backoffice.messaging.preparing",
            "backoffice.replays.ahead",
            "backoffice.replays.receipts",
            "backoffice.replays.runs",
            "backoffice.outlook.services",
            "backoffice.claims.services",
            "backoffice.network_campaigns.leading",
            "backoffice.prediction.services",
            "backoffice.reports.budget_marks",
            "backoffice.reports.comparison",
            "backoffice.reports.receipts",
            "backoffice.sync_api.coupons",
            "backoffice.sync_api.golden",
            "backoffice.sync_api.publishing",
            "backoffice.sync_api.set_files",
            "backoffice.sync_api.signed_sets",
            "backoffice.sync_api.tills",
            "backoffice.web.said",
            "backoffice.workshop.rule_versions",
            "backoffice.workshop.sealing",
            "backoffice.workshop.starter",
            "backoffice.workshop.undoing",
        ),
        "out of the back-office's own database or signed folder, where it was checked before it was written",
    )
    | {
        "pos_engine.replay.order": "what the process that started this one wrote for it",
        "pos_engine.core_choice": "a file that the build of the compiled core writes",
        "pos_engine.words.catalogue": "sentences that come with the program",
        "pos_engine.wire.prepared": "makes decoders, decodes nothing",
        "pos_engine.core.rank_bits": "bits of its own tables",
        **dict.fromkeys(("drivers.cards.aes_cmac", "drivers.cards.block_chain"), "arithmetic on blocks of 16 bytes"),
        "drivers.escpos.raster": "the shop's own logo, which the settings name; a damaged one is refused at the start",
        "backoffice.identity.totp": "arithmetic on a digest of its own",
        "backoffice.identity.factor_routes": "the user's own cookie, which is signed",
        "backoffice.clock": "the file of the simulated clock, read by the same rules as the till's",
        "pos_engine.daemon.doctor": "what this machine's own daemon says on loopback",
    }
)
"""Module that decodes → why nothing foreign gets there."""
