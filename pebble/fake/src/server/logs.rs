//! Requests for the output of services.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use pebble::types::LogEntry;

use super::Daemon;
use super::api::{Answer, ApiError, Query, plain, streamed};

const LINES: &str = "application/x-ndjson";

/// Lines without `n` and `follow`.
const DEFAULT_LINES: usize = 30;

pub(super) fn get(daemon: &Arc<Daemon>, query: &Query) -> Result<Answer, ApiError> {
    let follows = match query.get("follow") {
        "true" => true,
        "" | "false" => false,
        _ => return Err(ApiError::bad_request(r#"follow parameter must be "true" or "false""#)),
    };
    let lines = match query.get("n").parse::<i64>() {
        Ok(-1) => usize::MAX,
        Ok(lines @ 0..) => usize::try_from(lines).unwrap_or(usize::MAX),
        _ if query.get("n").is_empty() => {
            if follows {
                0
            } else {
                DEFAULT_LINES
            }
        }
        _ => return Err(ApiError::bad_request("n must be -1, 0, or a positive integer")),
    };
    let services = query.list("services");
    let (past, next) = {
        let pebble = daemon.pebble();
        let past: Vec<&LogEntry> = pebble.logs().iter().filter(|entry| is_of(&services, entry)).collect();
        let skipped = past.len().saturating_sub(lines);
        (past[skipped..].iter().map(|entry| line(entry)).collect::<String>(), pebble.logs().len())
    };
    if !follows {
        return Ok(plain(LINES, past));
    }
    let follower = Follower { daemon: Arc::clone(daemon), services, past, next };
    let frames = stream::unfold(follower, |mut follower| async {
        let lines = follower.lines().await;
        Some((Ok(Frame::data(Bytes::from(lines))), follower))
    });
    Ok(streamed(LINES, StreamBody::new(frames).boxed()))
}

/// A client that follows the output.
struct Follower {
    daemon: Arc<Daemon>,
    services: Vec<String>,
    /// Lines that are not sent yet.
    past: String,
    /// Number of the next entry to look at.
    next: usize,
}

impl Follower {
    /// The next lines, once there are some.
    async fn lines(&mut self) -> String {
        let printed = Arc::clone(&self.daemon.pebble().output.printed);
        while self.past.is_empty() {
            let printed = printed.notified();
            tokio::pin!(printed);
            // Lines from here on wake it, also before it is awaited.
            printed.as_mut().enable();
            let (lines, next) = {
                let pebble = self.daemon.pebble();
                let new = pebble.logs().iter().skip(self.next).filter(|entry| is_of(&self.services, entry));
                (new.map(line).collect::<String>(), pebble.logs().len())
            };
            (self.past, self.next) = (lines, next);
            if self.past.is_empty() {
                printed.await;
            }
        }
        std::mem::take(&mut self.past)
    }
}

fn is_of(services: &[String], entry: &LogEntry) -> bool {
    services.is_empty() || services.contains(&entry.service)
}

fn line(entry: &LogEntry) -> String {
    serde_json::to_string(entry).expect("plain data has a JSON form") + "\n"
}
