//! Keys, signing requests and certificates, for both sides of the interface `tls-certificates`: a server's [`Identity`], and
//! the [`Authority`] that certifies it. Keys are of the curve P-256, and everything is in PEM.
//!
//! ```
//! use certify::{Authority, Identity};
//!
//! let server = Identity::draw(&["db.example.com".to_owned()])?;
//! let authority = Authority::draw("an authority")?;
//! let certificate = authority.certify(&server.signing_request)?;
//! assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----\n"));
//! # Ok::<(), certify::Error>(())
//! ```

mod authority;
mod identity;
mod key;

pub use authority::Authority;
pub use identity::Identity;

/// Error of a key, a signing request or a certificate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system gives no random bytes.
    #[error("cannot draw a key: {0}")]
    Random(getrandom::Error),
    /// A request or certificate can't be made of what it should hold.
    #[error("cannot make a signing request or a certificate")]
    Make(#[from] x509_cert::builder::Error),
    /// It is not in PEM, or has no PEM form.
    #[error("cannot read or write a signing request or a certificate")]
    Encode(#[from] x509_cert::der::Error),
    /// The key has no PEM form.
    #[error("cannot encode a key")]
    Key(#[from] p256::pkcs8::Error),
}
