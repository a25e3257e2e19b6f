//! Output of services: the last lines, or all lines as they come.

use std::time::Duration;

use bytes::BytesMut;
use memchr::memchr;

use super::{Client, JSON, open};
use crate::connect::Connect;
use crate::error::json_garbage;
use crate::types::LogEntry;
use crate::wire::{Answering, PendingResponse, describe, media_type, within};
use crate::{Error, Garbage, Limits, request};

/// Media type of logs.
const LINES: &str = "application/x-ndjson";

impl<C: Connect> Client<C> {
    /// The last `n` lines of output of these services together, or of all services.
    pub async fn logs(&self, services: &[&str], n: u32) -> Result<Vec<LogEntry>, Error> {
        let request = request::logs(services, n)?;
        let what = describe(&request);
        let (kind, lines) = self.whole(request, Duration::ZERO, LINES).await?;
        if kind == JSON {
            let envelope = self.open(&what, &lines)?;
            return Err(no_lines(&what, envelope.kind));
        }
        self.wire.limits.check_values(&what, &lines)?;
        let entries = serde_json::Deserializer::from_slice(&lines).into_iter::<LogEntry>().collect::<Result<_, _>>();
        entries.map_err(|error| Error::garbage(&what, json_garbage(&error, "log lines")))
    }

    /// Follows the output of these services together, or of all services: the last `n` lines, then all lines as they
    /// are printed, until the daemon ends or the returned value is dropped.
    pub async fn follow_logs(&self, services: &[&str], n: u32) -> Result<LogLines, Error> {
        let request = request::follow_logs(services, n)?;
        let what = describe(&request);
        let answer = self.wire.begin(request).await?;
        Ok(LogLines { state: State::Asked(answer), buffer: BytesMut::new(), limits: self.limits(), what })
    }
}

/// Lines of services' output as they are printed; of [`Client::follow_logs`].
pub struct LogLines {
    state: State,
    buffer: BytesMut,
    limits: Limits,
    what: String,
}

/// Pebble sends the answer's head with the first line, which may be long in coming.
enum State {
    Asked(Answering),
    Answered(PendingResponse),
}

impl std::fmt::Debug for LogLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogLines").field("what", &self.what).finish_non_exhaustive()
    }
}

impl LogLines {
    /// The next line, without a limit on the wait; `None` once the daemon has ended the answer. A call that is cancelled
    /// loses no line.
    ///
    /// # Errors
    /// [`Error::Disconnected`] if the daemon dies, a line that is none or longer than [`Limits::json`].
    pub async fn next(&mut self) -> Result<Option<LogEntry>, Error> {
        loop {
            if let Some(end) = memchr(b'\n', &self.buffer) {
                let line = self.buffer.split_to(end + 1);
                return self.entry(&line).map(Some);
            }
            if !self.read().await? {
                return if self.buffer.is_empty() { Ok(None) } else { self.unfinished() };
            }
        }
    }

    /// The next line, as [`LogLines::next`].
    ///
    /// # Errors
    /// [`Error::Timeout`] if there is none within `limit`; a later call may get it.
    pub async fn next_within(&mut self, limit: Duration) -> Result<Option<LogEntry>, Error> {
        let what = self.what.clone();
        within(limit, || what, self.next()).await?
    }

    /// Reads more bytes; returns false at the answer's end.
    async fn read(&mut self) -> Result<bool, Error> {
        if let State::Asked(answer) = &mut self.state {
            let answer = answer.as_mut().await;
            // A future that has ended must not be polled again.
            self.state = State::Asked(Box::pin(std::future::pending()));
            self.state = State::Answered(self.accept(answer?).await?);
        }
        let State::Answered(answer) = &mut self.state else { return Ok(false) };
        let Some(bytes) = answer.next_piece().await? else { return Ok(false) };
        self.buffer.extend_from_slice(&bytes);
        let limit = self.limits.json;
        // Several lines in one piece are no long line.
        if self.buffer.len() > limit + bytes.len() {
            return Err(Error::garbage(&self.what, Garbage::TooLong { limit }));
        }
        Ok(true)
    }

    /// Checks the answer's type; a refusal is read whole.
    async fn accept(&self, mut answer: PendingResponse) -> Result<PendingResponse, Error> {
        let got = media_type(answer.headers());
        match got.as_str() {
            LINES => Ok(answer),
            JSON => {
                let mut text = Vec::new();
                while let Some(piece) = answer.piece(self.limits.idle).await? {
                    text.extend_from_slice(&piece);
                    if text.len() > self.limits.json {
                        return Err(Error::garbage(&self.what, Garbage::TooLong { limit: self.limits.json }));
                    }
                }
                self.limits.check_values(&self.what, &text)?;
                let envelope = open(&self.what, &text)?;
                Err(no_lines(&self.what, envelope.kind))
            }
            other => Err(Error::garbage(&self.what, Garbage::content_type(other, LINES))),
        }
    }

    fn entry(&self, line: &[u8]) -> Result<LogEntry, Error> {
        self.limits.check_values(&self.what, line)?;
        serde_json::from_slice(line).map_err(|error| Error::garbage(&self.what, json_garbage(&error, "a log line")))
    }

    fn unfinished(&self) -> Result<Option<LogEntry>, Error> {
        Err(Error::Disconnected { what: self.what.clone(), source: None })
    }
}

fn no_lines(what: &str, kind: crate::types::ResponseType) -> Error {
    Error::garbage(what, Garbage::Shape(format!("log lines ({kind:?})").into()))
}
