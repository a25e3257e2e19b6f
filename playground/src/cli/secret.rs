//! Arguments of the verbs for secrets.

use std::path::PathBuf;

use clap::Args;

/// Content of a secret.
#[derive(Debug, Clone, Args)]
pub struct Content {
    /// Content: `key=value`, `key#base64=value`, or `key#file=path` for the content of a file
    #[arg(value_name = "KEY=VALUE")]
    pub content: Vec<String>,
    /// YAML file with keys and values
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Purpose of the secret
    #[arg(long, value_name = "TEXT")]
    pub info: Option<String>,
}

/// Arguments of `add-secret`.
#[derive(Debug, Clone, Args)]
pub struct AddSecret {
    /// Name of the secret
    pub name: String,
    /// Its content.
    #[command(flatten)]
    pub content: Content,
}

/// Arguments of `update-secret`.
#[derive(Debug, Clone, Args)]
pub struct UpdateSecret {
    /// Name or address of the secret
    #[arg(value_name = "NAME|ID")]
    pub secret: String,
    /// Its new content.
    #[command(flatten)]
    pub content: Content,
    /// New name of the secret
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// Arguments of `grant-secret` and `revoke-secret`.
#[derive(Debug, Clone, Args)]
pub struct Readers {
    /// Name or address of the secret
    #[arg(value_name = "NAME|ID")]
    pub secret: String,
    /// Applications, separated by commas
    #[arg(required = true, value_delimiter = ',', value_name = "APP")]
    pub apps: Vec<String>,
}

/// Arguments of `show-secret`.
#[derive(Debug, Clone, Args)]
pub struct ShowSecret {
    /// Name or address of the secret
    #[arg(value_name = "NAME|ID")]
    pub secret: String,
    /// Show the values, too
    #[arg(long)]
    pub reveal: bool,
}
