//! `key=value` arguments, and the YAML or JSON files of `--file` with the same pairs.

use super::flags::{self, Parsed};
use super::{Files, find};
use crate::model::HookError;
use std::collections::BTreeMap;

/// The pairs of `--file`, replaced and extended by those of the arguments. A bare scalar in a file is read as text, as
/// in Juju; null is the empty string.
pub(crate) fn pairs(flags: &Parsed, args: &[String], files: &Files) -> Result<BTreeMap<String, String>, HookError> {
    let mut pairs = match flags.get_filled("file") {
        Some(name) => read(content(name, files)?)?,
        None => BTreeMap::new(),
    };
    for arg in args {
        let (key, value) = split(arg)?;
        pairs.insert(key.to_owned(), value.to_owned());
    }
    Ok(pairs)
}

/// Splits `key=value`. The error does not show the value, which may be a secret.
pub(crate) fn split(arg: &str) -> Result<(&str, &str), HookError> {
    let pair = arg.split_once('=').filter(|(key, _)| !key.is_empty());
    let shown = if arg.starts_with('=') { "=***" } else { arg };
    pair.ok_or_else(|| HookError::Usage(format!("expected \"key=value\", got \"{shown}\"")))
}

/// The content of a file that the call names.
pub(crate) fn content<'a>(name: &str, files: &'a Files) -> Result<&'a str, HookError> {
    match files.get(name) {
        Some(Ok(text)) => Ok(text),
        Some(Err(why)) => Err(HookError::Refused(why.clone())),
        None => Err(HookError::Refused(format!("open {name}: no such file or directory"))),
    }
}

fn read(text: &str) -> Result<BTreeMap<String, String>, HookError> {
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let map: BTreeMap<String, Option<String>> = serde_yaml::from_str(text).map_err(|e| {
        let place = e.location().map(|at| format!(" in line {}", at.line())).unwrap_or_default();
        HookError::Refused(format!("yaml: unmarshal errors:\n  a map of strings is expected{place}"))
    })?;
    Ok(map.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect())
}

/// The files that the client must read for a call.
pub(crate) fn wanted_files(tool: &str, args: &[String]) -> Vec<String> {
    let Some(flags) = find(tool).and_then(|tool| flags::parse(args, tool.flags).ok()) else { return Vec::new() };
    let mut wanted: Vec<String> = flags.get_filled("file").map(str::to_owned).into_iter().collect();
    if matches!(tool, "secret-add" | "secret-set") {
        let pairs = flags.args.iter().filter_map(|arg| arg.split_once('='));
        wanted.extend(pairs.filter(|(key, _)| key.ends_with("#file")).map(|(_, path)| path.to_owned()));
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_pairs(file: &str, args: &[&str]) -> Result<BTreeMap<String, String>, HookError> {
        let words: Vec<String> = ["--file", "-"].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
        let flags = flags::parse(&words, &[flags::value("file")]).unwrap();
        let files = Files::from([("-".to_owned(), Ok(file.to_owned()))]);
        pairs(&flags, &flags.args, &files)
    }

    #[test]
    fn a_file_may_be_yaml_or_json_and_arguments_win() {
        for file in ["a: one\nb: two\nc:\n", "{\"a\": \"one\", \"b\": \"two\", \"c\": \"\"}"] {
            let pairs = read_pairs(file, &["b=three", "d=x=y"]).unwrap();
            let wanted = [("a", "one"), ("b", "three"), ("c", ""), ("d", "x=y")];
            assert_eq!(pairs, wanted.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        }
    }

    #[test]
    fn a_bare_scalar_is_its_text() {
        let pairs = read_pairs("port: 8080\non: true\nversion: 1.50\nempty: ~\n", &[]).unwrap();
        let wanted = [("port", "8080"), ("on", "true"), ("version", "1.50"), ("empty", "")];
        assert_eq!(pairs, wanted.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
    }

    #[test]
    fn what_is_no_map_of_strings_is_refused_without_its_content() {
        for file in ["[hunter2]", "a: [hunter2]", "a: {b: hunter2}", "hunter2", "{"] {
            let error = read_pairs(file, &[]).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_files_a_call_names_are_known() {
        let wanted = |tool: &str, args: &[&str]| {
            wanted_files(tool, &args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(wanted("relation-set", &["-r", "1", "--file", "-"]), ["-"]);
        assert_eq!(wanted("secret-add", &["cert#file=/a", "--file=b", "key=c"]), ["b", "/a"]);
        assert!(wanted("relation-set", &["cert#file=/a"]).is_empty());
        assert!(wanted("relation-get", &["-"]).is_empty());
    }
}
