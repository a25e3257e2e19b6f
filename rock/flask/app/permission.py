"""Who may remove an entry, asked in OpenFGA: whoever signed it. <https://openfga.dev/api/service>"""

import json
import os
import urllib.parse
import urllib.request

# An entry has authors, and they may remove it.
MODEL = {
    "schema_version": "1.1",
    "type_definitions": [
        {"type": "user"},
        {
            "type": "entry",
            "relations": {"author": {"this": {}}, "can_remove": {"computedUserset": {"relation": "author"}}},
            "metadata": {"relations": {"author": {"directly_related_user_types": [{"type": "user"}]}}},
        },
    ],
}

# OpenFGA is in the cluster, where the proxy doesn't lead.
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def store():
    """The address of the store, or None."""
    url, id = os.environ.get("FGA_HTTP_API_URL"), os.environ.get("FGA_STORE_ID")
    return f"{url.rstrip('/')}/stores/{id}" if url and id else None


def call(path, body=None):
    """Call OpenFGA: GET without a body, else POST."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ.get('FGA_TOKEN', '')}"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{store()}/{path}", data, headers)
    with direct.open(request, timeout=5) as answer:
        return json.load(answer)


def model():
    """The id of the model. It is written when the store has none."""
    found = call("authorization-models?page_size=1")["authorization_models"]
    return found[0]["id"] if found else call("authorization-models", MODEL)["authorization_model_id"]


def fact(person, relation, number):
    """A relation between a person and an entry. A person's name may have letters that OpenFGA's don't."""
    return {"user": f"user:{urllib.parse.quote(person, safe='')}", "relation": relation, "object": f"entry:{number}"}


def grant(person, number):
    """Let a person remove the entry with this number."""
    writes = {"tuple_keys": [fact(person, "author", number)]}
    call("write", {"writes": writes, "authorization_model_id": model()})


def may_remove(person, number):
    """True if the person may remove the entry."""
    key = fact(person, "can_remove", number)
    return call("check", {"tuple_key": key, "authorization_model_id": model()})["allowed"]
