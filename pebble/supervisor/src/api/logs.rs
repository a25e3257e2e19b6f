//! Handler of `/v1/logs`: the services' output as one JSON object per line, past lines or followed.

use std::collections::VecDeque;

use bytes::Bytes;
use http::HeaderValue;
use pebble::types::LogEntry;
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_local;

use super::Call;
use crate::go_json::encode_log;
use crate::log::Log;
use crate::log::reader::{Entry, Reader, earliest};
use crate::response::{ApiError, ApiResult, stream};

/// Lines that are sent if the request doesn't name a number.
const DEFAULT_LINES: usize = 30;
/// Bytes that are sent at once.
const PIECE: usize = 32 * 1024;

pub(super) async fn get(call: Call) -> ApiResult {
    let follow = match call.query.get("follow") {
        "true" => true,
        "" | "false" => false,
        _ => return Err(ApiError::bad_request(r#"follow parameter must be "true" or "false""#)),
    };
    let lines = lines(call.query.get("n"), follow)?;
    let logs = call.daemon.services.logs(&names(&call));
    let growing = call.daemon.services.growing();
    let (pieces, response) = stream(HeaderValue::from_static("application/x-ndjson"));
    spawn_local(async move {
        // It ends early if the client leaves.
        let _ = send(&logs, lines, follow, growing, &pieces).await;
    });
    Ok(response)
}

fn names(call: &Call) -> Vec<String> {
    let mut names = call.query.list("services");
    if names.is_empty() {
        names.extend(call.daemon.plan.borrow().plan().services.keys().cloned());
    }
    names.sort();
    names.dedup();
    names
}

/// Number of past lines to send; `None` is all.
pub(super) fn lines(text: &str, follow: bool) -> Result<Option<usize>, ApiError> {
    match text.parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(lines @ 0..) => Ok(usize::try_from(lines).ok()),
        _ if text.is_empty() => Ok(Some(if follow { 0 } else { DEFAULT_LINES })),
        _ => Err(ApiError::bad_request("n must be -1, 0, or a positive integer")),
    }
}

struct Gone;

async fn send(
    logs: &[Log],
    lines: Option<usize>,
    follow: bool,
    mut growing: watch::Receiver<()>,
    pieces: &mpsc::Sender<Bytes>,
) -> Result<(), Gone> {
    let mut readers: Vec<Reader> = logs.iter().map(|log| Reader::new(log, lines)).collect();
    growing.mark_unchanged();
    let mut past: VecDeque<Entry> = std::iter::from_fn(|| earliest(&mut readers, None)).collect();
    past.drain(..past.len().saturating_sub(lines.unwrap_or(usize::MAX)));
    print(&mut past.into_iter(), pieces).await?;
    if !follow {
        return Ok(());
    }
    loop {
        tokio::select! {
            grown = growing.changed() => grown.map_err(|_| Gone)?,
            () = pieces.closed() => return Err(Gone),
        }
        print(&mut std::iter::from_fn(|| earliest(&mut readers, None)), pieces).await?;
    }
}

async fn print(entries: &mut dyn Iterator<Item = Entry>, pieces: &mpsc::Sender<Bytes>) -> Result<(), Gone> {
    let mut piece = Vec::new();
    for Entry { time, service, message } in entries {
        let entry = LogEntry { time: time.to_string().into(), service, message };
        piece.extend(encode_log(&entry));
        piece.push(b'\n');
        if piece.len() >= PIECE {
            pieces.send(std::mem::take(&mut piece).into()).await.map_err(|_| Gone)?;
        }
    }
    if piece.is_empty() { Ok(()) } else { pieces.send(piece.into()).await.map_err(|_| Gone) }
}
