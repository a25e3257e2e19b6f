"""The queue in RabbitMQ on which the worker is told of entries that came or went."""

import contextlib
import os

NAME = "entries"


def address():
    """The server's address, or None."""
    return os.environ.get("RABBITMQ_CONNECT_STRING")


@contextlib.contextmanager
def channel():
    """A channel on which the queue is there."""
    import pika

    connection = pika.BlockingConnection(pika.URLParameters(address()))
    try:
        channel = connection.channel()
        channel.queue_declare(NAME, durable=True)
        yield channel
    finally:
        if connection.is_open:
            connection.close()


def announce(number):
    """Announce the entry with this number. The message outlives the server's restart."""
    import pika

    with channel() as entries:
        entries.basic_publish("", NAME, str(number).encode(), pika.BasicProperties(delivery_mode=2))


def numbers(patience):
    """Yield None at once, then the number of each entry that is announced, and None after `patience` seconds without one.

    A message is done once the next one is asked for: if the worker stops before, another worker gets it.
    """
    with channel() as entries:
        yield None
        for method, _, body in entries.consume(NAME, inactivity_timeout=patience):
            yield body and int(body)
            if method:
                entries.basic_ack(method.delivery_tag)
