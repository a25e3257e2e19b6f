//! Output of verbs: tables with aligned columns, JSON, and YAML.

use pebble::plan::Span;
use serde::Serialize;

use super::Arguments;
use super::ordered::Tree;
use crate::clock::Time;
use crate::go_json::encode;

/// Rows with columns that are two blanks apart and at least five wide.
pub(super) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| (width(column).unwrap_or(0) + 2).max(5)).collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let is_last = column + 1 == row.len();
            let padding = if is_last { 0 } else { widths[column] - cell.chars().count() };
            text.push_str(cell);
            text.push_str(&" ".repeat(padding));
        }
        text.push('\n');
    }
    text
}

/// An object with one field.
pub(super) fn named<T>(name: &'static str, value: T) -> std::collections::BTreeMap<&'static str, T> {
    [(name, value)].into()
}

/// A row of a table.
pub(super) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).into()
}

/// A value as the arguments' `--format` asks; `None` for text.
pub(super) fn formatted(arguments: &Arguments, value: &impl Serialize) -> Option<String> {
    match arguments.value("format") {
        "json" => Some(String::from_utf8_lossy(&encode(value)).into_owned() + "\n"),
        "yaml" => Some(yaml(value)),
        _ => None,
    }
}

/// A value as YAML, indented by four.
pub(super) fn yaml(value: &impl Serialize) -> String {
    let mut text = String::new();
    // What was serialised is JSON.
    let tree = serde_json::from_slice(&serde_json::to_vec(value).unwrap_or_default()).unwrap_or(Tree::Null);
    write(&mut text, &tree, 0);
    text
}

fn write(text: &mut String, value: &Tree, depth: usize) {
    match value {
        Tree::Object(fields) if fields.is_empty() => text.push_str("{}\n"),
        Tree::Object(fields) => {
            for (key, value) in fields {
                text.push_str(&format!("{}{key}:", " ".repeat(depth)));
                behind(text, value, depth);
            }
        }
        Tree::List(items) if items.is_empty() => text.push_str("[]\n"),
        Tree::List(items) => {
            for item in items {
                let mut inner = String::new();
                write(&mut inner, item, depth + 2);
                text.push_str(&format!("{}- {}", " ".repeat(depth), inner.trim_start_matches(' ')));
            }
        }
        scalar => {
            text.push_str(&self::scalar(scalar, depth));
            text.push('\n');
        }
    }
}

/// Writes a value behind its key. Deeper levels begin at multiples of four.
fn behind(text: &mut String, value: &Tree, depth: usize) {
    let is_block = match value {
        Tree::Object(fields) => !fields.is_empty(),
        Tree::List(items) => !items.is_empty(),
        _ => false,
    };
    text.push(if is_block { '\n' } else { ' ' });
    write(text, value, (depth / 4 + 1) * 4);
}

fn scalar(value: &Tree, depth: usize) -> String {
    let text = match value {
        Tree::Bool(value) => return value.to_string(),
        Tree::Number(number) => return number.clone(),
        Tree::Text(text) => text,
        _ => return "null".to_owned(),
    };
    if text.contains('\n') {
        let indent = " ".repeat(depth);
        let lines: String = text.lines().map(|line| format!("\n{indent}{line}")).collect();
        return format!("|{}{lines}", if text.ends_with('\n') { "" } else { "-" });
    }
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./ @+=,();".contains(letter))
        && !text.ends_with(' ');
    let is_special = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    let is_typed = Time::parse(text).is_some() || (text.ends_with('s') && text.parse::<Span>().is_ok());
    if (is_word && !is_special) || is_typed { text.clone() } else { serde_json::Value::from(text.as_str()).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = [row(["ID", "Status", "Summary"]), row(["1", "Done", "Start service \"web\""])];
        assert_eq!(aligned(&rows), "ID   Status  Summary\n1    Done    Start service \"web\"\n");
    }

    #[test]
    fn yaml_is_indented_by_four() {
        let value =
            json!({"access": "admin", "list": ["a", {"b": 1}], "local": {"user-id": 42}, "none": [], "text": "a\nb\n"});
        let expected =
            "access: admin\nlist:\n    - a\n    - b: 1\nlocal:\n    user-id: 42\nnone: []\ntext: |\n    a\n    b\n";
        assert_eq!(yaml(&value), expected);
        assert_eq!(yaml(&json!({"a": "yes", "b": "1.5", "c": ""})), "a: \"yes\"\nb: \"1.5\"\nc: \"\"\n");
    }
}
