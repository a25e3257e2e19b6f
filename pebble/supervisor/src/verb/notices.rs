//! Verbs about notices and warnings.

use pebble::plan::Span;
use pebble::types::Notice;
use serde_json::json;

use super::arguments::{ABS_TIME, Arguments, FORMAT, Flag, Rest, Spec, Value};
use super::connection::with_query;
use super::moment::shown;
use super::table::{aligned, formatted, named, row, yaml};
use super::{Context, Failure, Outcome, Verb, kept};
use pebble::plan::quote;

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "notices",
        summary: "List notices",
        spec: Spec {
            flags: &[
                ABS_TIME,
                FORMAT,
                Flag("", "users", Value::Text),
                Flag("", "uid", Value::Number),
                Flag("", "type", Value::Text),
                Flag("", "key", Value::Text),
                Flag("", "timeout", Value::Span),
            ],
            words: &[],
            rest: Rest::No,
            is_command: false,
        },
        run: list,
    },
    Verb {
        name: "notice",
        summary: "Show one notice",
        spec: Spec {
            flags: &[FORMAT, Flag("", "uid", Value::Number)],
            words: &["id-or-type"],
            rest: Rest::Optional("key", 1),
            is_command: false,
        },
        run: one,
    },
    Verb {
        name: "notify",
        summary: "Record a custom notice",
        spec: Spec {
            flags: &[Flag("", "repeat-after", Value::Span)],
            words: &["key"],
            rest: Rest::Optional("name=value", usize::MAX),
            is_command: false,
        },
        run: notify,
    },
    Verb {
        name: "okay",
        summary: "Acknowledge the notices and warnings listed last",
        spec: Spec { flags: &[Flag("", "warnings", Value::No)], words: &[], rest: Rest::No, is_command: false },
        run: okay,
    },
    Verb {
        name: "warnings",
        summary: "List warnings",
        spec: Spec {
            flags: &[
                Flag("", "all", Value::No),
                ABS_TIME,
                FORMAT,
                Flag("", "unicode", Value::Choice(&["auto", "never", "always"])),
                Flag("", "verbose", Value::No),
            ],
            words: &[],
            rest: Rest::No,
            is_command: false,
        },
        run: warnings,
    },
];

fn list(context: &Context, arguments: &Arguments) -> Outcome {
    let mut kept = kept::load(&context.socket)?;
    let (types, keys) = (arguments.values("type").join(","), arguments.values("key").join(","));
    let timeout = arguments.value("timeout");
    let path = with_query(
        "/v1/notices",
        &[
            ("after", kept.notices_last_okayed.as_deref().unwrap_or_default()),
            ("keys", &keys),
            ("timeout", timeout),
            ("types", &types),
            ("user-id", arguments.value("uid")),
            ("users", arguments.value("users")),
        ],
    );
    let notices: Vec<Notice> = context.connection.get(&path)?;
    if let Some(last) = notices.last() {
        kept.notices_last_listed = Some(last.last_repeated.to_string());
        kept::save(&context.socket, &kept)?;
    }
    if let Some(text) = formatted(arguments, &named("notices", &notices)) {
        return context.print(&text);
    }
    if notices.is_empty() {
        let waited = timeout.parse::<Span>().ok().filter(|span| *span != Span::ZERO);
        return context.note(&match waited {
            Some(span) => format!("No matching notices after waiting {span}."),
            None => "No matching notices.".to_owned(),
        });
    }
    let mut rows = vec![row(["ID", "User", "Type", "Key", "First", "Repeated", "Occurrences"])];
    for notice in &notices {
        let user = notice.user_id.map_or_else(|| "public".to_owned(), |uid| uid.to_string());
        let (first, repeated) = (shown(arguments, &notice.first_occurred), shown(arguments, &notice.last_repeated));
        let count = notice.occurrences.to_string();
        rows.push(row([&notice.id, &user, notice.kind.as_str(), &cut(&notice.key), &first, &repeated, &count]));
    }
    context.print(&aligned(&rows))
}

/// A key of at most 32 bytes.
fn cut(key: &str) -> String {
    match (key.get(..14), key.len().checked_sub(15).and_then(|from| key.get(from..))) {
        (Some(first), Some(last)) if key.len() > 32 => format!("{first}...{last}"),
        _ => key.to_owned(),
    }
}

