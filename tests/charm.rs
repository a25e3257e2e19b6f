//! The charm against a real application, and against Pebbles that are none.

mod databags;
mod failures;
mod gunicorn;
mod hidden;
mod integrations;
mod key;
mod killed;
mod migration;
mod new_leader;
mod older_juju;
mod order;
mod rock;
mod second_line;
mod seventh;
mod start;
mod superuser;
mod takeover;
mod uvicorn;
