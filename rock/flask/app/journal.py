"""The journal in MongoDB: a note of each line that was written or removed, and by whom."""

import datetime
import functools
import os

# The number of notes that are shown.
SHOWN = 20

# Seconds after which a server that doesn't answer is given up.
PATIENCE = 5


def database():
    """The database's address, or None."""
    return os.environ.get("MONGODB_DB_CONNECT_STRING")


@functools.cache
def notes(address):
    """The collection of notes, with its connections."""
    import pymongo

    client = pymongo.MongoClient(address, serverSelectionTimeoutMS=PATIENCE * 1000)
    return client[os.environ["MONGODB_DB_NAME"]]["notes"]


def add(person, what, number):
    """Add a note: who did what to the entry with this number."""
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    notes(database()).insert_one({"person": person, "what": what, "entry": number, "at": at})


def latest():
    """The latest notes, newest first."""
    return list(notes(database()).find({}, {"_id": False}).sort("_id", -1).limit(SHOWN))
