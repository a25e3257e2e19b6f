//! Translation of the parser's errors to those of Go's yaml.v3. They are similar, as both descend from libyaml.

use crate::plan::{Error, shortened};

/// The error for text that is not YAML.
pub(super) fn parse(text: &str, error: &serde_yaml::Error) -> Error {
    let shown = error.to_string();
    if shown.starts_with("recursion limit") {
        return super::limits::limit("document is nested too deeply");
    }
    if shown.starts_with("unknown anchor") {
        let alias =
            error.location().and_then(|place| text.get(place.index()..)).and_then(|rest| rest.strip_prefix('*'));
        let name: String = alias.unwrap_or_default().chars().take_while(|c| is_anchor(*c)).collect();
        return Error::Parse(format!("yaml: unknown anchor '{}' referenced", shortened(&name)));
    }
    Error::Parse(format!("yaml: {}", worded(&shown)))
}

fn is_anchor(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Converts `PROBLEM at line L column C, CONTEXT at line L column C`, in which either place may be missing, to `line L:
/// PROBLEM`. Go counts lines from zero except in scanner errors, and omits line zero.
fn worded(shown: &str) -> String {
    let (problem, context) = match shown.find(", while ") {
        Some(at) => (&shown[..at], Some(&shown[at + 2..])),
        None => (shown, None),
    };
    let (problem, place) = split_place(problem);
    // The only word with different spellings.
    let problem = problem.replace("hexadecimal", "hexdecimal");
    let (context, context_place) = context.map_or(("", None), split_place);
    let scanner = context.starts_with("while scanning") || problem.ends_with("not allowed in this context");
    let same_place = if context.is_empty() { None } else { place };
    let line = [context_place.or(same_place), place].into_iter().flatten().map(|line| line - 1).find(|line| *line != 0);
    match line {
        Some(line) => format!("line {}: {problem}", line + u64::from(scanner)),
        None => problem,
    }
}

/// Splits off ` at line L column C`.
fn split_place(text: &str) -> (&str, Option<u64>) {
    let Some(at) = text.rfind(" at line ") else { return (text, None) };
    let line = text[at + 9..].split(' ').next().and_then(|line| line.parse().ok()).filter(|line| *line > 0);
    (&text[..at], line)
}
