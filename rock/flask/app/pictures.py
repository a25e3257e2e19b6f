"""Pictures in a bucket of S3."""

import os
import uuid

# In bytes.
LARGEST = 1_000_000

# Types by the bytes that a file begins with.
KINDS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def bucket():
    """The bucket's name, or None."""
    return os.environ.get("S3_BUCKET")


def store():
    """The bucket."""
    from obstore.store import S3Store

    # Optional in the relation: without an endpoint it is Amazon's.
    names = {"endpoint": "S3_ENDPOINT", "region": "S3_REGION", "prefix": "S3_PATH"}
    return S3Store(
        bucket(),
        access_key_id=os.environ["S3_ACCESS_KEY"],
        secret_access_key=os.environ["S3_SECRET_KEY"],
        virtual_hosted_style_request=os.environ.get("S3_ADDRESSING_STYLE") == "virtual",
        client_options={"allow_http": True, "timeout": "10s"},
        **{name: os.environ[variable] for name, variable in names.items() if os.environ.get(variable)},
    )


def kind(content):
    """The type of a picture, or None."""
    return next((kind for start, kind in KINDS.items() if content.startswith(start)), None)


def keep(content):
    """Keep a picture, and return its name. Raises ValueError with a message for its sender if it isn't one."""
    if not kind(content):
        raise ValueError("A picture is a PNG, JPEG or GIF file.")
    if len(content) > LARGEST:
        raise ValueError(f"A picture has at most {LARGEST} bytes; this one has {len(content)}.")
    name = uuid.uuid4().hex
    store().put(path(name), content)
    return name


def read(name):
    """The picture of this name, or None."""
    try:
        return bytes(store().get(path(name)).bytes())
    except FileNotFoundError:
        return None


def remove(name):
    """Remove the picture of this name."""
    store().delete(path(name))


def path(name):
    return f"pictures/{name}"
