//! JSON bodies of requests, decoded as Go decodes them.

use pebble::json::values;
use pebble::plan::shortened;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The most [`values`] of a JSON body.
const MOST_VALUES: usize = 300_000;

/// Reads the first JSON value of a body; what follows it is ignored.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    if values(body) > MOST_VALUES {
        return Err(format!("json: more than {MOST_VALUES} values"));
    }
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<Value>();
    let mut value = match values.next() {
        None => return Err("EOF".to_owned()),
        Some(Err(error)) if error.is_eof() => return Err("unexpected EOF".to_owned()),
        Some(value) => value.map_err(|error| error.to_string())?,
    };
    if value.is_null() {
        value = Value::Object(serde_json::Map::new());
    }
    if !value.is_object() {
        return Err("json: cannot unmarshal anything but an object".to_owned());
    }
    without_nulls(&mut value);
    serde_json::from_value(value).map_err(|error| format!("json: {}", shortened(&error.to_string())))
}

fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        Value::Array(values) => values.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use pebble::types::{ExecRequest, ServicesAction};

    use super::*;

    #[test]
    fn bodies_are_read_as_go_reads_them() {
        let read = |text: &str| decode::<ServicesAction>(text.as_bytes());
        assert_eq!(read(r#"{"action":"start","services":null} rest"#).unwrap().action, "start");
        assert_eq!(read("null").unwrap(), ServicesAction::default());
        assert_eq!(read(""), Err("EOF".to_owned()));
        assert_eq!(read(r#"{"action":"#), Err("unexpected EOF".to_owned()));
        let many = format!(r#"{{"services":[{}""]}}"#, r#""\",","#.repeat(200_000));
        assert_eq!(decode::<ServicesAction>(many.as_bytes()).unwrap().services.len(), 200_001);
        let more = format!(r#"{{"services":[{}0]}}"#, "0,".repeat(MOST_VALUES));
        assert_eq!(decode::<ServicesAction>(more.as_bytes()), Err("json: more than 300000 values".to_owned()));
        assert!(read("[]").is_err() && read(r#"{"action":3}"#).is_err() && read("nope").is_err());
    }

    #[test]
    fn the_python_clients_nulls_are_taken() {
        let text = r#"{"command":["a"],"environment":{},"user-id":null,"user":null,"timeout":null,"working-dir":null}"#;
        assert!(decode::<ExecRequest>(text.as_bytes()).is_ok());
    }
}
