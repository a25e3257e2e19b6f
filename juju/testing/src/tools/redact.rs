//! Redaction of a call's arguments for records.

/// Replaces the values of databags, secrets and the unit's state by stars.
pub(crate) fn arguments(tool: &str, args: &[String]) -> Vec<String> {
    let is_private = matches!(tool, "relation-set" | "secret-add" | "secret-set" | "state-set");
    args.iter().map(|arg| if is_private { hidden(arg) } else { arg.clone() }).collect()
}

fn hidden(arg: &str) -> String {
    match arg.split_once('=') {
        Some((key, _)) if !arg.starts_with("--") => format!("{key}=***"),
        _ => arg.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_stars() {
        for (tool, arg, shown) in [
            ("relation-set", "password=hunter2", "password=***"),
            ("secret-add", "key#base64=aGk=", "key#base64=***"),
            ("secret-set", "--label=db", "--label=db"),
            ("state-set", "a=b=c", "a=***"),
            ("relation-get", "a=b", "a=b"),
            ("relation-set", "--file", "--file"),
        ] {
            assert_eq!(arguments(tool, &[arg.to_owned()]), [shown]);
        }
    }
}
