"""OpenID Connect, by Authlib. It finds the client's values in the application's configuration, by the endpoint's name."""

import flask

NAME = "oidc"


class Refused(Exception):
    """The provider didn't sign the visitor in, with a message for the visitor."""


def is_there(app):
    """True if there is a provider."""
    return bool(app.config.get("OIDC_CLIENT_ID"))


def path(app):
    """The path to which the provider sends visitors back."""
    return app.config.get("OIDC_REDIRECT_PATH", "/callback")


def add_to(app):
    """Make the application a client of the provider."""
    from authlib.integrations.flask_client import OAuth

    config = app.config
    OAuth(app).register(NAME, issuer=config["OIDC_API_BASE_URL"], jwks_uri=config["OIDC_JWKS_URL"])


def client():
    """The client of the application that serves this request."""
    return flask.current_app.extensions["authlib.integrations.flask_client"].create_client(NAME)


def ask(answer_at):
    """Send the visitor to the provider."""
    return client().authorize_redirect(answer_at)


def name():
    """The name of the visitor who comes back. Authlib checks state, nonce and the ID token's signature."""
    from authlib.common.errors import AuthlibBaseError

    try:
        claims = client().authorize_access_token()["userinfo"]
    except AuthlibBaseError as error:
        raise Refused(f"The provider did not sign you in: {error.description or error.error}") from error
    return claims["sub"]
