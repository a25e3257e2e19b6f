//! Names of Rust out of names of Juju.

/// Name of a constant: `db-admin` is `DB_ADMIN`.
pub(crate) fn constant(name: &str) -> String {
    escaped(&snake(name).to_ascii_uppercase())
}

/// Name of a field: `app-port` is `app_port`, `type` is `r#type`.
pub(crate) fn field(name: &str) -> String {
    let name = snake(name);
    match name.as_str() {
        "self" | "super" | "crate" | "_" => format!("{name}_"),
        word if KEYWORDS.contains(&word) => format!("r#{word}"),
        _ => escaped(&name),
    }
}

/// Name of a type: `create-backup` is `CreateBackup`.
pub(crate) fn camel(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let name: String = words.map(capitalized).collect();
    escaped(&name)
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

fn snake(name: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    name.chars().map(letter).collect()
}

/// A name that begins as one may.
fn escaped(name: &str) -> String {
    if name.starts_with(|letter: char| letter.is_ascii_digit()) || name.is_empty() {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}

const KEYWORDS: [&str; 49] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "union",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_juju_become_names_of_rust() {
        assert_eq!(constant("db-admin"), "DB_ADMIN");
        assert_eq!(constant("9lives"), "_9LIVES");
        assert_eq!(field("app.port"), "app_port");
        assert_eq!((field("type"), field("self")), ("r#type".to_owned(), "self_".to_owned()));
        assert_eq!(camel("create-super_user"), "CreateSuperUser");
    }
}