fn one(context: &Context, arguments: &Arguments) -> Outcome {
    let (id, key) = (arguments.word(0), arguments.word(1));
    let notice = if key.is_empty() {
        if arguments.has("uid") {
            return Err("cannot use --uid option when looking up notice by key".to_owned());
        }
        context.connection.get(&format!("/v1/notices/{id}"))?
    } else {
        by_key(context, arguments, id, key)?
    };
    context.print(&formatted(arguments, &notice).unwrap_or_else(|| yaml(&notice)))
}

fn by_key(context: &Context, arguments: &Arguments, kind: &str, key: &str) -> Result<Notice, Failure> {
    let path = with_query("/v1/notices", &[("keys", key), ("types", kind), ("user-id", arguments.value("uid"))]);
    let mut notices: Vec<Notice> = context.connection.get(&path)?;
    let own = notices.iter().position(|notice| notice.user_id.is_some()).unwrap_or(0);
    if notices.is_empty() {
        return Err(format!("cannot find {kind} notice with key {}", quote(key)));
    }
    Ok(notices.swap_remove(own))
}

fn notify(context: &Context, arguments: &Arguments) -> Outcome {
    let mut data = serde_json::Map::new();
    for pair in &arguments.words[1..] {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| format!(r#"data args must be in "name=value" format, not {}"#, quote(pair)))?;
        data.insert(name.to_owned(), json!(value));
    }
    let mut body = json!({"action": "add", "type": "custom", "key": arguments.word(0), "data": data});
    let quiet = arguments.value("repeat-after").parse::<Span>().ok().filter(|span| *span != Span::ZERO);
    if let Some(quiet) = quiet {
        body["repeat-after"] = json!(quiet.to_string());
    }
    let answer = context.connection.post("/v1/notices", &body)?;
    context.print(&format!("Recorded notice {}\n", answer.result["id"].as_str().unwrap_or_default()))
}

fn okay(context: &Context, arguments: &Arguments) -> Outcome {
    let mut kept = kept::load(&context.socket)?;
    let only_warnings = arguments.has("warnings");
    let warnings = kept.warnings_last_listed.is_some();
    let notices = !only_warnings && kept.notices_last_listed.is_some();
    if warnings {
        kept.warnings_last_okayed.clone_from(&kept.warnings_last_listed);
    }
    if notices {
        kept.notices_last_okayed.clone_from(&kept.notices_last_listed);
    }
    kept::save(&context.socket, &kept)?;
    match (only_warnings, warnings || notices) {
        (_, true) => Ok(0),
        (true, false) => Err("no warnings have been listed; try 'pebble warnings'".to_owned()),
        (false, false) => {
            Err("no notices or warnings have been listed; try 'pebble notices' or 'pebble warnings'".to_owned())
        }
    }
}

fn warnings(context: &Context, arguments: &Arguments) -> Outcome {
    let mut kept = kept::load(&context.socket)?;
    let is_all = arguments.has("all");
    let after = kept.warnings_last_okayed.clone().filter(|_| !is_all);
    let path = with_query("/v1/notices", &[("after", after.as_deref().unwrap_or_default()), ("types", "warning")]);
    let warnings: Vec<Notice> = context.connection.get(&path).map_err(|why| format!("cannot get notices: {why}"))?;
    if let Some(last) = warnings.last().filter(|_| !is_all) {
        kept.warnings_last_listed = Some(last.last_repeated.to_string());
        kept::save(&context.socket, &kept)?;
    }
    if let Some(text) = formatted(arguments, &named("warnings", &warnings)) {
        return context.print(&text);
    }
    if warnings.is_empty() {
        return context.note(if after.is_none() { "No warnings." } else { "No further warnings." });
    }
    let shown = |warning: &Notice| {
        let mut text = String::new();
        if arguments.has("verbose") {
            text.push_str(&format!("first-occurrence:  {}\n", shown(arguments, &warning.first_occurred)));
        }
        text.push_str(&format!("last-occurrence:  {}\n", shown(arguments, &warning.last_occurred)));
        text + &format!("warning: |\n  {}\n", warning.key.trim_end().replace('\n', "\n  "))
    };
    context.print(&warnings.iter().map(shown).collect::<Vec<_>>().join("---\n"))
}
