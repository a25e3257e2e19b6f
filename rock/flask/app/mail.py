"""Mail, by the server that the charm names."""

import email.message
import os
import smtplib
import ssl

# Receiver of mail if the option `owner` has no value.
OWNER = "owner@example.com"


def host():
    """The mail server's name, or None."""
    return os.environ.get("SMTP_HOST")


def send(receiver, subject, text):
    """Send a mail."""
    with connect() as server:
        if os.environ.get("SMTP_AUTH_TYPE") == "plain":
            server.login(os.environ["SMTP_USER"], os.environ["SMTP_PASSWORD"])
        server.send_message(composed(receiver, subject, text))


def composed(receiver, subject, text):
    """The mail."""
    message = email.message.EmailMessage()
    message["From"] = f"guestbook@{os.environ.get('SMTP_DOMAIN') or 'localhost'}"
    message["To"] = receiver
    message["Subject"] = subject
    message.set_content(text)
    return message


def connect():
    """Connect as the server wants it: with TLS, with STARTTLS, or in the clear."""
    security = os.environ.get("SMTP_TRANSPORT_SECURITY")
    place = (host(), int(os.environ.get("SMTP_PORT") or 25))
    if security == "tls":
        return smtplib.SMTP_SSL(*place, timeout=10, context=trust())
    server = smtplib.SMTP(*place, timeout=10)
    if security == "starttls":
        server.starttls(context=trust())
    return server


def trust():
    """Trust in the authorities of the system, or in everybody, if the operator wants it so."""
    context = ssl.create_default_context()
    if os.environ.get("SMTP_SKIP_SSL_VERIFY") == "True":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
