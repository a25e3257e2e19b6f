//! End of a JSON value in a text, with Go's messages about a text that is no JSON.

use pebble::plan::quote;

/// The deepest nesting that Go takes.
const DEEPEST: usize = 10_000;
/// The most values of a body: they take more memory than their text.
const MOST_VALUES: usize = 300_000;

/// Container around the position.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    List,
    Object,
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    inside: Vec<Inside>,
    values: usize,
}

/// Returns the part of the text that is its first value.
pub(super) fn value(text: &[u8]) -> Result<&[u8], String> {
    let mut scanner = Scanner { text, at: 0, inside: Vec::new(), values: 0 };
    scanner.skip_blanks();
    let start = scanner.at;
    if start == text.len() {
        return Err("EOF".to_owned());
    }
    scanner.run()?;
    Ok(&text[start..scanner.at])
}

impl Scanner<'_> {
    /// Scans values until the first one is complete.
    fn run(&mut self) -> Result<(), String> {
        loop {
            let opened = self.begin()?;
            if opened {
                continue;
            }
            if self.end()? {
                return Ok(());
            }
        }
    }

    /// Scans a literal, or the beginning of a container with a first value: then true.
    fn begin(&mut self) -> Result<bool, String> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(format!("json: more than {MOST_VALUES} values"));
        }
        match self.next_visible()? {
            b'{' => {
                self.open(Inside::Object)?;
                if self.peek_visible()? == b'}' {
                    self.at += 1;
                    self.inside.pop();
                    return Ok(false);
                }
                self.key()?;
                Ok(true)
            }
            b'[' => {
                self.open(Inside::List)?;
                if self.peek_visible()? == b']' {
                    self.at += 1;
                    self.inside.pop();
                    return Ok(false);
                }
                Ok(true)
            }
            first => self.literal(first).map(|()| false),
        }
    }

    fn open(&mut self, container: Inside) -> Result<(), String> {
        self.inside.push(container);
        if self.inside.len() > DEEPEST { Err("exceeded max depth".to_owned()) } else { Ok(()) }
    }

    /// Scans what follows a value: ends of containers, or a comma before the next value. True after the first value's end.
    fn end(&mut self) -> Result<bool, String> {
        loop {
            let Some(inside) = self.inside.last().copied() else { return Ok(true) };
            let (close, context) = match inside {
                Inside::List => (b']', "after array element"),
                Inside::Object => (b'}', "after object key:value pair"),
            };
            match self.next_visible()? {
                b',' if inside == Inside::Object => return self.key().map(|()| false),
                b',' => return Ok(false),
                byte if byte == close => {
                    self.inside.pop();
                }
                byte => return Err(invalid(byte, context)),
            }
        }
    }

    fn key(&mut self) -> Result<(), String> {
        match self.next_visible()? {
            b'"' => self.string()?,
            byte => return Err(invalid(byte, "looking for beginning of object key string")),
        }
        match self.next_visible()? {
            b':' => Ok(()),
            byte => Err(invalid(byte, "after object key")),
        }
    }

    fn literal(&mut self, first: u8) -> Result<(), String> {
        match first {
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.number(first),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            byte => Err(invalid(byte, "looking for beginning of value")),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        for expected in word.bytes().skip(1) {
            match self.next()? {
                byte if byte == expected => {}
                byte => {
                    return Err(invalid(byte, &format!("in literal {word} (expecting '{}')", char::from(expected))));
                }
            }
        }
        Ok(())
    }

    fn number(&mut self, first: u8) -> Result<(), String> {
        let first = if first == b'-' { self.digit("in numeric literal")? } else { first };
        if first != b'0' {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digit("after decimal point in numeric literal")?;
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digit("in exponent of numeric literal")?;
            self.digits();
        }
        Ok(())
    }

    fn digit(&mut self, context: &str) -> Result<u8, String> {
        match self.next()? {
            byte if byte.is_ascii_digit() => Ok(byte),
            byte => Err(invalid(byte, context)),
        }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Result<(), String> {
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                byte if byte < 0x20 => return Err(invalid(byte, "in string literal")),
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        match self.next()? {
            b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => Ok(()),
            b'u' => (0..4).try_for_each(|_| match self.next()? {
                byte if byte.is_ascii_hexdigit() => Ok(()),
                byte => Err(invalid(byte, "in \\u hexadecimal character escape")),
            }),
            byte => Err(invalid(byte, "in string escape code")),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, String> {
        let byte = self.peek().ok_or("unexpected EOF")?;
        self.at += 1;
        Ok(byte)
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn next_visible(&mut self) -> Result<u8, String> {
        self.skip_blanks();
        self.next()
    }

    fn peek_visible(&mut self) -> Result<u8, String> {
        self.skip_blanks();
        self.peek().ok_or_else(|| "unexpected EOF".to_owned())
    }
}

fn invalid(byte: u8, context: &str) -> String {
    let quoted = match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => r#"'"'"#.to_owned(),
        byte => {
            let quoted = quote(&char::from(byte).to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    };
    format!("invalid character {quoted} {context}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(text: &str) -> Result<&str, String> {
        value(text.as_bytes()).map(|value| std::str::from_utf8(value).unwrap())
    }

    #[test]
    fn ends_with_the_first_value() {
        let table = [
            (" {} rest", "{}"),
            ("{\"a\":[1,{\"b\":null}]}{", "{\"a\":[1,{\"b\":null}]}"),
            ("01", "0"),
            ("-1.5e+3x", "-1.5e+3"),
            (r#""a\"A\n" ""#, r#""a\"A\n""#),
            ("[ ]", "[ ]"),
        ];
        for (text, expected) in table {
            assert_eq!(scan(text).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn messages_are_gos() {
        let table = [
            ("", "EOF"),
            (" \n", "EOF"),
            ("{", "unexpected EOF"),
            ("nul", "unexpected EOF"),
            ("nope", "invalid character 'o' in literal null (expecting 'u')"),
            ("{a", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 2}", "invalid character '2' after object key:value pair"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("[1 2]", "invalid character '2' after array element"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("-x", "invalid character 'x' in numeric literal"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("1ex", "invalid character 'x' in exponent of numeric literal"),
            ("\"\u{1}\"", r"invalid character '\x01' in string literal"),
            (r#""\x""#, "invalid character 'x' in string escape code"),
            (r#""\u1x""#, r"invalid character 'x' in \u hexadecimal character escape"),
            ("'a'", r"invalid character '\'' looking for beginning of value"),
            ("[\"a\"\"b\"]", "invalid character '\"' after array element"),
        ];
        for (text, expected) in table {
            assert_eq!(scan(text), Err(expected.to_owned()), "{text}");
        }
        assert_eq!(scan(&"[".repeat(20_000)), Err("exceeded max depth".to_owned()));
        let many = format!("[{}0]", "0,".repeat(MOST_VALUES));
        assert_eq!(scan(&many), Err("json: more than 300000 values".to_owned()));
    }

    proptest! {
        #[test]
        fn agrees_with_serde(text in r#"[\[\]{}:,"\\a-f0-3 .eu-]{0,24}"#) {
            let mut values = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
            if let Some(Ok(_)) = values.next() {
                prop_assert_eq!(scan(&text).map(str::len), Ok(text.trim_start()[..].len().min(values.byte_offset() - (text.len() - text.trim_start().len()))));
            }
        }
    }
}
