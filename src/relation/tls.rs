//! TLS of a service: the variables `…_TLS`, `…_TLS_CA` and `…_TLS_CA_FILE`, and the file with the certificates of its
//! authority. Pure. The Python framework passes none of these.

use pebble::plan::Environment;

use super::names;
use crate::facts::{LocalSide, Provided};
use crate::framework::{Framework, Naming};

/// Beginning of the name of every file here. A rock's own files have other names, so the charm may remove such a file.
const OURS: &str = "webcharm-";

/// Path of the file with the certificates of the authority of an endpoint's servers.
pub(super) fn path(framework: &Framework, endpoint: &str) -> String {
    format!("{}/{OURS}{endpoint}-ca.pem", framework.app_dir)
}

/// True for the path of a file that only the charm writes.
pub(super) fn is_ours(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(OURS))
}

/// Adds the file and its variable `<prefix>_TLS_CA_FILE`; for Spring also the bundle of certificates with the endpoint's
/// name. Returns the path. Text that holds no certificate in PEM makes no file, since applications end at their start
/// with one.
pub(super) fn add_file(
    provided: &mut Provided,
    local: &LocalSide<'_>,
    endpoint: &str,
    prefix: &str,
    certificates: &str,
) -> Option<String> {
    if !is_pem(certificates) {
        return None;
    }
    let path = path(local.framework, endpoint);
    let bundle = format!("spring.ssl.bundle.pem.{endpoint}.truststore.certificate");
    let bundle = (local.naming() == Naming::Spring).then(|| (bundle, format!("file:{path}")));
    provided.variables.extend(bundle.into_iter().collect::<Environment>());
    provided.variables.insert(format!("{prefix}_TLS_CA_FILE"), path.clone());
    provided.files.insert(path.clone(), certificates.to_owned());
    Some(path)
}

/// Variables of a server with TLS: `<prefix>_TLS`, and `<prefix>_TLS_CA` with the certificates' text.
pub(super) fn variables(prefix: &str, is_on: bool, certificates: Option<&str>) -> Environment {
    let rows = [("_TLS", is_on.then(|| "true".to_owned())), ("_TLS_CA", certificates.map(str::to_owned))];
    names::table(prefix, rows)
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// True if the text has a certificate in PEM, and each of its certificates is Base64 up to its last line. Text between
/// certificates is allowed, as OpenSSL writes it.
fn is_pem(text: &str) -> bool {
    let mut blocks = text.split(BEGIN).skip(1).peekable();
    blocks.peek().is_some() && blocks.all(|block| block.split_once(END).is_some_and(|(body, _)| is_base64(body)))
}

fn is_base64(body: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(&byte);
    !body.trim().is_empty() && body.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certificates_in_pem_make_a_file() {
        let good = [
            format!("{BEGIN}\nMIIB+/=\n{END}"),
            format!("{BEGIN}\r\nMII\r\n{END}\r\n{BEGIN}\nMII\n{END}\n"),
            format!("subject=CN = ca\n{BEGIN}\nMII\n{END}\nissuer=CN = ca\n"),
        ];
        for text in good {
            assert!(is_pem(&text), "{text}");
        }
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----";
        let bad = [
            format!("{BEGIN}\n{END}"),
            format!("{BEGIN}\nMII"),
            format!("{BEGIN}\nM I\n{END}"),
            format!("{BEGIN}\nMII\n{END}\n{BEGIN}\nMII"),
            format!("{END}\nMII\n{BEGIN}"),
            key.to_owned(),
        ];
        for text in bad.iter().map(String::as_str).chain(["", "MII", "ca1"]) {
            assert!(!is_pem(text), "{text}");
        }
    }
}
