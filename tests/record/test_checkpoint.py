"""Signed tree heads: what is signed, and what is believed."""

import base64

import pytest

from eventapp.record.checkpoint import BadProofError, key_id, sign, verifier_key, verify
from tests.record.paper import KEY, ORIGIN, OTHER_KEY, PUBLIC

ROOT = bytes(range(32))
HEAD = sign([KEY], ORIGIN, 42, ROOT)


def test_a_head_is_written_as_c2sp_describes_it():
    origin, size, root, blank, signature, end = HEAD.text.split("\n")
    assert (origin, size, root) == (ORIGIN, "42", base64.b64encode(ROOT).decode())
    assert (blank, end) == ("", "")
    assert signature.startswith(f"— {ORIGIN} ")


def test_the_signature_is_over_the_three_lines_and_names_its_key():
    body, _, line = HEAD.text.partition("\n\n")
    signed = base64.b64decode(line.split(" ")[2])
    assert signed[:4] == key_id(ORIGIN, PUBLIC)
    KEY.public_key().verify(signed[4:], f"{body}\n".encode())


def test_the_key_id_is_that_of_the_go_checksum_database():
    """The published key of sum.golang.org carries its own id, so it shows that ours is computed alike."""
    name, wanted, encoded = "sum.golang.org", "033de0ae", "Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    public_key = base64.b64decode(encoded)[1:]
    assert key_id(name, public_key).hex() == wanted
    assert verifier_key(name, public_key) == f"{name}+{wanted}+{encoded}"


def test_a_good_head_is_believed():
    assert verify(HEAD.text, [PUBLIC], origin=ORIGIN) == HEAD


def test_lines_of_witnesses_that_nobody_knows_are_passed_over():
    witness = sign([OTHER_KEY], "witness.example", 42, ROOT).text.split("\n")[-2]
    assert verify(f"{HEAD.text}{witness}\n", [PUBLIC]).size == 42


def test_while_keys_change_either_signature_will_do():
    both = sign([KEY, OTHER_KEY], ORIGIN, 42, ROOT)
    for key in (KEY, OTHER_KEY):
        assert verify(both.text, [key.public_key().public_bytes_raw()]).root == ROOT


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("format", ""),
        ("format", HEAD.text.replace("\n\n", "\n")),
        ("format", HEAD.text.replace("\n42\n", "\n042\n")),
        ("format", HEAD.text.replace("\n42\n", "\n-42\n")),
        ("format", HEAD.text.replace("\n42\n", "\n42\nmore\n")),
        ("format", HEAD.text.replace("\n42\n", f"\n{2**53}\n")),
        ("format", HEAD.text.replace("—", "-")),
        ("format", HEAD.text.removesuffix("\n")),
        ("format", HEAD.text + "\n"),
        ("format", HEAD.text.split("\n\n")[0] + "\n\n" + HEAD.text.split("\n\n")[1] * 17),
        ("key", HEAD.text.replace("narkotika", "cykelstier")),
        ("key", sign([OTHER_KEY], ORIGIN, 42, ROOT).text),
        ("key", HEAD.text.split("\n\n")[0] + "\n\n"),
        ("signature", HEAD.text.replace("\n42\n", "\n43\n")),
        ("signature", sign([KEY], ORIGIN, 42, bytes(32)).text.split("\n\n")[0] + "\n\n" + HEAD.text.split("\n\n")[1]),
    ],
)
def test_anything_else_is_refused_with_its_reason(code, text):
    with pytest.raises(BadProofError) as refusal:
        verify(text, [PUBLIC])
    assert refusal.value.code == code


def test_the_head_of_another_log_is_not_taken_for_this_one():
    with pytest.raises(BadProofError):
        verify(HEAD.text, [PUBLIC], origin="kobenhavn/case/cykelstier")


def test_an_origin_with_a_blank_is_not_signed():
    with pytest.raises(ValueError, match="origin"):
        sign([KEY], "kobenhavn/case/to ord", 1, ROOT)
