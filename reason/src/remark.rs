//! Outputs without a trace: their last line, except for remarks.

use crate::{Lines, bare};

/// Beginnings of lines that say no more than that the program ends, or that give advice.
const REMARKS: [&str; 16] = [
    "Node.js v",
    "exit status ",
    "exit code ",
    "npm notice",
    "[notice]",
    "note: ",
    "hint: ",
    "HINT: ",
    "(Background on this error at",
    "Shutting down: Master",
    "Reason: Worker failed to boot",
    "Reason: App failed to load",
    "Worker exiting (pid",
    "Application startup failed. Exiting.",
    "For more information",
    "Try '",
];

/// The last line that is no remark and doesn't continue the line before it; the last line of all if each is a remark.
pub(crate) fn last_without<'a>(lines: &Lines<'a>) -> Option<&'a str> {
    let lines = &without_banners(lines);
    let is_written = |line: &&&'a str| !bare(line).is_empty();
    let at = lines.iter().rposition(|line| is_written(&line) && !is_remark(line));
    match at {
        Some(at) => lines[..=at].iter().rev().find(|line| is_written(line) && !is_continued(line)).or(lines.get(at)),
        None => lines.iter().rev().find(is_written),
    }
    .copied()
}

/// The lines without npm's banners: the script and its command, `> shop@1.0.0 start` and `> node server.js`, between blank
/// lines. A program that ends without a word has printed no other line.
fn without_banners<'a>(lines: &Lines<'a>) -> Vec<&'a str> {
    let is_blank = |at: Option<usize>| at.and_then(|at| lines.get(at)).is_none_or(|line| bare(line).is_empty());
    let begins = |at: &usize| {
        is_blank(at.checked_sub(1)) && lines[*at..].iter().take_while(|line| line.starts_with("> ")).count() == 2
    };
    let banners: Vec<usize> = (0..lines.len()).filter(begins).filter(|at| is_blank(Some(at + 2))).collect();
    let is_banner = |at: usize| banners.iter().any(|begin| at == *begin || at == begin + 1);
    (0..lines.len()).filter(|at| !is_banner(*at)).map(|at| lines[at]).collect()
}

/// Returns true for an indented line, which continues the message above it.
fn is_continued(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

fn is_remark(line: &str) -> bool {
    let text = message(bare(line));
    let is_rule = !text.is_empty() && text.chars().all(|letter| "-=*_".contains(letter));
    is_rule || is_information(line) || REMARKS.iter().any(|remark| text.starts_with(remark)) || is_worker_exit(text)
}

/// gunicorn's line about a worker that it saw ending.
fn is_worker_exit(text: &str) -> bool {
    text.starts_with("Worker (pid:") && text.contains(") exited with code ")
}

/// Returns true for a line of the level INFO or DEBUG.
fn is_information(line: &str) -> bool {
    let level = |word: &str| word.trim_matches(|c: char| !c.is_ascii_alphabetic()) == "INFO" || word == "[DEBUG]";
    bare(line).split_whitespace().take(5).any(level)
}

/// The message of a line of gunicorn's or uvicorn's log, without time, process and level.
fn message(line: &str) -> &str {
    let line = line.strip_prefix("ERROR: ").unwrap_or(line).trim_start();
    line.split_once("] [ERROR] ").map_or(line, |(_, message)| message)
}
