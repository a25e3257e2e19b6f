"""SAML 2: a request by the redirect binding, an answer by the POST binding, which must be signed.

Section numbers are those of the SAML 2.0 core, bindings and profiles.
"""

import base64
import datetime
import os
import urllib.parse
import uuid
import xml.sax.saxutils
import zlib

import flask
import itsdangerous

# A visitor may take so long to sign in, in seconds.
PATIENCE = 600

NAMES = {"saml": "urn:oasis:names:tc:SAML:2.0:assertion", "samlp": "urn:oasis:names:tc:SAML:2.0:protocol"}

REQUEST = """<samlp:AuthnRequest xmlns:samlp="{samlp}" xmlns:saml="{saml}" ID="{id}" Version="2.0" IssueInstant="{now}" \
AssertionConsumerServiceURL="{answer_at}"><saml:Issuer>{answer_at}</saml:Issuer></samlp:AuthnRequest>"""


class Refused(Exception):
    """The answer signs nobody in, with the reason."""


def is_there():
    """True if there is an identity provider that takes requests."""
    return bool(os.environ.get("SAML_SINGLE_SIGN_ON_REDIRECT_URL") and os.environ.get("SAML_SIGNING_CERTIFICATE"))


def ask(answer_at):
    """The address at which the identity provider takes a new request (bindings, 3.4)."""
    id, now = f"_{uuid.uuid4().hex}", datetime.datetime.now(datetime.UTC)
    request = REQUEST.format(**NAMES, id=id, now=now.strftime("%Y-%m-%dT%H:%M:%SZ"), answer_at=xml.sax.saxutils.escape(answer_at, {chr(34): "&quot;"}))
    deflate = zlib.compressobj(wbits=-15)
    packed = base64.b64encode(deflate.compress(request.encode()) + deflate.flush())
    query = urllib.parse.urlencode({"SAMLRequest": packed, "RelayState": states().dumps(id)})
    url = os.environ["SAML_SINGLE_SIGN_ON_REDIRECT_URL"]
    return f"{url}{'&' if '?' in url else '?'}{query}"


def states():
    """Signer of the request's id. A cookie won't do: browsers don't send it with a form of another site."""
    return itsdangerous.URLSafeTimedSerializer(flask.current_app.secret_key, salt="saml")


def name(form, answer_at):
    """The name of the visitor whom the answer signs in, or Refused."""
    try:
        id = states().loads(form.get("RelayState", ""), max_age=PATIENCE)
    except itsdangerous.BadData as error:
        raise Refused("The answer belongs to no request of this application, or came too late.") from error
    assertion = signed(form.get("SAMLResponse", ""))
    check(assertion, id, answer_at, datetime.datetime.now(datetime.UTC))
    found = assertion.findtext("saml:Subject/saml:NameID", namespaces=NAMES)
    if not found:
        raise Refused("The assertion names nobody.")
    return found


def signed(answer):
    """The assertion that the certificate of the relation has signed. Never read more of an answer than this."""
    import lxml.etree
    import signxml

    certificate = os.environ["SAML_SIGNING_CERTIFICATE"]
    if "BEGIN CERTIFICATE" not in certificate:
        certificate = f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----"
    try:
        found = signxml.XMLVerifier().verify(base64.b64decode(answer), x509_cert=certificate).signed_xml
    except (signxml.exceptions.SignXMLException, lxml.etree.LxmlError, ValueError) as error:
        raise Refused("The identity provider has not signed this answer.") from error
    if found.tag != f"{{{NAMES['saml']}}}Assertion":
        found = found.find("saml:Assertion", NAMES)
    if found is None:
        raise Refused("There is no signed assertion in this answer.")
    return found


def check(assertion, id, answer_at, now):
    """Check that the assertion answers the request `id` of this application, now (profiles, 4.1.4.3)."""
    confirmation = assertion.find("saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData", NAMES)
    conditions = assertion.find("saml:Conditions", NAMES)
    if confirmation is None or conditions is None:
        raise Refused("The assertion has no conditions.")
    facts = {
        "issuer": assertion.findtext("saml:Issuer", namespaces=NAMES) == os.environ["SAML_ENTITY_ID"],
        "audience": answer_at in [audience.text for audience in conditions.iterfind(".//saml:Audience", NAMES)],
        "recipient": confirmation.get("Recipient") == answer_at,
        "request": confirmation.get("InResponseTo") == id,
        "time": not any(is_outside(element, now) for element in (confirmation, conditions)),
    }
    wrong = [name for name, is_right in facts.items() if not is_right]
    if wrong:
        raise Refused(f"The assertion is for something else: {', '.join(wrong)}")


def is_outside(element, now):
    """True if the element isn't valid at this time."""
    begin, end = element.get("NotBefore"), element.get("NotOnOrAfter")
    parsed = datetime.datetime.fromisoformat
    # The clocks of two machines differ a little.
    leeway = datetime.timedelta(seconds=60)
    return bool(begin and now + leeway < parsed(begin)) or bool(end and now - leeway >= parsed(end))
