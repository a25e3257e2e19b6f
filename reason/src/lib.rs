//! The line of a program's output that says why it failed.
//!
//! Programs end their output with anything: Node with its version, Go with a source position, gunicorn with "Worker
//! failed to boot". [`line()`] knows the traces of Python, Node, Java and Go and the errors of their tools, and takes the
//! last line of any other output that is more than a remark. Used for statuses, so it never fails and copies no text.

mod remark;
mod tool;
mod trace;

/// Lines of an output, with their indentation; no line has a line end.
type Lines<'a> = [&'a str];

/// Largest number of lines looked at, from the end.
const MOST: usize = 400;

/// The line of `output` that says why the program failed, without surrounding blanks; the last line if no other says
/// more. `None`: every line is blank.
///
/// The latest trace or tool error counts, because a program may have logged and survived an earlier one.
#[must_use]
pub fn line(output: &str) -> Option<&str> {
    let all: Vec<&str> = output.lines().collect();
    let lines = &all[all.len().saturating_sub(MOST)..];
    let known = trace::all(lines).into_iter().chain(tool::all(lines));
    let known = known.filter(|found| !bare(found.line).is_empty());
    let latest = known.max_by_key(|found| found.end).map(|found| found.line);
    latest.or_else(|| remark::last_without(lines)).map(bare).filter(|line| !line.is_empty())
}

/// A line that says why, and the index of the last line that belongs to the same message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found<'a> {
    line: &'a str,
    end: usize,
}

/// `line` without blanks and the terminal's colours at its ends.
fn bare(line: &str) -> &str {
    let mut line = line.trim();
    while let Some(rest) = line.strip_prefix('\u{1b}').and_then(|rest| Some(rest.split_once('m')?.1)) {
        line = rest.trim();
    }
    line.strip_suffix("\u{1b}[0m").unwrap_or(line).trim()
}
