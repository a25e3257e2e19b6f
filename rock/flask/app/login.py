"""Signing in, through OpenID Connect or SAML. Who is signed in is in the session, a signed cookie.

With both, a name is the same person at either provider.
"""

import flask

from . import oidc, saml

PERSON = "person"

pages = flask.Blueprint("login", __name__)


def add_to(app):
    """Add the pages to the application."""
    if oidc.is_there(app):
        oidc.add_to(app)
        pages.add_url_rule(oidc.path(app), view_func=back_from_oidc)
    app.register_blueprint(pages)


def person():
    """The name of the person who is signed in, or None."""
    return flask.session.get(PERSON)


def welcome(name):
    """Sign a person in, and lead to the page."""
    flask.session.clear()
    flask.session[PERSON] = name
    return flask.redirect(base_url() + "/", 303)


def base_url():
    """The application's address, as visitors know it."""
    return flask.current_app.config.get("BASE_URL", flask.request.host_url).rstrip("/")


@pages.get("/login/oidc")
def to_oidc():
    """Send the visitor to the provider of OpenID Connect."""
    if not oidc.is_there(flask.current_app):
        return "There is no provider to sign in with yet: webcharm integrate oidc\n", 503
    return oidc.ask(base_url() + oidc.path(flask.current_app))


def back_from_oidc():
    """Take the visitor back from the provider."""
    try:
        return welcome(oidc.name())
    except oidc.Refused as error:
        return f"{error}\n", 403


@pages.get("/login/saml")
def to_saml():
    """Send the visitor to the identity provider."""
    if not saml.is_there():
        return "There is no provider to sign in with yet: webcharm integrate saml\n", 503
    return flask.redirect(saml.ask(base_url() + "/saml"))


@pages.post("/saml")
def back_from_saml():
    """Take the visitor back from the identity provider."""
    if not saml.is_there():
        return "There is no provider to sign in with yet: webcharm integrate saml\n", 503
    try:
        return welcome(saml.name(flask.request.form, base_url() + "/saml"))
    except saml.Refused as error:
        return f"{error}\n", 403


@pages.post("/logout")
def logout():
    """Sign out here; the provider's own session stays."""
    flask.session.clear()
    return flask.redirect("./", 303)
