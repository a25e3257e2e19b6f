//! Endpoints that `juju integrate` means by the two names that an operator types.
//!
//! The rules are those of Juju's `InferEndpoints` and `AddRelation`: all pairs of endpoints with one interface and
//! opposite roles are candidates; of several candidates those with the implicit `juju-info` drop out; one must be left.
//! A container-scoped pair needs a subordinate, in this model. Limits and relations that are there already come last.

use super::integration::RelationInfo;
use super::{Error, endpoint};
use juju::{Endpoint, Role, Scope};

/// Name and interface of the endpoint that every application provides without declaring it.
pub const JUJU_INFO: &str = "juju-info";

/// One end of an integration: an application as an operator names it, with the declarations of its charm.
#[derive(Clone, Copy, Debug)]
pub struct IntegrationEnd<'a> {
    /// The application.
    pub app: &'a str,
    /// The endpoint; `None` if the operator names the application alone.
    pub endpoint: Option<&'a str>,
    /// The endpoints that the charm declares.
    pub declared: &'a [Endpoint],
    /// True if the charm is a subordinate.
    pub is_subordinate: bool,
    /// True if the application is in another model.
    pub is_remote: bool,
}

/// The two ends of a new relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integration {
    /// Application and endpoint of each side, in the order of the names.
    pub sides: [(String, Endpoint); 2],
    /// Container scope if one of the endpoints has it.
    pub scope: Scope,
}

impl Integration {
    /// Juju's key of the relation: its sides as `app:endpoint`, the requirer first.
    pub fn key(&self) -> String {
        let mut sides: Vec<_> = self.sides.iter().collect();
        sides.sort_by_key(|(_, endpoint)| endpoint.role != Role::Requires);
        sides.iter().map(|(app, endpoint)| format!("{app}:{}", endpoint.name)).collect::<Vec<_>>().join(" ")
    }

    fn is_implicit(&self) -> bool {
        self.sides.iter().any(|(_, endpoint)| is_juju_info(endpoint))
    }
}

/// Splits `app` or `app:endpoint`.
pub(crate) fn split(name: &str) -> (&str, Option<&str>) {
    name.split_once(':').map_or((name, None), |(app, endpoint)| (app, Some(endpoint)))
}

/// Finds the endpoints of a new relation between two ends. `relations` are those that the model has; the ones that are
/// being removed don't count.
///
/// ```
/// use juju::Role;
/// use webcharm_juju_testing::{IntegrationEnd, endpoint, resolve};
///
/// let end = |app, declared| IntegrationEnd { app, endpoint: None, declared, is_subordinate: false, is_remote: false };
/// let (web, pg) = ([endpoint("db", Role::Requires, "sql")], [endpoint("server", Role::Provides, "sql")]);
/// let found = resolve(&end("web", &web), &end("pg", &pg), &[])?;
/// assert_eq!(found.key(), "web:db pg:server");
/// # Ok::<(), webcharm_juju_testing::ModelError>(())
/// ```
///
/// # Errors
/// A named endpoint is unknown; no pair of endpoints matches or several do; an endpoint has reached its limit; the
/// relation exists.
pub fn resolve(
    one: &IntegrationEnd<'_>,
    other: &IntegrationEnd<'_>,
    relations: &[RelationInfo],
) -> Result<Integration, Error> {
    let found = choose(one, other)?;
    let living = || relations.iter().filter(|relation| !relation.is_dying);
    for (app, endpoint) in &found.sides {
        let used = living().filter(|relation| relation.endpoint(app) == Some(&endpoint.name)).count();
        if let Some(limit) = endpoint.limit.filter(|limit| used >= *limit as usize) {
            return Err(Error::LimitExceeded { endpoint: format!("{app}:{}", endpoint.name), limit });
        }
    }
    let has_side = |relation: &&RelationInfo, (app, endpoint): &(String, Endpoint)| {
        relation.sides.iter().any(|(name, side, _)| name == app && *side == endpoint.name)
    };
    if living().any(|relation| found.sides.iter().all(|side| has_side(&relation, side))) {
        let [one, other] = found.sides.map(|(app, endpoint)| format!("{app}:{}", endpoint.name));
        return Err(Error::Duplicate(one, other));
    }
    Ok(found)
}

