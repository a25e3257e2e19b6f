//! Arguments of a verb: flags and positional words, with the texts of Pebble's errors.

use std::collections::BTreeMap;

use pebble::plan::Span;

/// Flags and words that a verb takes.
pub(super) struct Spec {
    pub(super) flags: &'static [Flag],
    /// Names of the words that are required.
    pub(super) words: &'static [&'static str],
    /// Further words.
    pub(super) rest: Rest,
    /// True if words after the first are not read as flags.
    pub(super) is_command: bool,
}

/// Further words of a verb.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    No,
    /// At most this many.
    Optional(&'static str, usize),
    /// At most this many, which help doesn't name.
    Unnamed(usize),
    /// Any number; the daemon refuses none.
    Any(&'static str),
    /// One or more.
    Required(&'static str),
}

/// A flag: its short and long name, of which one may be empty, and its value.
pub(super) struct Flag(pub(super) &'static str, pub(super) &'static str, pub(super) Value);

/// Value of a flag.
#[derive(Clone, Copy)]
pub(super) enum Value {
    No,
    Text,
    Choice(&'static [&'static str]),
    Number,
    Span,
}

/// `--format`, of many verbs.
pub(super) const FORMAT: Flag = Flag("", "format", Value::Choice(&["text", "json", "yaml"]));
/// `--abs-time`, of verbs that print times.
pub(super) const ABS_TIME: Flag = Flag("", "abs-time", Value::No);

/// Parsed arguments.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    flags: BTreeMap<&'static str, Vec<String>>,
    pub(super) words: Vec<String>,
}

impl Arguments {
    pub(super) fn has(&self, flag: &str) -> bool {
        self.flags.contains_key(flag)
    }

    /// The flag's last value; empty if it is missing.
    pub(super) fn value(&self, flag: &str) -> &str {
        self.flags.get(flag).and_then(|values| values.last()).map_or("", String::as_str)
    }

    pub(super) fn values(&self, flag: &str) -> &[String] {
        self.flags.get(flag).map_or(&[], Vec::as_slice)
    }

    pub(super) fn number(&self, flag: &str) -> Option<i64> {
        self.flags.get(flag).and_then(|values| values.last()?.parse().ok())
    }

    /// The word at `index`; empty if there are fewer.
    pub(super) fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", String::as_str)
    }
}

impl Flag {
    fn key(&self) -> &'static str {
        if self.1.is_empty() { self.0 } else { self.1 }
    }

    /// Name in messages: `-p, --parents`.
    fn shown(&self) -> String {
        match (self.0, self.1) {
            ("", long) => format!("--{long}"),
            (short, "") => format!("-{short}"),
            (short, long) => format!("-{short}, --{long}"),
        }
    }

    fn check(&self, value: &str) -> Result<(), String> {
        let invalid = |kind: &str, why: String| {
            Err(format!("invalid argument for flag `{}' (expected {kind}): {why}", self.shown()))
        };
        match self.2 {
            Value::Choice(choices) if !choices.contains(&value) => {
                let (last, first) = choices.split_last().map_or(("", &[][..]), |(last, first)| (*last, first));
                let allowed = format!("{} or {last}", first.join(", "));
                Err(format!("Invalid value `{value}' for option `{}'. Allowed values are: {allowed}", self.shown()))
            }
            Value::Number if value.parse::<i64>().is_err() => {
                invalid("*int", format!("strconv.ParseInt: parsing {}: invalid syntax", pebble::plan::quote(value)))
            }
            Value::Span if value.parse::<Span>().is_err() => {
                invalid("time.Duration", format!("time: invalid duration {}", pebble::plan::quote(value)))
            }
            _ => Ok(()),
        }
    }
}

