//! `explain POD`: explains which container state keeps a pod from being ready.
//!
//! Exit code 0: the pod is ready. 1: it is not, and the reasons are printed. 2: the pod can't be read.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use explain::{Place, cluster, explain, recording};
use k8s_openapi::api::core::v1::Pod;

/// Show the container states that keep a pod from being ready, each with its remedy
#[derive(Debug, Parser)]
#[command(name = "explain", version, about)]
struct Arguments {
    /// Name of the pod; the Juju unit shop/0 has the pod shop-0
    #[arg(required_unless_present = "from")]
    pod: Option<String>,
    /// Namespace of the pod, which is the Juju model's name [default: the kubeconfig's]
    #[arg(short, long, conflicts_with = "from")]
    namespace: Option<String>,
    /// Context of the kubeconfig [default: the current one]
    #[arg(long, conflicts_with = "from")]
    context: Option<String>,
    /// Read the pod from a file with the output of `kubectl get pod POD -o json`, not from a cluster
    #[arg(long, value_name = "FILE", conflicts_with = "pod")]
    from: Option<PathBuf>,
}

fn main() -> ExitCode {
    match find(&Arguments::parse()).and_then(|pod| Ok(report(&pod)?)) {
        Ok(code) => code,
        Err(error) => {
            // If standard error is closed, the exit code still shows the failure.
            let _ = writeln!(io::stderr(), "explain: {}", shown(&chain(error.as_ref())));
            ExitCode::from(2)
        }
    }
}

fn find(arguments: &Arguments) -> Result<Pod, Box<dyn Error>> {
    if let Some(path) = &arguments.from {
        return Ok(recording::read(path)?);
    }
    let pod = arguments.pod.as_deref().unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async {
        let client = cluster::connect(arguments.context.as_deref()).await?;
        cluster::pod(&client, pod, arguments.namespace.as_deref()).await
    })?)
}

fn report(pod: &Pod) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let Place { pod: name, namespace } = Place::of(pod);
    let reasons = explain(pod);
    if reasons.is_empty() {
        writeln!(out, "{}", shown(&format!("pod {name} in {namespace} is ready")))?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "{}", shown(&format!("pod {name} in {namespace} is not ready:")))?;
    for reason in &reasons {
        writeln!(out, "- {}", shown(&reason.to_string()))?;
    }
    Ok(ExitCode::from(1))
}

/// `text` with escape sequences and marks of the writing direction escaped as in Rust: names and messages of a cluster
/// could have them, and a terminal would obey them. Line breaks stay.
fn shown(text: &str) -> String {
    let is_obeyed = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let escaped =
        text.chars().map(|one| if is_obeyed(one) { one.escape_default().to_string() } else { one.to_string() });
    escaped.collect()
}

/// The error and its causes, joined by `: `. A cause that the text already quotes is left out: kube's errors quote
/// theirs.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}
