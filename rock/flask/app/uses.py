"""The integrations that the guestbook knows, and whether it is integrated."""

import dataclasses
import os


@dataclasses.dataclass(frozen=True)
class Use:
    """One integration."""

    # As in `webcharm integrate NAME`.
    name: str
    purpose: str
    # One of the variables that the charm sets for it.
    variable: str

    @property
    def is_in_use(self):
        return bool(os.environ.get(self.variable))


USES = (
    Use("postgresql", "keeps the lines", "POSTGRESQL_DB_CONNECT_STRING"),
    Use("mysql", "keeps the likes", "MYSQL_DB_CONNECT_STRING"),
    Use("mongodb", "keeps a journal of who wrote and removed lines", "MONGODB_DB_CONNECT_STRING"),
    Use("redis", "counts how often the page is read", "REDIS_DB_CONNECT_STRING"),
    Use("valkey", "counts how often the page is read", "VALKEY_DB_CONNECT_STRING"),
    Use("rabbitmq", "tells the worker of new lines", "RABBITMQ_CONNECT_STRING"),
    Use("s3", "keeps pictures", "S3_BUCKET"),
    Use("smtp", "tells the owner of new lines", "SMTP_HOST"),
    Use("http-proxy", "leads to the page with the motto", "HTTP_PROXY"),
    Use("oidc", "signs visitors in", "FLASK_OIDC_CLIENT_ID"),
    Use("saml", "signs visitors in", "SAML_ENTITY_ID"),
    Use("openfga", "knows who may remove a line", "FGA_STORE_ID"),
    Use("tempo", "shows how long each request took", "OTEL_EXPORTER_OTLP_ENDPOINT"),
)


def all():
    """Every integration, in the order of the page."""
    return USES
