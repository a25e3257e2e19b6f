//! The verbs for users' secrets, which options of the type `secret` name.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Error, conclude};
use crate::cli::secret as cli;
use crate::control::{Answer, Content, Request, SecretRequest, SecretView, ask};
use crate::ui::{self, print};

/// A secret's content can't be read. No message shows a value.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// An argument isn't of the form.
    #[error("{0:?} is not `key=value`: write key=value, key#base64=value or key#file=path")]
    Pair(String),
    /// Nothing was given.
    #[error("the secret has no content: give `key=value` or --file FILE")]
    Empty,
    /// A value is no text in base64.
    #[error("the value of {0:?} is not base64 of text")]
    Base64(String),
    /// A file can't be read.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A file is no map of texts.
    #[error("{path}: expected `key: value` on each line{fault}")]
    Yaml {
        /// The file.
        path: String,
        /// The place.
        fault: String,
    },
}

/// `add-secret`: prints the address that an option of the type `secret` takes.
///
/// # Errors
/// When the model isn't up, the name is taken, or the content is refused.
pub fn add(model: &str, args: &cli::AddSecret) -> Result<ExitCode, Error> {
    let content = content(&args.content)?;
    if content.0.is_empty() {
        return Err(ContentError::Empty.into());
    }
    let request = SecretRequest::Add { name: args.name.clone(), info: args.content.info.clone(), content };
    let Answer::Secret { id } = ask(model, &Request::Secret { request })? else { return Err(Error::Answer) };
    // Only the address is on standard output, as in Juju, so that a script can take it.
    ui::hand_over(&format!("{id}\n"));
    ui::note(&format!("\n  webcharm grant-secret {} APP\n  webcharm config APP OPTION={id}", args.name));
    Ok(ExitCode::SUCCESS)
}

/// `update-secret`: a new revision, of which the charms that read the secret are told.
///
/// # Errors
/// When the model isn't up, there is no such secret, or the content is refused.
pub fn update(model: &str, args: &cli::UpdateSecret) -> Result<ExitCode, Error> {
    let content = content(&args.content)?;
    if content.0.is_empty() && args.name.is_none() && args.content.info.is_none() {
        return Err(ContentError::Empty.into());
    }
    let (secret, new_name, info) = (args.secret.clone(), args.name.clone(), args.content.info.clone());
    changed(model, SecretRequest::Update { secret, new_name, info, content })
}

/// `grant-secret`.
///
/// # Errors
/// When the model isn't up, or there is no such secret or application.
pub fn grant(model: &str, args: &cli::Readers) -> Result<ExitCode, Error> {
    changed(model, SecretRequest::Grant { secret: args.secret.clone(), apps: args.apps.clone() })
}

/// `revoke-secret`.
///
/// # Errors
/// When the model isn't up, or there is no such secret or application.
pub fn revoke(model: &str, args: &cli::Readers) -> Result<ExitCode, Error> {
    changed(model, SecretRequest::Revoke { secret: args.secret.clone(), apps: args.apps.clone() })
}

/// `remove-secret`.
///
/// # Errors
/// When the model isn't up, or there is no such secret.
pub fn remove(model: &str, secret: &str) -> Result<ExitCode, Error> {
    changed(model, SecretRequest::Remove { secret: secret.to_owned() })
}

fn changed(model: &str, request: SecretRequest) -> Result<ExitCode, Error> {
    let Answer::Done { well, problems } = ask(model, &Request::Secret { request })? else { return Err(Error::Answer) };
    conclude(model, well, &problems, "")
}

/// `show-secret`: the secret as YAML; its values only on request.
///
/// # Errors
/// When the model isn't up, or there is no such secret.
pub fn show(model: &str, args: &cli::ShowSecret) -> Result<ExitCode, Error> {
    let secrets = secrets(model, Some(args.secret.clone()))?;
    secrets.iter().for_each(|secret| ui::hand_over(&described(secret, args.reveal)));
    Ok(ExitCode::SUCCESS)
}

/// `secrets`: a line for each.
///
/// # Errors
/// When the model isn't up.
pub fn list(model: &str) -> Result<ExitCode, Error> {
    let secrets = secrets(model, None)?;
    if secrets.is_empty() {
        ui::note("there is no secret: `webcharm add-secret NAME key=value` makes one");
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = format!("{:<20}  {:<16}  {:>8}  {}\n", "ID", "Name", "Revision", "Readers");
    for secret in &secrets {
        let (name, readers) = (secret.name.as_deref().unwrap_or("-"), secret.readers.join(","));
        let line = format!("{:<20}  {name:<16}  {:>8}  {readers}", secret.id, secret.revision);
        table.push_str(line.trim_end());
        table.push('\n');
    }
    print(&table);
    Ok(ExitCode::SUCCESS)
}

fn secrets(model: &str, secret: Option<String>) -> Result<Vec<SecretView>, Error> {
    let request = Request::Secret { request: SecretRequest::Show { secret } };
    let Answer::Secrets { secrets } = ask(model, &request)? else { return Err(Error::Answer) };
    Ok(secrets)
}

/// The YAML that `juju show-secret` prints, with the applications that may read.
fn described(secret: &SecretView, reveal: bool) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = format!("{}:\n  revision: {}\n  owner: user\n", secret.id, secret.revision);
    for (key, value) in [("name", &secret.name), ("description", &secret.info)] {
        if let Some(value) = value {
            let _ = writeln!(text, "  {key}: {}", quoted(value));
        }
    }
    if !secret.readers.is_empty() {
        let _ = writeln!(text, "  access: [{}]", secret.readers.join(", "));
    }
    if reveal {
        text += "  content:\n";
        for (key, value) in &secret.content.0 {
            let _ = writeln!(text, "    {key}: {}", quoted(value));
        }
    }
    text
}