/// The only candidate, or the only one without `juju-info`.
fn choose(one: &IntegrationEnd<'_>, other: &IntegrationEnd<'_>) -> Result<Integration, Error> {
    let (lefts, rights) = (one.endpoints()?, other.endpoints()?);
    let pairs = lefts.iter().flat_map(|left| rights.iter().map(move |right| (left, right)));
    let fitting = pairs.filter(|(left, right)| one.app != other.app && fit(left, right));
    let in_scope = fitting.filter(|(left, right)| may_share_scope(one, other, scope(left, right)));
    let mut found: Vec<Integration> = in_scope
        .map(|(left, right)| Integration {
            sides: [(one.app.to_owned(), left.clone()), (other.app.to_owned(), right.clone())],
            scope: scope(left, right),
        })
        .collect();
    let mut keys: Vec<String> = found.iter().map(|found| format!("\"{}\"", found.key())).collect();
    if found.len() > 1 {
        found.retain(|found| !found.is_implicit());
    }
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) if keys.is_empty() => Err(Error::NoMatch(one.name(), other.name())),
        _ => {
            keys.sort();
            Err(Error::Ambiguous(one.name(), other.name(), keys.join("; ")))
        }
    }
}

impl IntegrationEnd<'_> {
    /// The end as it was typed.
    fn name(&self) -> String {
        self.endpoint.map_or_else(|| self.app.to_owned(), |endpoint| format!("{}:{endpoint}", self.app))
    }

    /// The endpoints that the name may mean: the named one, or all. A peer endpoint is none of them.
    fn endpoints(&self) -> Result<Vec<Endpoint>, Error> {
        let implicit = endpoint(JUJU_INFO, Role::Provides, JUJU_INFO);
        let is_wanted = |known: &&Endpoint| self.endpoint.is_none_or(|name| known.name == name);
        let wanted: Vec<&Endpoint> = self.declared.iter().chain([&implicit]).filter(is_wanted).collect();
        match self.endpoint {
            Some(name) if wanted.is_empty() => Err(Error::UnknownEndpoint {
                app: self.app.to_owned(),
                endpoint: name.to_owned(),
                nearest: juju::nearest(name, self.declared.iter().map(|known| known.name.as_str())).map(str::to_owned),
            }),
            _ => Ok(wanted.into_iter().filter(|known| known.role != Role::Peers).cloned().collect()),
        }
    }
}

/// True if the endpoint is the one that Juju adds to every application.
pub(crate) fn is_juju_info(endpoint: &Endpoint) -> bool {
    endpoint.name == JUJU_INFO && endpoint.interface == JUJU_INFO && endpoint.role == Role::Provides
}

/// True if the endpoints have one interface, and one provides it while the other requires it.
fn fit(one: &Endpoint, other: &Endpoint) -> bool {
    let roles = (one.role, other.role);
    one.interface == other.interface
        && matches!(roles, (Role::Provides, Role::Requires) | (Role::Requires, Role::Provides))
}

fn scope(one: &Endpoint, other: &Endpoint) -> Scope {
    if one.scope == Scope::Container { one.scope } else { other.scope }
}

/// True if units of the two ends may meet in that scope: a container has room for a principal and its subordinates.
fn may_share_scope(one: &IntegrationEnd<'_>, other: &IntegrationEnd<'_>, scope: Scope) -> bool {
    let is_here = !one.is_remote && !other.is_remote;
    scope == Scope::Global || (is_here && (one.is_subordinate || other.is_subordinate))
}

#[cfg(test)]
mod tests;
