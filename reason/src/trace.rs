//! Traces of a stack: Python's, Node's, Java's and Go's, and Spring Boot's report of a failed start.

use crate::{Found, Lines};

/// The latest trace of each kind.
pub(crate) fn all<'a>(lines: &Lines<'a>) -> Vec<Found<'a>> {
    [python(lines), frames(lines), goroutines(lines), spring(lines), rust(lines)].into_iter().flatten().collect()
}

/// A Python trace: the first line after its frames that is indented no more than they are. In the trace of a group, the
/// first member's.
fn python<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let plain: Vec<&str> = lines.iter().map(|line| margin(line)).collect();
    let last = plain.iter().rposition(|line| is_python_frame(line))?;
    let depth = indent(plain[last]);
    let ended = |line: &str| !line.trim().is_empty() && indent(line) < depth;
    let at = last + 1 + plain[last + 1..].iter().position(|line| ended(line))?;
    let group = plain[at..].iter().position(|line| line.starts_with("---------------- 1 "));
    let at = group.map_or(at, |below| at + below + 1);
    let line = strip_margin(lines.get(at)?);
    // Django's checks and the like: the line announces the one that says why.
    let announced = lines[at + 1..].iter().find(|line| !line.trim().is_empty() && line.trim() != "ERRORS:");
    let line = if line.ends_with(':') { announced.copied().unwrap_or(line) } else { line };
    Some(Found { line, end: at })
}

fn is_python_frame(line: &str) -> bool {
    line.trim_start().strip_prefix("File \"").is_some_and(|rest| rest.contains("\", line "))
}

/// A line of a group's trace without the bars of its margin, but with its indentation.
fn margin(line: &str) -> &str {
    let bare = line.trim_start();
    match bare.strip_prefix("| ").or_else(|| bare.strip_prefix("+-+").or_else(|| bare.strip_prefix('+'))) {
        Some(inside) => inside,
        None => line,
    }
}

fn strip_margin(line: &str) -> &str {
    margin(line).trim()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// A trace with frames `at …`, Node's or Java's: the root cause of Java's, else the line that names the error.
fn frames<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let end = lines.iter().rposition(|line| is_frame(line))?;
    // The trace of one error: frames and causes without a blank line between them.
    let start = lines[..end].iter().rposition(|line| line.trim().is_empty()).map_or(0, |blank| blank + 1);
    let block = &lines[start..=end];
    let cause = block.iter().rfind(|line| line.trim_start().starts_with("Caused by: "));
    let first_frame = block.iter().position(|line| is_frame(line))?;
    let named = block[..first_frame].iter().find(|line| names_error(line));
    let line = cause.or(named).or_else(|| block[..first_frame].last())?;
    Some(Found { line, end })
}

fn is_frame(line: &str) -> bool {
    line.starts_with([' ', '\t']) && line.trim_start().starts_with("at ") && line.contains([':', '('])
}

/// Returns true if the line begins with an error's name, such as `TypeError:`, `Error [CODE]:` or `java.io.IOException`.
fn names_error(line: &str) -> bool {
    let line = line.trim();
    let line = line.strip_prefix("Uncaught ").unwrap_or(line);
    let line =
        line.strip_prefix("Exception in thread ").and_then(|rest| rest.split_once("\" ")).map_or(line, |it| it.1);
    let name = line.split([':', ' ']).next().unwrap_or_default();
    ["Error", "Exception", "Rejection"].iter().any(|end| name.ends_with(end))
}

/// A Go panic or fatal error: its own line, before the goroutines.
fn goroutines<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let begins = |line: &str| line.starts_with("panic: ") || line.starts_with("fatal error: ");
    let at = lines.iter().rposition(|line| begins(line))?;
    let end =
        at + lines[at..].iter().rposition(|line| line.starts_with("goroutine ") || line.starts_with("[signal "))?;
    Some(Found { line: lines[at], end })
}

/// Spring Boot's report: the first line of its description.
fn spring<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let report = lines.iter().rposition(|line| line.trim() == "APPLICATION FAILED TO START")?;
    let heading = report + lines[report..].iter().position(|line| line.trim() == "Description:")?;
    let at = heading + 1 + lines[heading + 1..].iter().position(|line| !line.trim().is_empty())?;
    Some(Found { line: lines[at], end: at })
}

/// A Rust panic: the line after its position.
fn rust<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let at = lines.iter().rposition(|line| line.starts_with("thread '") && line.contains("panicked at "))?;
    let line = lines.get(at + 1)?;
    Some(Found { line, end: at + 1 })
}
