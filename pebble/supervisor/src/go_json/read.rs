//! Values of a valid JSON text by their Go types.

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use super::scan;
use super::shape::{Shape, Struct};
use pebble::plan::shortened;

/// Reads the first value of a text as a struct of this shape.
///
/// # Errors
/// Go's message about a text that is no JSON, or about the first value of another type.
pub(crate) fn decode<T: DeserializeOwned>(text: &[u8], shape: &'static Struct) -> Result<T, String> {
    decode_as(text, Shape::Struct(shape))
}

/// [`decode`] for any shape whose null is an empty object.
pub(crate) fn decode_as<T: DeserializeOwned>(text: &[u8], shape: Shape) -> Result<T, String> {
    let text = scan::value(text)?;
    let mut reader = Reader { text, at: 0, wrong: None, of: "", fields: Vec::new() };
    let value = reader.value(shape).unwrap_or_else(|| Value::Object(Map::new()));
    match reader.wrong {
        Some(wrong) => Err(wrong),
        // The shape is at least as strict as the type.
        None => serde_json::from_value(value).map_err(|error| format!("json: {}", shortened(&error.to_string()))),
    }
}

/// A reader of text that [`scan`] has accepted.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// The first wrong type.
    wrong: Option<String>,
    /// Name of the innermost struct, and the fields that lead to the value.
    of: &'static str,
    fields: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    /// Reads a value; `None` for null, and for a value of another type.
    fn value(&mut self, shape: Shape) -> Option<Value> {
        if let Shape::Pointer(inner) = shape {
            return self.value(*inner);
        }
        if let Shape::Raw = shape {
            let text = String::from_utf8_lossy(self.skipped()).into_owned();
            return Some(Value::String(text));
        }
        match self.peek() {
            b'{' => self.object(shape),
            b'[' => self.list(shape),
            b'"' => {
                let text = self.string();
                match shape {
                    Shape::Text | Shape::TextType(_) => Some(Value::String(text)),
                    _ => self.wrong("string", shape),
                }
            }
            b'n' => {
                self.skipped();
                None
            }
            b't' | b'f' => {
                let is_true = self.skipped() == b"true";
                if let Shape::Bool = shape { Some(Value::Bool(is_true)) } else { self.wrong("bool", shape) }
            }
            _ => self.number(shape),
        }
    }

    fn number(&mut self, shape: Shape) -> Option<Value> {
        let text = std::str::from_utf8(self.skipped()).unwrap_or_default();
        let number = match shape {
            Shape::Int => text.parse::<i64>().ok().map(Number::from),
            Shape::Uint32 => text.parse::<u32>().ok().map(Number::from),
            _ => return self.wrong("number", shape),
        };
        match number {
            Some(number) => Some(Value::Number(number)),
            None => self.wrong(&format!("number {}", shortened(text)), shape),
        }
    }

    fn list(&mut self, shape: Shape) -> Option<Value> {
        let Shape::List(inner) = shape else {
            self.skipped();
            return self.wrong("array", shape);
        };
        let mut items = Vec::new();
        self.each(b']', |reader| {
            let item = reader.value(*inner);
            items.push(item.unwrap_or_else(|| zero(*inner)));
        });
        Some(Value::Array(items))
    }

    fn object(&mut self, shape: Shape) -> Option<Value> {
        let mut fields = Map::new();
        match shape {
            Shape::Map(inner) => self.each(b'}', |reader| {
                let key = reader.key();
                let value = reader.value(*inner);
                fields.insert(key, value.unwrap_or_else(|| zero(*inner)));
            }),
            Shape::Struct(of) => self.each(b'}', |reader| {
                let key = reader.key();
                reader.field(of, &key, &mut fields);
            }),
            _ => {
                self.skipped();
                return self.wrong("object", shape);
            }
        }
        Some(Value::Object(fields))
    }

    fn field(&mut self, of: &'static Struct, key: &str, fields: &mut Map<String, Value>) {
        let exact = of.fields.iter().find(|(name, ..)| *name == key);
        let Some((name, _, shape)) = exact.or_else(|| of.fields.iter().find(|(name, ..)| is_folded(key, name))) else {
            self.skipped();
            return;
        };
        let outer = std::mem::replace(&mut self.of, of.name);
        self.fields.push(name);
        let value = self.value(*shape);
        self.fields.pop();
        self.of = outer;
        match value {
            Some(value) => drop(fields.insert((*name).to_owned(), value)),
            // Null empties what can be empty, and leaves the rest as it was.
            None if matches!(shape, Shape::Pointer(_) | Shape::List(_) | Shape::Map(_)) => drop(fields.remove(*name)),
            None => {}
        }
    }

    /// Calls `read` at each element of a container.
    fn each(&mut self, close: u8, mut read: impl FnMut(&mut Self)) {
        self.at += 1;
        while self.peek() != close {
            read(self);
            if self.peek() == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn key(&mut self) -> String {
        self.peek();
        let key = self.string();
        // The colon.
        self.peek();
        self.at += 1;
        key
    }

    fn wrong(&mut self, found: &str, shape: Shape) -> Option<Value> {
        if self.wrong.is_none() {
            let place = if self.fields.is_empty() {
                "value".to_owned()
            } else {
                format!("struct field {}.{}", self.of, self.fields.join("."))
            };
            self.wrong = Some(format!("json: cannot unmarshal {found} into Go {place} of type {shape}"));
        }
        None
    }

    /// The next byte that is no blank. The text is complete, so there is one.
    fn peek(&mut self) -> u8 {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.text.get(self.at).copied().unwrap_or_default()
    }

    /// Passes over a value and returns its text.
    fn skipped(&mut self) -> &'a [u8] {
        self.peek();
        let value = scan::value(&self.text[self.at..]).unwrap_or_default();
        self.at += value.len();
        value
    }

    /// Reads a string. Invalid UTF-8 and halves of surrogate pairs become U+FFFD.
    fn string(&mut self) -> String {
        let quoted = self.skipped();
        let inner = String::from_utf8_lossy(&quoted[1..quoted.len() - 1]);
        let mut text = String::with_capacity(inner.len());
        let mut letters = inner.chars();
        while let Some(letter) = letters.next() {
            if letter == '\\' {
                escape(&mut letters, &mut text);
            } else {
                text.push(letter);
            }
        }
        text
    }
}