/// The content of `--file`, replaced and extended by the arguments.
fn content(args: &cli::Content) -> Result<Content, ContentError> {
    let mut content = args.file.as_deref().map_or(Ok(BTreeMap::new()), from_yaml)?;
    for arg in &args.content {
        let (key, value) = pair(arg)?;
        content.insert(key, value);
    }
    Ok(Content(content))
}

fn from_yaml(path: &Path) -> Result<BTreeMap<String, String>, ContentError> {
    let name = path.display().to_string();
    let map: BTreeMap<String, Option<String>> = yaml::from_str(&text(path)?).map_err(|error| {
        // The parser's own message may quote a value.
        let fault = error.place().map_or_else(String::new, |(line, _)| format!("; line {line} isn't"));
        ContentError::Yaml { path: name, fault }
    })?;
    Ok(map.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect())
}

fn pair(arg: &str) -> Result<(String, String), ContentError> {
    let split = arg.split_once('=').filter(|(key, _)| !key.is_empty());
    let shown = if arg.starts_with('=') { "=***" } else { arg };
    let (key, value) = split.ok_or_else(|| ContentError::Pair(shown.to_owned()))?;
    let (key, form) = key.split_once('#').unwrap_or((key, ""));
    let value = match form {
        "" => value.to_owned(),
        "base64" => decoded(key, value)?,
        "file" => text(Path::new(value))?,
        _ => return Err(ContentError::Pair(format!("{key}#{form}=***"))),
    };
    Ok((key.to_owned(), value))
}

fn decoded(key: &str, value: &str) -> Result<String, ContentError> {
    let bytes = STANDARD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    bytes.ok_or_else(|| ContentError::Base64(key.to_owned()))
}

fn text(path: &Path) -> Result<String, ContentError> {
    fs::read_to_string(path).map_err(|source| ContentError::File { path: path.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[&str], file: Option<&Path>) -> Result<BTreeMap<String, String>, String> {
        let content = content.iter().map(|arg| (*arg).to_owned()).collect();
        let args = cli::Content { content, file: file.map(Path::to_owned), info: None };
        super::content(&args).map(|content| content.0).map_err(|error| error.to_string())
    }

    #[test]
    fn content_is_read_in_every_form_of_juju_s() {
        let dir = tempfile::tempdir().unwrap();
        let (yaml, pem) = (dir.path().join("all.yaml"), dir.path().join("pem"));
        fs::write(&yaml, "token: one\nport: 8080\nempty:\n").unwrap();
        fs::write(&pem, "-----BEGIN\nkey\n").unwrap();
        let file = format!("cert#file={}", pem.display());
        let read = read(&["token=a=b", "plain#base64=aGVsbG8=", &file], Some(&yaml)).unwrap();
        let wanted =
            [("cert", "-----BEGIN\nkey\n"), ("empty", ""), ("plain", "hello"), ("port", "8080"), ("token", "a=b")];
        assert_eq!(read, wanted.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn a_refused_content_is_not_shown() {
        let dir = tempfile::tempdir().unwrap();
        let list = dir.path().join("list.yaml");
        fs::write(&list, "a: [hunter2]\n").unwrap();
        for (args, file, start) in [
            (&["=hunter2"][..], None, "\"=***\" is not `key=value`"),
            (&["key#hex=hunter2"], None, "\"key#hex=***\" is not `key=value`"),
            (&["key#base64=hunter2"], None, "the value of \"key\" is not base64 of text"),
            (&["key#file=/no/such/file"], None, "cannot read /no/such/file"),
            (&["word"], None, "\"word\" is not `key=value`"),
            (&[], Some(list.as_path()), ""),
        ] {
            let error = read(args, file).unwrap_err();
            assert!(error.contains(start) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_secret_is_described_as_juju_does_and_its_values_only_on_request() {
        let content = Content([("token".to_owned(), "a: \"b\"\n".to_owned())].into());
        let view = SecretView {
            id: "9m4e2mr0ui3e8a215n4g".to_owned(),
            name: Some("mail".to_owned()),
            info: None,
            revision: 2,
            content,
            readers: vec!["web".to_owned()],
        };
        let short = "9m4e2mr0ui3e8a215n4g:\n  revision: 2\n  owner: user\n  name: \"mail\"\n  access: [web]\n";
        assert_eq!(described(&view, false), short);
        let long = described(&view, true);
        let read: serde_json::Value = yaml::from_str(&long).unwrap();
        assert_eq!(read["9m4e2mr0ui3e8a215n4g"]["content"]["token"], "a: \"b\"\n");
        assert!(!format!("{view:?}").contains("\"b\""), "no Debug shows a value");
    }
}
