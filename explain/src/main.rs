//! `explain POD`: which container state holds this pod up?
//!
//! Exit code 0: the pod is ready. 1: it is not, and the reasons are printed. 2: it couldn't be found out.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use explain::{Place, cluster, explain, recording};
use k8s_openapi::api::core::v1::Pod;

/// Says which container state keeps a pod from being ready, and what to do about it
#[derive(Debug, Parser)]
#[command(name = "explain", version, about)]
struct Arguments {
    /// The pod, by name; a Juju unit shop/0 is pod shop-0
    #[arg(required_unless_present = "from")]
    pod: Option<String>,
    /// The pod's namespace, which is the Juju model's name [default: the kubeconfig's]
    #[arg(short, long, conflicts_with = "from")]
    namespace: Option<String>,
    /// The kubeconfig's context to use [default: its current one]
    #[arg(long, conflicts_with = "from")]
    context: Option<String>,
    /// Ask no cluster, read what `kubectl get pod POD -o json` printed into this file
    #[arg(long, value_name = "FILE", conflicts_with = "pod")]
    from: Option<PathBuf>,
}

fn main() -> ExitCode {
    match find(&Arguments::parse()).and_then(|pod| Ok(report(&pod)?)) {
        Ok(code) => code,
        Err(error) => {
            // When even this can't be written, the exit code still tells.
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

/// `text` as a terminal may show it: names and messages of a cluster may hold escape sequences and marks of the writing
/// direction, which it would obey. Each becomes its escape, as in Rust; line breaks stay.
fn shown(text: &str) -> String {
    let is_obeyed = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let escaped =
        text.chars().map(|one| if is_obeyed(one) { one.escape_default().to_string() } else { one.to_string() });
    escaped.collect()
}

/// The error and its causes, `: `-joined; a cause that the text already quotes is left out, for kube's errors do both.
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
