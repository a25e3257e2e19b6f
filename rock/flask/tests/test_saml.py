"""Signing in through SAML: answers that are signed, by whom and for what."""

import base64
import datetime
import urllib.parse
import zlib

import pytest

ANSWER_AT = "http://localhost/saml"
ISSUER = "https://idp.example.com/metadata"

ASSERTION = """<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_a" Version="2.0">
<saml:Issuer>{issuer}</saml:Issuer>
<saml:Subject><saml:NameID>{name}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData Recipient="{recipient}" InResponseTo="{request}" NotOnOrAfter="{until}"/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotOnOrAfter="{until}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience>
</saml:AudienceRestriction></saml:Conditions></saml:Assertion>"""


def key_pair():
    """A key and its certificate."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    day = datetime.timedelta(days=1)
    certificate = builder.not_valid_before(now - day).not_valid_after(now + day).sign(key, hashes.SHA256())
    return key, certificate.public_bytes(Encoding.PEM).decode()


@pytest.fixture(scope="module")
def pairs():
    """The identity provider's pair, and another one."""
    return key_pair(), key_pair()


@pytest.fixture
def asked(client, monkeypatch, pairs):
    """The request's id and the state of a visitor who was sent to the identity provider."""
    monkeypatch.setenv("SAML_ENTITY_ID", ISSUER)
    monkeypatch.setenv("SAML_SINGLE_SIGN_ON_REDIRECT_URL", "https://idp.example.com/sso")
    # Bare, as some providers give it.
    monkeypatch.setenv("SAML_SIGNING_CERTIFICATE", "".join(pairs[0][1].splitlines()[1:-1]))
    location = client.get("/login/saml").location
    assert location.startswith("https://idp.example.com/sso?")
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
    request = zlib.decompress(base64.b64decode(query["SAMLRequest"]), wbits=-15).decode()
    assert f'AssertionConsumerServiceURL="{ANSWER_AT}"' in request
    return request.split('ID="')[1].split('"')[0], query["RelayState"]


def answered(client, asked, pair, change=lambda answer: answer, state=None, **other):
    """The application's answer to an assertion with `other` values than the right ones."""
    import signxml
    from lxml import etree

    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5)
    right = {"issuer": ISSUER, "name": "ada", "recipient": ANSWER_AT, "request": asked[0], "audience": ANSWER_AT}
    text = ASSERTION.format(**{**right, "until": f"{soon:%Y-%m-%dT%H:%M:%SZ}", **other})
    signer = signxml.XMLSigner(signature_algorithm="ecdsa-sha256")
    signed = etree.tostring(signer.sign(etree.fromstring(text), key=pair[0], cert=pair[1]))
    form = {"SAMLResponse": base64.b64encode(change(signed)), "RelayState": state or asked[1]}
    return client.post("/saml", data=form)


def test_a_right_answer_signs_in(client, asked, pairs):
    answer = answered(client, asked, pairs[0])
    assert (answer.status_code, answer.location) == (303, "http://localhost/"), answer.text
    assert "(signed in as ada)" in client.get("/").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://other.example.com"},
        {"audience": "https://shop.example.com"},
        {"recipient": "https://shop.example.com"},
        {"request": "_other"},
        {"until": "2001-01-01T00:00:00Z"},
        {"name": ""},
        {"state": "forged"},
        {"change": lambda answer: answer.replace(b">ada<", b">grace<")},
        {"change": lambda answer: b"<a/>"},
        {"change": lambda answer: b"no XML"},
    ],
)
def test_a_wrong_answer_signs_nobody_in(client, asked, pairs, wrong):
    answer = answered(client, asked, pairs[0], **wrong)
    assert answer.status_code == 403, wrong
    assert "signed in" not in client.get("/").text


def test_an_answer_that_another_has_signed_signs_nobody_in(client, asked, pairs):
    assert answered(client, asked, pairs[1]).status_code == 403