fn escape(letters: &mut std::str::Chars<'_>, text: &mut String) {
    text.push(match letters.next().unwrap_or_default() {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let unit = hexadecimal(letters);
            char::from_u32(unit).unwrap_or_else(|| {
                let mut ahead = letters.clone();
                let is_escape = (ahead.next(), ahead.next()) == (Some('\\'), Some('u'));
                let pair =
                    is_escape.then(|| [unit, hexadecimal(&mut ahead)].map(|unit| u16::try_from(unit).unwrap_or(0)));
                let joined = pair.and_then(|pair| char::decode_utf16(pair).next()?.ok());
                if joined.is_some() {
                    *letters = ahead;
                }
                joined.unwrap_or(char::REPLACEMENT_CHARACTER)
            })
        }
        other => other,
    });
}

fn hexadecimal(letters: &mut std::str::Chars<'_>) -> u32 {
    (0..4).filter_map(|_| letters.next()?.to_digit(16)).fold(0, |unit, digit| unit * 16 + digit)
}

/// Go's zero of a type, for null in a list or map.
fn zero(shape: Shape) -> Value {
    match shape {
        Shape::Text | Shape::TextType(_) => Value::from(""),
        Shape::Bool => Value::from(false),
        Shape::Int | Shape::Uint32 => Value::from(0),
        Shape::Struct(_) => Value::Object(Map::new()),
        Shape::List(_) | Shape::Map(_) | Shape::Pointer(_) | Shape::Raw => Value::Null,
    }
}

/// True if Go takes the key for the field: letters match in any case, and two letters outside of ASCII match `s` and `k`.
fn is_folded(key: &str, name: &str) -> bool {
    let fold = |letter: char| match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(name.chars())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ITEM: Struct =
        Struct { name: "item", fields: &[("path", "Path", Shape::Text), ("id", "ID", Shape::Pointer(&Shape::Int))] };
    const BODY: Struct = Struct {
        name: "",
        fields: &[
            ("action", "Action", Shape::Text),
            ("services", "Services", Shape::List(&Shape::Text)),
            ("items", "Items", Shape::List(&Shape::Struct(&ITEM))),
            ("map", "Map", Shape::Map(&Shape::Pointer(&Shape::Struct(&ITEM)))),
            ("user", "User", Shape::Uint32),
            ("data", "Data", Shape::Raw),
        ],
    };

    fn read(text: &str) -> Result<Value, String> {
        decode(text.as_bytes(), &BODY)
    }

    #[test]
    fn keys_match_in_any_case_and_nulls_are_missing() {
        let table = [
            (r#"{"ACTION":"a","Services":["b",null],"nope":[{}]} rest"#, json!({"action": "a", "services": ["b", ""]})),
            (r#"{"action":"a","action":null,"services":["x"],"services":null}"#, json!({"action": "a"})),
            (r#"{"action":"a","Action":"b"}"#, json!({"action": "b"})),
            (
                r#"{"map":{"a":null,"b":{"ID":-5}},"data": [1, 2] }"#,
                json!({"map": {"a": null, "b": {"id": -5}}, "data": "[1, 2]"}),
            ),
            (r#"{"action":"é😀\ud800x\ud800A\n"}"#, json!({"action": "\u{e9}\u{1F600}\u{fffd}x\u{fffd}A\n"})),
            ("{\"\u{17f}ervice\u{17f}\":[]}", json!({"services": []})),
            ("null", json!({})),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn wrong_types_are_named_as_by_go() {
        let body = r#"struct { Action string "json:\"action\""; Services []string "json:\"services\""; Items []daemon.item "json:\"items\""; Map map[string]*daemon.item "json:\"map\""; User uint32 "json:\"user\""; Data json.RawMessage "json:\"data\"" }"#;
        let table = [
            (r#"{"action":3}"#, "number into Go struct field .action of type string".to_owned()),
            (r#"{"services":"x"}"#, "string into Go struct field .services of type []string".to_owned()),
            (r#"{"services":[true]}"#, "bool into Go struct field .services of type string".to_owned()),
            (r#"{"items":[{"path":[]}]}"#, "array into Go struct field item.items.path of type string".to_owned()),
            (r#"{"items":[{"id":1.5}]}"#, "number 1.5 into Go struct field item.items.id of type int".to_owned()),
            (r#"{"map":{"a":{"id":"x"}}}"#, "string into Go struct field item.map.id of type int".to_owned()),
            (r#"{"user":-1,"action":3}"#, "number -1 into Go struct field .user of type uint32".to_owned()),
            ("[]", format!("array into Go value of type {body}")),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), Err(format!("json: cannot unmarshal {expected}")), "{text}");
        }
    }
}
