//! Resources as files in the harness's temporary folder.

use super::{Done, Harness, HarnessError};
use juju::{Charm, ResourceKind};

impl<C: Charm> Harness<C> {
    /// Attaches a file resource with this content.
    ///
    /// # Errors
    /// The resource is not declared as a file, or its file can't be written.
    pub fn add_resource(&mut self, name: &str, content: impl AsRef<[u8]>) -> Done<C> {
        self.must_declare(name, ResourceKind::File)?;
        self.attach(name, content.as_ref())
    }

    /// Attaches an image resource: Juju gives the charm a file with the image's path and the registry's credentials.
    ///
    /// # Errors
    /// The resource is not declared as an image, or its file can't be written.
    pub fn add_oci_resource(&mut self, name: &str, image: &str, user: &str, password: &str) -> Done<C> {
        self.must_declare(name, ResourceKind::OciImage)?;
        let details = serde_json::json!({ "registrypath": image, "username": user, "password": password });
        // JSON is YAML, which Juju writes.
        self.attach(name, details.to_string().as_bytes())
    }

    /// Attaches an image for each image resource of the metadata.
    ///
    /// # Errors
    /// A file can't be written.
    pub fn populate_oci_resources(&mut self) -> Done<C> {
        let declared = self.charm.metadata.resources.iter();
        let images = declared.filter(|(_, resource)| resource.kind == ResourceKind::OciImage);
        for name in images.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            self.add_oci_resource(&name, &format!("registry.test/{name}:latest"), "user", "password")?;
        }
        Ok(())
    }

    fn must_declare(&self, name: &str, kind: ResourceKind) -> Done<C> {
        let resources = &self.charm.metadata.resources;
        if resources.get(name).is_some_and(|resource| resource.kind == kind) {
            return Ok(());
        }
        let same = resources.iter().filter(|(_, resource)| resource.kind == kind).map(|(name, _)| name.as_str());
        let what = if kind == ResourceKind::File { "file resource" } else { "image resource" };
        Err(HarnessError::Undeclared {
            kind: what,
            name: name.to_owned(),
            nearest: juju::nearest(name, same).map(str::to_owned),
        })
    }

    fn attach(&mut self, name: &str, content: &[u8]) -> Done<C> {
        let write = |error| HarnessError::Io { what: "write a resource", error };
        let dir = self.dir()?.join("resources").join(name);
        std::fs::create_dir_all(&dir).map_err(write)?;
        let declared = self.charm.metadata.resources.get(name).and_then(|resource| resource.filename.clone());
        let file =
            declared.as_deref().and_then(|path| std::path::Path::new(path).file_name().map(std::ffi::OsStr::to_owned));
        let path = dir.join(file.unwrap_or_else(|| "content.yaml".into()));
        std::fs::write(&path, content).map_err(write)?;
        let app = self.unit.app().to_owned();
        Ok(self.model.attach_resource(&app, name, path)?)
    }
}
