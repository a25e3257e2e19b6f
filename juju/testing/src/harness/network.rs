//! Networks of the unit under test: by relation, by endpoint, and the default.

use super::{Done, Harness, HarnessError};
use crate::model::{Addresses, Error as ModelError};
use juju::{Address, Charm, Entity, Interface, Network, RelationId};
use std::net::IpAddr;

/// Address of an endpoint for which the test names no network.
pub(super) const DEFAULT_ADDRESS: &str = "192.0.2.0";
/// Address of a relation for which the test names no network.
const RELATION_ADDRESS: &str = "10.0.0.10";

/// A network of the unit: an address, and the endpoint or relation that is bound to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HarnessNetwork {
    /// The address to listen on.
    pub address: String,
    /// The endpoint or extra binding; with neither it nor a relation, the network is the default.
    pub endpoint: Option<String>,
    /// The relation.
    pub relation: Option<RelationId>,
    /// The subnet of the address; by default its first 24 bits, or 64 of an IPv6 address.
    pub cidr: Option<String>,
    /// Name of the network interface; `eth0` by default.
    pub interface: Option<String>,
    /// Addresses for clients; by default the address.
    pub ingress: Vec<String>,
    /// Subnets that outgoing traffic comes from; by default the subnet of the address.
    pub egress: Vec<String>,
}

impl HarnessNetwork {
    /// The default network, with this address.
    pub fn new(address: impl Into<String>) -> HarnessNetwork {
        HarnessNetwork { address: address.into(), ..HarnessNetwork::default() }
    }

    /// The same, for an endpoint or an extra binding.
    #[must_use]
    pub fn of_endpoint(self, endpoint: impl Into<String>) -> HarnessNetwork {
        HarnessNetwork { endpoint: Some(endpoint.into()), ..self }
    }

    /// The same, for one relation.
    #[must_use]
    pub fn of_relation(self, id: RelationId) -> HarnessNetwork {
        HarnessNetwork { relation: Some(id), ..self }
    }

    /// The answer of `network-get`; `None` if the address is none.
    fn network(&self) -> Option<Network> {
        let address: IpAddr = self.address.parse().ok()?;
        let cidr = self.cidr.clone().unwrap_or_else(|| subnet(address));
        let or = |given: &[String], default: &str| match given {
            [] => vec![default.to_owned()],
            given => given.to_vec(),
        };
        let bound = Address { value: self.address.clone(), cidr: cidr.clone(), ..Address::default() };
        let name = self.interface.clone().unwrap_or_else(|| "eth0".to_owned());
        Some(Network {
            bind_addresses: vec![Interface { interface_name: name, addresses: vec![bound], ..Interface::default() }],
            ingress_addresses: or(&self.ingress, &self.address),
            egress_subnets: or(&self.egress, &cidr),
        })
    }
}

/// The first 24 bits of an IPv4 address, or 64 of an IPv6 address, as a subnet.
fn subnet(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            format!("{}/64", std::net::Ipv6Addr::from(prefix))
        }
    }
}

impl<C: Charm> Harness<C> {
    /// Sets a network, in place of an earlier one of the same endpoint or relation, and puts its address into the unit's
    /// databags. It fires no event. The charm finds the network of the relation, else of the endpoint, else the default.
    ///
    /// # Errors
    /// The address or the binding is wrong, or there is no such relation.
    pub fn add_network(&mut self, network: &HarnessNetwork) -> Done<C> {
        let answer = network.network().ok_or_else(|| HarnessError::InvalidNetwork(network.address.clone()))?;
        let binding = self.binding(network)?;
        let me = self.unit.clone();
        let Some(unit) = self.model.world_mut().unit_mut(&me) else { return Ok(()) };
        match (network.relation, binding) {
            (Some(id), _) => drop(unit.relation_networks.insert(id, answer)),
            (None, Some(binding)) => {
                unit.bindings.insert(binding.clone(), addresses(&answer));
                unit.networks.insert(binding, answer);
            }
            (None, None) => {
                unit.addresses = addresses(&answer);
                unit.default_network = Some(answer);
            }
        }
        self.refill_databags();
        Ok(())
    }

    /// The endpoint or extra binding of a network, checked.
    fn binding(&self, network: &HarnessNetwork) -> Done<C, Option<String>> {
        let metadata = &self.charm.metadata;
        if let Some(id) = network.relation {
            let side = self.relation(id)?.side(self.unit.app());
            let is_of = side.is_some_and(|side| network.endpoint.as_ref().is_none_or(|name| *name == side.endpoint));
            return if is_of { Ok(None) } else { Err(ModelError::RelationNotFound(id).into()) };
        }
        let Some(name) = &network.endpoint else { return Ok(None) };
        if metadata.endpoint(name).is_some() || metadata.extra_bindings.contains(name) || name == "juju-info" {
            return Ok(Some(name.clone()));
        }
        let known = metadata.endpoints.iter().map(|endpoint| &endpoint.name).chain(&metadata.extra_bindings);
        let nearest = juju::nearest(name, known.map(String::as_str)).map(str::to_owned);
        Err(HarnessError::Undeclared { kind: "binding", name: name.clone(), nearest })
    }

    /// Gives a new relation a network of its own, unless the test set the default.
    pub(super) fn add_relation_network(&mut self, id: RelationId, endpoint: &str) {
        let me = self.unit.clone();
        let Some(unit) = self.model.world_mut().unit_mut(&me) else { return };
        if unit.default_network.is_none() && !unit.networks.contains_key(endpoint) {
            unit.relation_networks.extend(HarnessNetwork::new(RELATION_ADDRESS).network().map(|net| (id, net)));
        }
    }

    /// Writes the unit's addresses into its databags, as Juju does.
    pub(super) fn refill_databags(&mut self) {
        let me = self.unit.clone();
        let world = self.model.world_mut();
        let Some(unit) = world.unit(&me).cloned() else { return };
        world.relations.change_where(
            |relation| relation.members.contains(&me),
            |relation| {
                let endpoint = relation.side(me.app()).map(|side| side.endpoint.clone()).unwrap_or_default();
                let of_relation = unit.relation_networks.get(&relation.id).map(addresses);
                let settings = of_relation.as_ref().unwrap_or_else(|| unit.addresses(&endpoint)).settings();
                relation.set(&Entity::Unit(me.clone()), &settings);
            },
        );
    }
}

fn addresses(network: &Network) -> Addresses {
    Addresses {
        bind: network.bind_address().unwrap_or_default().to_owned(),
        ingress: network.ingress_address().unwrap_or_default().to_owned(),
        egress: network.egress_subnets.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_is_cut_from_the_address() {
        assert_eq!(subnet("10.4.5.6".parse().unwrap()), "10.4.5.0/24");
        assert_eq!(subnet("2001:db8:1:2:3::9".parse().unwrap()), "2001:db8:1:2::/64");
        assert_eq!(HarnessNetwork::new("ten").network(), None);
    }
}
