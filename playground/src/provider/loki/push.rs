//! Lines of a push, in Loki's JSON.
//!
//! Source: <https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs>

use serde_json::Value;

use super::super::sink::{KEPT, Sent, plain};

/// The lines of a push, each after its unit and service.
pub(super) fn lines(sent: &Sent) -> Result<Vec<String>, String> {
    let pushed: Value = serde_json::from_slice(&sent.body).map_err(|_| "the body is not JSON".to_owned())?;
    let streams = pushed["streams"].as_array().map(Vec::as_slice).unwrap_or_default();
    let all = streams.iter().flat_map(of_stream);
    let surplus = all.clone().count().saturating_sub(KEPT);
    Ok(all.skip(surplus).map(|(stream, value)| line(stream, value)).collect())
}

/// The values of a stream, each with the stream.
fn of_stream(stream: &Value) -> impl Iterator<Item = (&Value, &Value)> + Clone {
    let values = stream["values"].as_array().map(Vec::as_slice).unwrap_or_default();
    values.iter().map(move |value| (stream, value))
}

fn line(stream: &Value, value: &Value) -> String {
    let label = |name: &str| plain(stream["stream"][name].as_str().unwrap_or("-"));
    let text = plain(value[1].as_str().unwrap_or_default());
    format!("{} {}: {text}", label("juju_unit"), label("pebble_service"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(body: &str) -> Result<Vec<String>, String> {
        lines(&Sent { kind: "application/json".to_owned(), body: body.as_bytes().to_vec() })
    }

    #[test]
    fn each_line_is_told_with_its_unit() {
        let body =
            r#"{"streams": [{"stream": {"juju_unit": "web/0", "pebble_service": "go"}, "values": [["1", "a"]]}]}"#;
        assert_eq!(pushed(body).unwrap(), ["web/0 go: a"]);
        assert_eq!(pushed(r#"{"streams": [{"values": [[]]}]}"#).unwrap(), ["- -: "]);
        assert_eq!(pushed(r#"{"streams": 1}"#).unwrap(), [""; 0]);
        assert!(pushed("{").is_err());
    }

    #[test]
    fn of_many_lines_with_long_labels_the_last_are_taken_and_cut() {
        let values = vec![r#"["1", "a\nb"]"#; KEPT + 5].join(",");
        let unit = "u".repeat(50_000);
        let body = format!(r#"{{"streams": [{{"stream": {{"juju_unit": "{unit}"}}, "values": [{values}]}}]}}"#);
        let lines = pushed(&body).unwrap();
        assert_eq!((lines.len(), lines[0].len()), (KEPT, 4000 + " -: a b".len()));
    }
}
