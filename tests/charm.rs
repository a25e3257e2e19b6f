//! The charm with a real application in a pod, and with sockets that only pretend to be Pebble.

mod custom_framework;
mod databags;
mod declared;
mod environment;
mod failures;
mod full_disk;
mod gunicorn;
mod hidden;
mod hook_tools;
mod integrations;
mod key;
mod killed;
mod migration;
mod new_leader;
mod observability;
mod older_juju;
mod order;
mod rock;
mod second_line;
mod start;
mod superuser;
mod takeover;
mod uvicorn;
