//! Passwords, their verifiers, and the auth file.

use juju::Secret;
use postgres_protocol::password::scram_sha_256;

/// Length of a password: letters and digits, about 140 bits.
const LENGTH: usize = 24;

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A fresh password.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn draw() -> Result<Secret, getrandom::Error> {
    let mut password = String::with_capacity(LENGTH);
    while password.len() < LENGTH {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes)?;
        // Of 256 values, 248 are four times 62: the others would make some letters likelier.
        let letters = bytes.iter().filter(|byte| **byte < 248).map(|byte| LETTERS[usize::from(byte % 62)]);
        password.extend(letters.map(char::from).take(LENGTH - password.len()));
    }
    Ok(password.into())
}

/// The SCRAM-SHA-256 verifier of a password, with a salt of its own.
#[must_use]
pub(crate) fn verifier(password: &Secret) -> String {
    scram_sha_256(password.expose().as_bytes())
}

/// Text of the auth file, one user a line. The auth user's password is plain, since a verifier is not enough to log in
/// to a server; the console's users only log in to PgBouncer, for which a verifier is enough.
#[must_use]
pub(crate) fn auth_file<'a>(users: impl IntoIterator<Item = (&'a str, &'a str)>) -> Secret {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |(user, secret): (&str, &str)| format!("{} {}\n", quoted(user), quoted(secret));
    users.into_iter().map(line).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_letters_and_digits_and_differ() {
        let (one, other) = (draw().unwrap(), draw().unwrap());
        assert!(one.expose().len() == 24 && one.expose().bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert!(one != other);
    }

    #[test]
    fn a_verifier_tells_no_password() {
        let verifier = verifier(&"hunter2".into());
        assert!(verifier.starts_with("SCRAM-SHA-256$4096:") && !verifier.contains("hunter2"), "{verifier}");
    }

    #[test]
    fn quotes_in_the_auth_file_are_doubled() {
        let file = auth_file([("a\"b", "secret"), ("c", "x")]);
        assert_eq!(file.expose(), "\"a\"\"b\" \"secret\"\n\"c\" \"x\"\n");
    }
}