impl Spec {
    /// Reads the words after the verb.
    ///
    /// # Errors
    /// An unknown flag, an invalid value, a missing or surplus word.
    pub(super) fn parse(&self, words: Vec<String>) -> Result<Arguments, String> {
        let mut arguments = Arguments::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if word == "--" || (self.is_command && !arguments.words.is_empty()) {
                arguments.words.extend(Some(word).filter(|word| word != "--"));
                arguments.words.extend(words.by_ref());
            } else if let Some(long) = word.strip_prefix("--") {
                let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
                let flag = self.flags.iter().find(|flag| flag.1 == name);
                self.take(&mut arguments, name, flag, value.map(str::to_owned), &mut words)?;
            } else if word.len() > 1 && word.starts_with('-') {
                self.shorts(&mut arguments, &word[1..], &mut words)?;
            } else {
                arguments.words.push(word);
            }
        }
        if !arguments.has("help") {
            self.count(&arguments)?;
        }
        Ok(arguments)
    }

    fn shorts(
        &self,
        arguments: &mut Arguments,
        letters: &str,
        words: &mut impl Iterator<Item = String>,
    ) -> Result<(), String> {
        for (at, letter) in letters.char_indices() {
            let name = letter.to_string();
            let flag = self.flags.iter().find(|flag| flag.0 == name);
            let rest = &letters[at + letter.len_utf8()..];
            if flag.is_some_and(|flag| !matches!(flag.2, Value::No)) && !rest.is_empty() {
                let value = rest.strip_prefix('=').unwrap_or(rest);
                return self.take(arguments, &name, flag, Some(value.to_owned()), words);
            }
            self.take(arguments, &name, flag, None, words)?;
        }
        Ok(())
    }

    fn take(
        &self,
        arguments: &mut Arguments,
        name: &str,
        flag: Option<&'static Flag>,
        value: Option<String>,
        words: &mut impl Iterator<Item = String>,
    ) -> Result<(), String> {
        if matches!(name, "h" | "help") {
            arguments.flags.insert("help", Vec::new());
            return Ok(());
        }
        let flag = flag.ok_or_else(|| format!("unknown flag `{name}'"))?;
        let value = match (flag.2, value) {
            (Value::No, None) => String::new(),
            (Value::No, Some(_)) => {
                return Err(format!("bool flag `{}' cannot have an argument", flag.shown()));
            }
            (_, Some(value)) => value,
            (_, None) => words.next().ok_or_else(|| format!("expected argument for flag `{}'", flag.shown()))?,
        };
        flag.check(&value)?;
        arguments.flags.entry(flag.key()).or_default().push(value);
        Ok(())
    }

    fn count(&self, arguments: &Arguments) -> Result<(), String> {
        let given = arguments.words.len();
        let mut missing: Vec<String> = self.words.iter().skip(given).map(|name| format!("`<{name}>`")).collect();
        if let Rest::Required(name) = self.rest
            && given <= self.words.len()
        {
            missing.push(format!("`<{name}> (at least 1 argument)`"));
        }
        match missing.split_last() {
            None => {}
            Some((only, [])) => return Err(format!("the required argument {only} was not provided")),
            Some((last, first)) => {
                return Err(format!("the required arguments {} and {last} were not provided", first.join(", ")));
            }
        }
        let most = match self.rest {
            Rest::No => self.words.len(),
            Rest::Optional(_, more) | Rest::Unnamed(more) => self.words.len().saturating_add(more),
            Rest::Any(_) | Rest::Required(_) => usize::MAX,
        };
        if given > most { Err("too many arguments for command".to_owned()) } else { Ok(()) }
    }

    /// Help of a verb, in the form of Pebble's; the words are our own.
    pub(super) fn help(&self, name: &str, summary: &str) -> String {
        format!("Usage:\n  pebble {name}{}\n\n{summary}.\n{}", self.usage(name), self.flags_help(name))
    }

    fn usage(&self, name: &str) -> String {
        let mut usage = if self.flags.is_empty() { String::new() } else { format!(" [{name}-OPTIONS]") };
        self.words.iter().for_each(|word| usage.push_str(&format!(" <{word}>")));
        match self.rest {
            Rest::No | Rest::Unnamed(_) => {}
            Rest::Optional(name, 1) => usage.push_str(&format!(" [<{name}>]")),
            Rest::Optional(name, _) => usage.push_str(&format!(" [<{name}>...]")),
            Rest::Any(name) | Rest::Required(name) => usage.push_str(&format!(" <{name}>...")),
        }
        usage
    }

    fn flags_help(&self, name: &str) -> String {
        let has_short = self.flags.iter().any(|flag| !flag.0.is_empty());
        let line = |flag: &Flag| {
            let short = match (flag.0, has_short) {
                ("", true) => "  ".to_owned(),
                ("", false) => String::new(),
                (short, _) => format!("-{short}"),
            };
            let between = match (flag.0, flag.1, has_short) {
                (_, "", _) | ("", _, false) => "",
                ("", _, true) => "  ",
                _ => ", ",
            };
            let long = if flag.1.is_empty() { String::new() } else { format!("--{}", flag.1) };
            let value = match flag.2 {
                Value::No => String::new(),
                Value::Choice(choices) => format!("=[{}]", choices.join("|")),
                Value::Text | Value::Number | Value::Span => "=".to_owned(),
            };
            format!("      {short}{between}{long}{value}\n")
        };
        if self.flags.is_empty() {
            return String::new();
        }
        format!("\n[{name} command options]\n{}", self.flags.iter().map(line).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = Spec {
        flags: &[Flag("p", "", Value::No), Flag("m", "", Value::Text), FORMAT, Flag("", "uid", Value::Number)],
        words: &["path"],
        rest: Rest::Optional("more", 1),
        is_command: false,
    };

    fn parse(words: &[&str]) -> Result<Arguments, String> {
        SPEC.parse(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn flags_and_words_may_be_mixed() {
        let arguments = parse(&["-pm", "700", "a", "--format=json", "--uid", "3", "--", "-b"]).unwrap();
        assert!(arguments.has("p"));
        assert_eq!(
            (arguments.value("m"), arguments.value("format"), arguments.number("uid")),
            ("700", "json", Some(3))
        );
        assert_eq!(arguments.words, ["a", "-b"]);
    }

    #[test]
    fn errors_have_pebbles_words() {
        for (words, expected) in [
            (&["--nope"][..], "unknown flag `nope'"),
            (&[][..], "the required argument `<path>` was not provided"),
            (&["a", "b", "c"][..], "too many arguments for command"),
            (&["a", "-m"][..], "expected argument for flag `-m'"),
            (
                &["a", "--format", "x"][..],
                "Invalid value `x' for option `--format'. Allowed values are: text, json or yaml",
            ),
        ] {
            assert_eq!(parse(words).unwrap_err(), expected);
        }
        assert!(
            parse(&["a", "--uid", "x"]).unwrap_err().starts_with("invalid argument for flag `--uid' (expected *int)")
        );
    }
}
