//! Spans of an export, by OTLP 1: the fields that are shown; protobuf's readers skip the others.
//!
//! Source: <https://github.com/open-telemetry/opentelemetry-proto>, `trace/v1/trace.proto`, and its JSON form.

use prost::Message;
use serde::Deserialize;
use serde_json::Value;

use super::super::sink::{KEPT, Sent, plain};

/// An export.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Export {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

/// Spans of one application.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

/// An application.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

/// Attribute.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

/// Value of an attribute, if it is a text.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AnyValue {
    #[prost(string, optional, tag = "1")]
    string_value: Option<String>,
}

/// Spans of one library.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

/// A span. Times are in nanoseconds since 1970; JSON has them as texts, and ids in hexadecimal digits.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    #[serde(deserialize_with = "id")]
    trace_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(fixed64, tag = "7")]
    #[serde(deserialize_with = "time")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    #[serde(deserialize_with = "time")]
    end_time_unix_nano: u64,
}

fn id<'de, D: serde::Deserializer<'de>>(json: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(json)?;
    let wrong = || serde::de::Error::custom("an id is not made of hexadecimal digits");
    let digits: Option<Vec<_>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0).ok_or_else(wrong)?;
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).map_err(|_| wrong())).collect()
}

fn time<'de, D: serde::Deserializer<'de>>(json: D) -> Result<u64, D::Error> {
    let wrong = || serde::de::Error::custom("a time is not a number of nanoseconds");
    match Value::deserialize(json)? {
        Value::String(text) => text.parse().map_err(|_| wrong()),
        other => other.as_u64().ok_or_else(wrong),
    }
}

/// The last spans of an export, in a line each: the application, the span's name, its duration and its trace.
pub(super) fn lines(sent: &Sent) -> Result<Vec<String>, String> {
    let export = match sent.kind.as_str() {
        "application/json" => {
            serde_json::from_slice(&sent.body).map_err(|error| format!("not OTLP's JSON: {error}"))?
        }
        _ => Export::decode(&*sent.body).map_err(|error| format!("not OTLP's protobuf: {error}"))?,
    };
    let all = export.resource_spans.iter().flat_map(of_resource);
    let surplus = all.clone().count().saturating_sub(KEPT);
    Ok(all.skip(surplus).map(|(application, span)| format!("{} {}", plain(application), line(span))).collect())
}

/// The spans of an application, each with the application's name.
fn of_resource(spans: &ResourceSpans) -> impl Iterator<Item = (&str, &Span)> + Clone {
    let attributes = spans.resource.iter().flat_map(|resource| &resource.attributes);
    let mut names = attributes.filter(|attribute| attribute.key == "service.name");
    let name = names.next().and_then(|attribute| attribute.value.as_ref()?.string_value.as_deref()).unwrap_or("-");
    spans.scope_spans.iter().flat_map(|scope| &scope.spans).map(move |span| (name, span))
}

/// Bytes of a trace's id.
const TRACE_BYTES: usize = 16;

fn line(span: &Span) -> String {
    let nanoseconds = span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano);
    let (whole, part) = (nanoseconds / 1_000_000, nanoseconds / 1_000 % 1_000);
    let trace: String = span.trace_id.iter().take(TRACE_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("{} {whole}.{part:03} ms trace={trace}", plain(&span.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(kind: &str, body: &[u8]) -> Result<Vec<String>, String> {
        lines(&Sent { kind: kind.to_owned(), body: body.to_vec() })
    }

    const JSON: &str = r#"{"resourceSpans": [{
        "resource": {"attributes": [
            {"key": "service.version", "value": {"intValue": "2"}},
            {"key": "service.name", "value": {"stringValue": "shop"}}
        ]},
        "scopeSpans": [{"scope": {"name": "flask"}, "spans": [{
            "traceId": "5b8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174", "kind": 2, "name": "GET /",
            "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": "1544712660012345678",
            "attributes": [], "status": {}
        }]}]
    }]}"#;

    /// The same as [`JSON`], as far as it is read, with a field that is not: a span's kind, 6.
    fn protobuf() -> Vec<u8> {
        let export: Export = serde_json::from_str(JSON).unwrap();
        let mut bytes = export.encode_to_vec();
        bytes.extend([0x10, 0x01]);
        bytes
    }

    #[test]
    fn a_span_is_told_alike_from_both_forms() {
        let line = "shop GET / 12.345 ms trace=5b8efff798038103d269b633813fc60c";
        assert_eq!(sent("application/json", JSON.as_bytes()).unwrap(), [line]);
        assert_eq!(sent("application/x-protobuf", &protobuf()).unwrap(), [line]);
        assert_eq!(sent("application/x-protobuf", b"").unwrap(), [""; 0]);
    }

    #[test]
    fn of_many_spans_with_long_names_the_last_are_taken_and_cut() {
        let span = Span { name: format!("{}\n", "n".repeat(10)), ..Span::default() };
        let mut export: Export = serde_json::from_str(JSON).unwrap();
        export.resource_spans[0].scope_spans[0].spans = vec![span; KEPT + 5];
        let name = AnyValue { string_value: Some("a".repeat(50_000)) };
        export.resource_spans[0].resource.as_mut().unwrap().attributes[1].value = Some(name);
        let lines = sent("application/x-protobuf", &export.encode_to_vec()).unwrap();
        assert_eq!((lines.len(), lines[0].len()), (KEPT, 4000 + " nnnnnnnnnn  0.000 ms trace=".len()));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(sent("application/x-protobuf", &protobuf()[..40]).is_err());
        assert!(sent("application/json", b"{").is_err());
        let span = |field: &str| format!(r#"{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{{{field}}}]}}]}}]}}"#);
        for field in
            [r#""traceId": "abc""#, r#""traceId": "zz""#, r#""endTimeUnixNano": "soon""#, r#""endTimeUnixNano": -1"#]
        {
            assert!(sent("application/json", span(field).as_bytes()).is_err(), "{field}");
        }
        assert_eq!(sent("application/json", span("").as_bytes()).unwrap(), ["-  0.000 ms trace="]);
    }
}
