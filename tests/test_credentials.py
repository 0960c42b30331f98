"""Content Credentials, signed here with keys of the moment: the outcomes must stay apart."""

from __future__ import annotations

import io
import json
import socket
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from latentarchive import credentials
from latentarchive.credentials import ABSENT, ALTERED, BROKEN, INTACT, REMOTE, UNSUPPORTED, read_credentials
from latentarchive.errors import MissingExtra

c2pa = pytest.importorskip("c2pa", reason="the extra interop is not installed")
pytest.importorskip("cryptography", reason="comes with c2pa-python")

GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
MANIFEST = {
    "claim_generator_info": [{"name": "test", "version": "1"}],
    "format": "image/jpeg",
    "title": "x",
    "assertions": [
        {"label": "c2pa.actions", "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": GENERATED}]}},
        {
            "label": "cawg.training-mining",
            "data": {
                "entries": {
                    "cawg.ai_generative_training": {"use": "notAllowed"},
                    "cawg.ai_inference": {"use": "allowed"},
                }
            },
        },
    ],
}


@pytest.fixture(scope="module")
def picture():
    buffer = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def signer():
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def name(common):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common),
                          x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Test")])  # fmt: skip

    def certificate(subject, issuer, key, signing, extensions):
        now = datetime.now(UTC)
        made = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
                .not_valid_after(now + timedelta(days=30)))  # fmt: skip
        for extension, critical in extensions:
            made = made.add_extension(extension, critical)
        return made.sign(signing, hashes.SHA256())

    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(root.public_key())
    top = certificate(name("Root"), name("Root"), root, root, [
        (x509.BasicConstraints(ca=True, path_length=None), True), (identifier, False),
        (x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **usage), True),
    ])  # fmt: skip
    end = certificate(name("Signer"), name("Root"), leaf, root, [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.KeyUsage(digital_signature=True, key_cert_sign=False, crl_sign=False, **usage), True),
        (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), False),
        (x509.SubjectKeyIdentifier.from_public_key(leaf.public_key()), False),
    ])  # fmt: skip
    pem = serialization.Encoding.PEM
    key = leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain = end.public_bytes(pem) + top.public_bytes(pem)
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, None))


def signed(picture, signer, change=lambda builder: None):
    target = io.BytesIO()
    builder = c2pa.Builder(json.dumps(MANIFEST))
    change(builder)
    builder.sign(signer, "image/jpeg", io.BytesIO(picture), target)
    return target.getvalue()


@pytest.fixture(scope="module")
def intact(picture, signer):
    return signed(picture, signer)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        pytest.fail("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_no_manifest(picture):
    assert read_credentials(picture, "JPEG").outcome == ABSENT


def test_intact_and_never_trusted(intact):
    read = read_credentials(intact, "JPEG")
    assert read.outcome == INTACT
    assert "signingCredential.untrusted" in read.codes
    assert [one.generated for one in read.source_types] == [True]
    assert read.mining == ("cawg.ai_generative_training: notAllowed",)
    assert not any("trusted" in outcome for outcome in credentials.OUTCOMES)


def test_content_altered(intact):
    changed = bytearray(intact)
    changed[-20] ^= 1
    read = read_credentials(bytes(changed), "JPEG")
    assert (read.outcome, "assertion.dataHash.mismatch" in read.codes) == (ALTERED, True)


def test_signature_broken(intact):
    at = intact.index(b"c2pa.signature")
    marker = intact.index(b"\x58\x40", at)  # CBOR: the 64 bytes of an ES256 signature follow
    last = intact.rindex(b"\x58\x40", at, at + 20_000) if intact.count(b"\x58\x40", at) > 1 else marker
    changed = bytearray(intact)
    changed[last + 5] ^= 1
    read = read_credentials(bytes(changed), "JPEG")
    assert (read.outcome, "claimSignature.mismatch" in read.codes) == (BROKEN, True)


def test_manifest_elsewhere_is_not_fetched(picture, signer):
    def elsewhere(builder):
        builder.set_no_embed()
        builder.set_remote_url("https://example.invalid/manifest.c2pa")

    assert read_credentials(signed(picture, signer, elsewhere), "JPEG").outcome == REMOTE


@pytest.mark.parametrize("kind", ["PPM", "", "PSD"])
def test_types_that_are_not_handled(picture, kind):
    assert read_credentials(picture, kind).outcome == UNSUPPORTED


def test_what_is_no_image():
    assert read_credentials(b"", "JPEG").outcome in credentials.OUTCOMES
    assert read_credentials(b"nothing", "PNG").outcome in credentials.OUTCOMES


def test_without_the_extra(monkeypatch, picture):
    def missing(module, *, extra):
        message = f"{module} is not installed; run: pip install 'latentarchive[{extra}]'"
        raise MissingExtra(message)

    monkeypatch.setattr(credentials, "require", missing)
    with pytest.raises(MissingExtra, match=r"latentarchive\[interop\]"):
        read_credentials(picture, "JPEG")
