//! Reads a Pod from a cluster with one request to its API.

use k8s_openapi::api::core::v1::Pod;
use kube::config::{KubeConfigOptions, KubeconfigError};
use kube::{Api, Client, Config};

/// The cluster's pod can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no configuration, neither a kubeconfig nor a service account's.
    #[error("cannot find out which cluster to ask; set KUBECONFIG, or give a recording with --from")]
    Config(#[source] Box<kube::config::InferConfigError>),
    /// The kubeconfig doesn't have this context.
    #[error("cannot use context {context} of the kubeconfig")]
    Context {
        /// The context.
        context: String,
        /// The cause.
        source: Box<KubeconfigError>,
    },
    /// The configuration makes no client, for instance because a certificate is broken.
    #[error("cannot make a client for the cluster")]
    Client(#[source] Box<kube::Error>),
    /// The cluster has no such pod.
    #[error("cannot find pod {pod} in namespace {namespace}")]
    NotFound {
        /// The pod's name.
        pod: String,
        /// The namespace searched.
        namespace: String,
    },
    /// The cluster didn't answer with a pod.
    #[error("cannot read pod {pod} in namespace {namespace}")]
    Request {
        /// The pod's name.
        pod: String,
        /// The namespace searched.
        namespace: String,
        /// The cause.
        source: Box<kube::Error>,
    },
}

/// A client for the cluster that the environment names: `$KUBECONFIG`, `~/.kube/config`, or a pod's service account.
///
/// # Errors
///
/// [`Error::Config`], [`Error::Context`] or [`Error::Client`] when there is no usable configuration.
pub async fn connect(context: Option<&str>) -> Result<Client, Error> {
    let config = match context {
        None => Config::infer().await.map_err(|source| Error::Config(Box::new(source)))?,
        Some(context) => {
            let options = KubeConfigOptions { context: Some(context.to_owned()), ..KubeConfigOptions::default() };
            let failed = |source| Error::Context { context: context.to_owned(), source: Box::new(source) };
            Config::from_kubeconfig(&options).await.map_err(failed)?
        }
    };
    Client::try_from(config).map_err(|source| Error::Client(Box::new(source)))
}

/// Requests one pod. Without a namespace, the configuration's counts.
///
/// # Errors
///
/// [`Error::NotFound`] when the pod is missing, [`Error::Request`] for every other failure.
pub async fn pod(client: &Client, name: &str, namespace: Option<&str>) -> Result<Pod, Error> {
    let namespace = namespace.unwrap_or_else(|| client.default_namespace()).to_owned();
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    match pods.get_opt(name).await {
        Ok(Some(pod)) => Ok(pod),
        Ok(None) => Err(Error::NotFound { pod: name.to_owned(), namespace }),
        Err(source) => Err(Error::Request { pod: name.to_owned(), namespace, source: Box::new(source) }),
    }
}
