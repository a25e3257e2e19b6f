//! Errors of the tools that build an application: npm, pip, uv, Go, Java's and TypeScript's compilers, Maven, Gradle.

use crate::{Found, Lines};

/// The error of each tool that the output shows.
pub(crate) fn all<'a>(lines: &Lines<'a>) -> Vec<Found<'a>> {
    let tools = [npm, pip, wheel, git, uv, compiler, maven, gradle];
    tools.into_iter().filter_map(|tool| tool(lines)).collect()
}

/// npm: the first line after the code that isn't another key.
fn npm<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    const KEYS: [&str; 6] = ["code", "errno", "syscall", "path", "command", "dest"];
    let text = |line: &'a str| {
        let text = line.strip_prefix("npm error").or_else(|| line.strip_prefix("npm ERR!"))?.trim();
        let key = text.split(' ').next().unwrap_or_default();
        (!text.is_empty() && !KEYS.contains(&key)).then_some(text)
    };
    let first = lines.iter().find_map(|line| text(line))?;
    let end = lines.iter().rposition(|line| line.starts_with("npm error") || line.starts_with("npm ERR!"))?;
    // A package's own script has printed its error before npm's.
    if first.starts_with("Lifecycle script") || first.starts_with("command failed") {
        return None;
    }
    Some(Found { line: first, end })
}

/// pip: its last line of the level ERROR. uvicorn's lines have more blanks after the level.
fn pip<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let is_pip = |line: &str| line.strip_prefix("ERROR: ").is_some_and(|text| !text.starts_with(' '));
    let at = lines.iter().rposition(|line| is_pip(line))?;
    Some(Found { line: lines[at].strip_prefix("ERROR: ")?, end: at })
}

/// git, also under pip, which repeats its own lines after git's.
fn git<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let at = lines.iter().rposition(|line| line.trim_start().starts_with("fatal: "))?;
    let is_pips = |line: &str| line.contains("git clone") || line.contains("subprocess-exited-with-error");
    let end = lines.iter().rposition(|line| is_pips(line)).filter(|end| *end > at).unwrap_or(at);
    Some(Found { line: lines[at].trim(), end: end.max(at) })
}

/// pip, when a package's own build fails: the reason in the output that pip quotes.
fn wheel<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let end = lines.iter().rposition(|line| line.trim() == "[end of output]")?;
    let start = lines[..end].iter().rposition(|line| line.contains("lines of output]"))?;
    let quoted = &lines[start + 1..end];
    let known = crate::trace::all(quoted).into_iter().chain([compiler, uv].into_iter().filter_map(|tool| tool(quoted)));
    let latest = known.max_by_key(|found| found.end).map(|found| found.line);
    let line = latest.or_else(|| quoted.iter().rfind(|line| !line.trim().is_empty()).copied())?;
    Some(Found { line, end: lines.len() })
}

/// uv: the explanation below its heading.
fn uv<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let end = lines.iter().rposition(|line| line.trim_start().starts_with("╰─▶ "))?;
    Some(Found { line: lines[end].trim_start().strip_prefix("╰─▶ ")?, end })
}

/// A compiler's first error, at a position of a source: Go's, Java's or TypeScript's.
fn compiler<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let first = lines.iter().position(|line| is_position(line))?;
    let end = lines.iter().rposition(|line| is_position(line))?;
    let line = lines[first].strip_prefix("[ERROR] ").unwrap_or(lines[first]);
    Some(Found { line, end })
}

/// Returns true for `main.go:4:2: …`, `App.java:3: error: …`, `App.java:[3,5] …` and `app.ts(3,5): error …`.
fn is_position(line: &str) -> bool {
    let digit = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    if line.starts_with([' ', '\t']) {
        return false;
    }
    let go = line.split_once(".go:").is_some_and(|(_, rest)| digit(rest) && rest.split(':').nth(1).is_some_and(digit));
    let java = line.split_once(".java:").is_some_and(|(_, rest)| {
        rest.strip_prefix('[').is_some_and(digit) && !line.starts_with("[WARNING]") || rest.contains(": error: ")
    });
    go || java || line.contains("): error TS")
}

/// Maven: the goal that failed, or the first error of the level ERROR.
fn maven<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let errors: Vec<&'a str> = lines.iter().filter_map(|line| line.strip_prefix("[ERROR] ")).collect();
    if !lines.iter().any(|line| line.contains("re-run Maven with the -e switch")) {
        return None;
    }
    let goal = errors.iter().find(|error| error.starts_with("Failed to execute goal"));
    let line = goal.or_else(|| errors.iter().find(|error| !error.trim_end().ends_with(':')))?;
    let line = line.split(" -> [Help").next().unwrap_or(line);
    // A compiler's own error, which Maven prints too, says more.
    let end = lines.iter().rposition(|line| line.starts_with("[ERROR] "))?;
    if let Some(found) = compiler(lines).filter(|_| line.ends_with("Compilation failure")) {
        return Some(Found { end, ..found });
    }
    Some(Found { line, end })
}

/// Gradle: the cause of the failed task, else the task.
fn gradle<'a>(lines: &Lines<'a>) -> Option<Found<'a>> {
    let heading = lines.iter().rposition(|line| line.trim() == "* What went wrong:")?;
    let told = lines[heading + 1..].iter().take_while(|line| !line.trim().is_empty());
    let told: Vec<&&str> = told.collect();
    let cause = told.iter().find_map(|line| line.trim_start().strip_prefix("> "));
    let line = cause.or_else(|| told.first().map(|line| **line))?;
    let end = lines.len();
    if let Some(found) = compiler(lines).filter(|_| line.starts_with("Compilation failed")) {
        return Some(Found { end, ..found });
    }
    Some(Found { line, end })
}
