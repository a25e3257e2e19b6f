//! Parser of command lines in the dialect of Juju's hook tools ("gnuflag"): flags may stand between arguments, the
//! value of a short flag may follow it directly (`-r7`), that of a long flag after `=`, and `--` ends the flags.

use std::collections::{BTreeMap, BTreeSet};

/// A flag of a tool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    name: &'static str,
    alias: Option<&'static str>,
    takes_value: bool,
}

/// A flag without a value; `--flag=false` switches it off again.
pub(crate) const fn switch(name: &'static str) -> Flag {
    Flag { name, alias: None, takes_value: false }
}

/// A flag with a value.
pub(crate) const fn value(name: &'static str) -> Flag {
    Flag { name, alias: None, takes_value: true }
}

impl Flag {
    /// Adds a second name.
    pub(crate) const fn or(self, alias: &'static str) -> Flag {
        Flag { alias: Some(alias), ..self }
    }

    fn is(&self, name: &str) -> bool {
        self.name == name || self.alias == Some(name)
    }
}

/// A parsed command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    values: BTreeMap<&'static str, String>,
    switches: BTreeSet<&'static str>,
    /// The arguments that are not flags, in order.
    pub(crate) args: Vec<String>,
}

impl Parsed {
    /// True if the switch was given.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.switches.contains(name)
    }

    /// The value of a flag; `None` where the flag was not given.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The value of a flag; an empty one counts as not given.
    pub(crate) fn get_filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }
}

/// Parses a command line.
///
/// # Errors
/// Juju's message for an unknown flag, an invalid value or a missing value.
pub(crate) fn parse(args: &[String], flags: &[Flag]) -> Result<Parsed, String> {
    let mut parsed = Parsed::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if arg == "--" {
            parsed.args.extend(rest.by_ref().cloned());
        } else if arg == "-" || !arg.starts_with('-') {
            parsed.args.push(arg.clone());
        } else {
            let (name, value) = split(arg)?;
            take(&mut parsed, find(flags, name)?, name, value, &mut rest)?;
        }
    }
    Ok(parsed)
}

/// Splits `--name=value`, `--name`, `-nvalue` or `-n` into the name and the value.
fn split(arg: &str) -> Result<(&str, Option<&str>), String> {
    let unknown = || format!("flag provided but not defined: {arg}");
    if let Some(long) = arg.strip_prefix("--") {
        let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
        return if long.chars().count() < 2 { Err(unknown()) } else { Ok((name, value)) };
    }
    let end = arg.char_indices().nth(2).map_or(arg.len(), |(at, _)| at);
    match (&arg[1..end], &arg[end..]) {
        (_, value) if value.starts_with('=') => Err(unknown()),
        (name, "") => Ok((name, None)),
        (name, value) => Ok((name, Some(value))),
    }
}

fn find<'a>(flags: &'a [Flag], name: &str) -> Result<&'a Flag, String> {
    let dashes = if name.chars().count() == 1 { "-" } else { "--" };
    flags.iter().find(|flag| flag.is(name)).ok_or_else(|| format!("flag provided but not defined: {dashes}{name}"))
}

fn take(
    parsed: &mut Parsed,
    flag: &Flag,
    typed: &str,
    value: Option<&str>,
    rest: &mut std::slice::Iter<'_, String>,
) -> Result<(), String> {
    if flag.takes_value {
        let value = match value {
            Some(value) => value,
            None => rest.next().ok_or_else(|| format!("flag needs an argument: --{typed}"))?,
        };
        parsed.values.insert(flag.name, value.to_owned());
    } else if value.map_or(Ok(true), |value| truth(typed, value))? {
        parsed.switches.insert(flag.name);
    } else {
        parsed.switches.remove(flag.name);
    }
    Ok(())
}

/// Parses a boolean with the spellings of Go's `strconv.ParseBool`.
fn truth(name: &str, value: &str) -> Result<bool, String> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!(
            "invalid value \"{value}\" for flag --{name}: strconv.ParseBool: parsing \"{value}\": invalid syntax"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FLAGS: &[Flag] = &[value("r").or("relation"), switch("app"), value("file")];

    fn read(args: &[&str]) -> Result<Parsed, String> {
        parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>(), FLAGS)
    }

    #[test]
    fn flags_and_arguments_may_mix() {
        for args in [
            &["-r", "db:7", "--app", "-", "app/0"][..],
            &["-", "-rdb:7", "app/0", "--app"],
            &["--relation=db:7", "--app=true", "--", "-", "app/0"],
            &["--relation", "db:7", "--app=1", "-", "--", "app/0"],
        ] {
            let parsed = read(args).unwrap();
            assert_eq!(parsed.get("r"), Some("db:7"), "{args:?}");
            assert!(parsed.is_on("app"), "{args:?}");
            assert_eq!(parsed.args, ["-", "app/0"], "{args:?}");
        }
    }

    #[test]
    fn everything_after_two_dashes_is_an_argument() {
        assert_eq!(read(&["--", "--app", "--"]).unwrap().args, ["--app", "--"]);
    }

    #[test]
    fn a_switch_can_be_taken_back() {
        assert!(!read(&["--app", "--app=false"]).unwrap().is_on("app"));
    }

    #[test]
    fn what_juju_refuses_is_refused_in_its_words() {
        for (args, message) in [
            (&["--nope"][..], "flag provided but not defined: --nope"),
            (&["-x"], "flag provided but not defined: -x"),
            (&["--r"], "flag provided but not defined: --r"),
            (&["-r=7"], "flag provided but not defined: -r=7"),
            (&["-r"], "flag needs an argument: --r"),
            (
                &["--app=maybe"],
                "invalid value \"maybe\" for flag --app: strconv.ParseBool: parsing \"maybe\": invalid syntax",
            ),
        ] {
            assert_eq!(read(args).unwrap_err(), message);
        }
    }

    proptest! {
        #[test]
        fn no_command_line_makes_it_panic(args in proptest::collection::vec("[-=a-zé ]{0,6}", 0..6)) {
            let _ = parse(&args, FLAGS);
        }
    }
}
