//! The unit's surroundings through the handle: networks, resources, storages, the cloud.

use std::borrow::Borrow;
use std::path::PathBuf;

use super::Juju;
use crate::cloud::CloudSpec;
use crate::declarations::Thing;
use crate::key;
use crate::name::RelationId;
use crate::network::Network;
use crate::storage::StorageInfo;
use crate::tool::Error;

#[allow(clippy::missing_errors_doc, reason = "said once, at the type")]
impl Juju<'_> {
    /// The network of an endpoint or extra binding: `meta::REPLICAS` and `meta::ADMIN` alike.
    pub fn binding(&self, binding: impl Into<key::Binding>) -> Result<Network, Error> {
        let binding = binding.into();
        self.context.check(Thing::Binding, binding.name())?;
        self.network(binding.name().as_str(), None)
    }

    /// The network of an endpoint or extra binding, or of one relation of it.
    pub fn network(&self, binding: &str, relation: Option<RelationId>) -> Result<Network, Error> {
        self.memo(&self.networks, (binding.to_owned(), relation), |juju| juju.network_get(binding, relation))
    }

    /// The path of a resource's file.
    pub fn resource(&self, resource: impl Borrow<key::Resource>) -> Result<PathBuf, Error> {
        let name = resource.borrow().name();
        self.context.check(Thing::Resource, name)?;
        self.memo(&self.resources, name.to_string(), |juju| juju.resource_get(name.as_str()))
    }

    /// The attached instances of a storage, such as `data/0`; not cached.
    pub fn storages(&self, storage: impl Borrow<key::Storage>) -> Result<Vec<String>, Error> {
        let name = storage.borrow().name();
        self.context.check(Thing::Storage, name)?;
        self.call(|juju| juju.storage_list(Some(name.as_str())))
    }

    /// The attached instances of all storages; not cached.
    pub fn all_storages(&self) -> Result<Vec<String>, Error> {
        self.call(|juju| juju.storage_list(None))
    }

    /// Kind and location of a storage instance such as `data/0`; not cached.
    pub fn storage(&self, id: &str) -> Result<StorageInfo, Error> {
        self.call(|juju| juju.storage_get(id))
    }

    /// Asks for more instances of a storage.
    pub fn add_storage(&self, storage: impl Borrow<key::Storage>, count: u32) -> Result<(), Error> {
        let name = storage.borrow().name();
        self.context.check(Thing::Storage, name)?;
        self.call(|juju| juju.storage_add(name.as_str(), count))
    }

    /// `private-address` or `public-address` of this unit; not cached.
    pub fn unit_address(&self, key: &str) -> Result<String, Error> {
        self.call(|juju| juju.unit_get(key))
    }

    /// The cloud that the model is in, with its credential, for charms that the operator trusts (`juju trust`); not cached.
    pub fn cloud_spec(&self) -> Result<CloudSpec, Error> {
        CloudSpec::parse(&self.call(|juju| juju.credential_get())?)
    }

    /// Reboots the machine after the hook, or at once.
    pub fn reboot(&self, now: bool) -> Result<(), Error> {
        self.call(|juju| juju.reboot(now))
    }
}
