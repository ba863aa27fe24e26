"""The configuration file: defaults, and every mistake named with its line."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from pos_engine.daemon.config import Config, ConfigError, example_text, load_config, parse_config

HERE = Path("/etc/pos-engine/till.toml")


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, HERE)
    return caught.value.problems


def test_an_empty_file_is_the_default_and_so_is_the_example() -> None:
    assert parse_config(example_text(), HERE) == parse_config("", HERE)


def test_the_example_shows_every_setting() -> None:
    shown = set(re.findall(r"^#? ?(\w+) = ", example_text(), re.MULTILINE))

    def names(kind: type) -> set[str]:
        found: set[str] = set()
        for field in msgspec.structs.fields(kind):
            inner = field.type.__args__[0] if getattr(field.type, "__origin__", None) is tuple else field.type
            is_section = isinstance(inner, type) and issubclass(inner, msgspec.Struct)
            found |= names(inner) if is_section else {field.name}
        return found

    assert names(Config) - {"tax_codes", "trust"} <= shown
    assert "[nexo.tax_codes]" in example_text()
    assert "[cards.trust." in example_text()


def test_the_document_speaks_of_every_setting() -> None:
    document = (Path(__file__).parents[4] / "docs" / "configuration.md").read_text()
    missing = [
        name for name in re.findall(r"^#? ?(\w+) = ", example_text(), re.MULTILINE) if f"`{name}`" not in document
    ]
    assert missing == []


def test_paths_begin_at_the_folder_of_the_file() -> None:
    config = parse_config('[till]\ndata = "x/y"\n[register]\ntoken_file = "/run/token"', HERE)
    assert (config.till.data, config.register.token_file) == ("/etc/pos-engine/x/y", "/run/token")


def test_readers_and_tax_codes() -> None:
    readers = '[[reader]]\nname = "a"\naddress = "pcsc://"\n[[reader]]\nname = "b"\naddress = "serial:///dev/x"\n'
    text = readers + '[nexo.tax_codes]\nA = "8.1"'
    config = parse_config(text, HERE)
    assert [reader.name for reader in config.reader] == ["a", "b"]
    assert config.tax_codes_bp == {"A": 810}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[regster]\nport = 1", "line 1: regster is not a setting; did you mean register?"),
        ("[till]\n[register]\nprot = 1", "line 3: register.prot is not a setting; did you mean port?"),
        ("colour = 1", "line 1: colour is not a setting; known here: cards, hub, log, nexo"),
        ('[[reader]]\nname = "a"\nadress = "x"', "line 3: reader.adress is not a setting; did you mean address?"),
        ("[register]\n\nport = 70000", "line 3: register.port: Expected int <= 65535"),
        ('[register]\nport = "8081"', "line 2: register.port: Expected int, got str"),
        ('[sync]\nreconcile_at = "25:00"', "line 2: sync.reconcile_at: Expected str matching regex"),
        ("[sync]\nevery_s = 0", "line 2: sync.every_s: Expected int >= 1"),
        ('[log]\nlevel = "loud"', "line 2: log.level: Invalid enum value 'loud'"),
        ('[nexo]\nscale_labels = ["29"]', "line 2: nexo.scale_labels: '29': a pattern has 13 characters"),
        ('[nexo.tax_codes]\nA = "a lot"', "line 2: nexo.tax_codes.A: 'a lot' is no percentage"),
        (
            '[register]\nhost = "0.0.0.0"',
            "on the network (0.0.0.0) the daemon listens with TLS and a token only; set token_file",
        ),
        ('[register]\nhost = "till"', "line 2: register.host: 'till' is no IP address"),
        ('[register]\ntls_key = "k.pem"', "line 2: register.tls_key: tls_certificate and tls_key go together"),
        ('[simulation]\nclock_file = "c"', "line 2: simulation.clock_file: is set, but [simulation] enabled is false"),
        ("[simulation]\nenabled = true", "line 2: simulation.enabled: is true, but clock_file names no file"),
        ("[till\n", "till.toml: "),
        ('[[reader]]\nname = "a"\naddress = "x"\n' * 2, "two readers have the same name"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, says: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith("/etc/pos-engine/till.toml")
    assert says in problem


def test_all_unknown_settings_are_named_at_once() -> None:
    assert len(problems("a = 1\nb = 2\n[till]\nc = 3")) == 3


def test_on_the_network_with_tls_and_token_is_allowed() -> None:
    text = '[register]\nhost = "192.0.2.7"\ntoken_file = "t"\ntls_certificate = "c"\ntls_key = "k"'
    assert parse_config(text, HERE).register.host == "192.0.2.7"


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="config example >"):
        load_config(tmp_path / "none.toml")


def test_cards_are_trusted_with_less_never_with_more() -> None:
    config = parse_config('[cards.trust.uid]\nspend_on_line = "second_factor"\n', HERE)
    assert config.cards.trust == {"uid": {"spend_on_line": "second_factor"}}
    (problem,) = problems('[cards.trust.mifare_classic]\nspend_off_line = "yes"\n')
    assert 'mifare_classic.spend_off_line = "yes" would trust these cards with more than they can bear' in problem


def test_card_keys_begin_at_the_folder_of_the_file() -> None:
    assert parse_config('[cards]\nkey_files = ["till.keys"]', HERE).cards.key_files == ("/etc/pos-engine/till.keys",)


def test_files_of_the_hub_lie_beside_the_configuration() -> None:
    text = (
        '[hub]\nurl = "https://hub:8081"\ncertificate = "till.crt"\ntoken_file = "t"\ntills = { two = "two.token" }\n'
    )
    hub = parse_config(text, HERE).hub
    assert (hub.certificate, hub.token_file) == ("/etc/pos-engine/till.crt", "/etc/pos-engine/t")
    assert hub.tills == {"two": "/etc/pos-engine/two.token"}
