//! Command lines, split and joined as by a shell, with default arguments in brackets.
//!
//! A service's command may end in a group, `web --port 80 [ --verbose ]`, of default arguments, which `pebble run
//! --args` replaces. The rest is the base.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

/// Error of an invalid command line. The texts are Pebble's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A backslash at the end.
    #[error("EOF found after escape character")]
    Escape,
    /// An unclosed quote.
    #[error("EOF found when expecting closing quote")]
    Quote,
    /// A group within a group.
    #[error("cannot nest [ ... ] groups")]
    Nested,
    /// An argument after the group.
    #[error("cannot have any arguments after [ ... ] group")]
    AfterGroup,
    /// A group without a command before it.
    #[error("cannot start command with [ ... ] group")]
    OnlyGroup,
    /// A closing bracket without an opening one.
    #[error("cannot have ] outside of [ ... ] group")]
    OutsideGroup,
}

/// Parts of a command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The program and its fixed arguments.
    pub base: Vec<String>,
    /// The default arguments, from the brackets.
    pub extra: Vec<String>,
}

impl Command {
    /// Program and all arguments, without the brackets.
    pub fn args(&self) -> Vec<String> {
        self.base.iter().chain(&self.extra).cloned().collect()
    }
}

impl fmt::Display for Command {
    /// Prints the command line, quoted where needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&join(&self.base))?;
        if self.extra.is_empty() { Ok(()) } else { write!(f, " [ {} ]", join(&self.extra)) }
    }
}

/// Splits a service's command into base and default arguments.
///
/// # Errors
/// Unclosed quotes and misplaced brackets; an unclosed opening bracket is accepted.
///
/// ```
/// let command = webcharm_pebble::plan::command::parse("web 'a b' [ --verbose ]").unwrap();
/// assert_eq!(command.base, ["web", "a b"]);
/// assert_eq!(command.extra, ["--verbose"]);
/// ```
pub fn parse(line: &str) -> Result<Command, Error> {
    let mut command = Command::default();
    let (mut inside, mut had_group) = (false, false);
    for word in split(line)? {
        match word.as_str() {
            "[" if inside => return Err(Error::Nested),
            "]" if inside => inside = false,
            _ if inside => command.extra.push(word),
            _ if had_group => return Err(Error::AfterGroup),
            "[" if command.base.is_empty() => return Err(Error::OnlyGroup),
            "[" => (inside, had_group) = (true, true),
            "]" => return Err(Error::OutsideGroup),
            _ => command.base.push(word),
        }
    }
    Ok(command)
}

/// Splits a line into words by shell rules: blanks, both kinds of quotes, backslashes, and comments from a `#` at the
/// beginning of a word to the end of the line. There are no expansions.
///
/// # Errors
/// [`Error::Escape`] and [`Error::Quote`].
pub fn split(line: &str) -> Result<Vec<String>, Error> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.peek() {
        match c {
            ' ' | '\t' | '\r' | '\n' => drop(chars.next()),
            '#' => chars.by_ref().take_while(|c| *c != '\n').for_each(drop),
            _ => words.push(word(&mut chars)?),
        }
    }
    Ok(words)
}

fn word(chars: &mut Peekable<Chars<'_>>) -> Result<String, Error> {
    let mut word = String::new();
    while let Some(c) = chars.next_if(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')) {
        match c {
            '\\' => word.push(chars.next().ok_or(Error::Escape)?),
            '\'' | '"' => quoted(c, chars, &mut word)?,
            _ => word.push(c),
        }
    }
    Ok(word)
}

/// Reads up to the closing quote. In double quotes a backslash escapes any character.
fn quoted(quote: char, chars: &mut Peekable<Chars<'_>>, word: &mut String) -> Result<(), Error> {
    loop {
        match chars.next().ok_or(Error::Quote)? {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => word.push(chars.next().ok_or(Error::Escape)?),
            c => word.push(c),
        }
    }
}

/// Joins words into a line from which [`split`] returns them.
pub fn join<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| quote(word.as_ref())).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r#"'"'"'"#))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn splits_as_a_shell_does() {
        let table: [(&str, &[&str]); 13] = [
            ("", &[]),
            ("  \t\n", &[]),
            ("one two\tthree\r\nfour", &["one", "two", "three", "four"]),
            ("'a b' \"c d\"", &["a b", "c d"]),
            ("a'b c'd\"e f\"g", &["ab cde fg"]),
            (r#""a\"b\n" 'a\b' a\ b"#, &["a\"bn", r"a\b", "a b"]),
            ("''", &[""]),
            ("a#b # rest\nc", &["a#b", "c"]),
            ("# all", &[]),
            ("$HOME `x` *", &["$HOME", "`x`", "*"]),
            ("é日本", &["é日本"]),
            ("a\u{a0}b", &["a\u{a0}b"]),
            ("\\\n", &["\n"]),
        ];
        for (line, words) in table {
            assert_eq!(split(line).unwrap(), words, "{line:?}");
        }
        for (line, error) in
            [("a\\", Error::Escape), ("\"a\\", Error::Escape), ("'a", Error::Quote), ("\"a", Error::Quote)]
        {
            assert_eq!(split(line), Err(error), "{line:?}");
        }
    }

    #[test]
    fn brackets_hold_default_arguments() {
        let table = [
            ("web", Ok(("web", ""))),
            ("", Ok(("", ""))),
            ("web -a [ -b ]", Ok(("web -a", "-b"))),
            ("web [ ]", Ok(("web", ""))),
            ("web [ -b", Ok(("web", "-b"))),
            ("web [-b]", Ok(("web [-b]", ""))),
            ("web '[' x ]", Ok(("web", "x"))),
            ("web [ [ ]", Err(Error::Nested)),
            ("web [ a ] b", Err(Error::AfterGroup)),
            ("web [ a ] [ b ]", Err(Error::AfterGroup)),
            ("[ a ]", Err(Error::OnlyGroup)),
            ("web ]", Err(Error::OutsideGroup)),
        ];
        for (line, expected) in table {
            let got = parse(line).map(|c| (c.base.join(" "), c.extra.join(" ")));
            assert_eq!(got, expected.map(|(base, extra)| (base.to_owned(), extra.to_owned())), "{line:?}");
        }
    }

    #[test]
    fn joins_with_quotes_where_needed() {
        let table: [(&[&str], &str); 4] = [
            (&["web", "--port=80", "a/b.c,d:e@f%g+h_i"], "web --port=80 a/b.c,d:e@f%g+h_i"),
            (&["", "a b", "$x"], "'' 'a b' '$x'"),
            (&["it's"], r#"'it'"'"'s'"#),
            (&[], ""),
        ];
        for (words, line) in table {
            assert_eq!(join(words), line);
        }
        let command = Command { base: vec!["web".to_owned()], extra: vec!["-v".to_owned(), "x y".to_owned()] };
        assert_eq!(command.to_string(), "web [ -v 'x y' ]");
        assert_eq!(command.args(), ["web", "-v", "x y"]);
    }

    proptest! {
        #[test]
        fn joined_words_split_again(words in proptest::collection::vec(any::<String>(), 0..6)) {
            prop_assert_eq!(split(&join(&words)).unwrap(), words);
        }

        #[test]
        fn no_line_panics(line in any::<String>()) {
            let _ = parse(&line);
        }
    }
}
