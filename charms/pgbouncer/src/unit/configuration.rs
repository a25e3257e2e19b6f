//! The configuration: from the base document to running instances.

use juju::{Flow, Status, fingerprint};

use super::{Due, Unit};
use crate::document::{Document, UnitSide};
use crate::error::Error;
use crate::features::Features;
use crate::options::Options;
use crate::status;
use crate::workload::{BaseDocument, Running};

impl Unit<'_> {
    /// The base document in the container, read once in an event.
    pub(crate) fn base(&mut self) -> Result<&BaseDocument, Error> {
        let base = match self.base.take() {
            Some(base) => base,
            None => self.workload.base_document()?,
        };
        Ok(self.base.insert(base))
    }

    /// The base document in force, once the container has one: that of the peer databag, of which the container's is a copy,
    /// or the container's own. A hook that was killed, or a leader that went, may have left another there.
    pub(crate) fn document(&mut self) -> Result<Option<Document>, Error> {
        let BaseDocument::Here(local) = self.base()? else { return Ok(None) };
        let local = local.clone();
        Ok(Some(self.shared_document()?.unwrap_or(local)))
    }

    /// The same; without one, the status that says why.
    pub(crate) fn needed_document(&mut self) -> Result<Result<Document, Status>, Error> {
        if let BaseDocument::Unreadable(reason) = self.base()? {
            return Ok(Err(status::unreadable(reason)));
        }
        Ok(self.document()?.ok_or_else(|| status::unreadable("")))
    }

    /// The default document of the operator's options.
    pub(crate) fn generate(&self) -> Result<Result<Document, Status>, Error> {
        Ok(match Options::read(self.juju.options()?) {
            Ok(options) => Ok(Document::fresh(&options, &self.workload.places)),
            Err(invalid) => Err(Status::blocked(invalid.to_string())),
        })
    }

    /// Writes the documents into the container, as far as they differ, and on the leader into the peer databag.
    pub(crate) fn render(&mut self, document: &Document) -> Result<(), Error> {
        let instances = document.expand(&UnitSide {
            places: &self.workload.places,
            instances: &self.workload.instances,
            features: Features::of(&self.memory.version),
            has_tls: !self.memory.tls.is_empty(),
            backend_tls: self.memory.backend_tls.strictness(),
        });
        let documents = fingerprint(instances.iter().map(String::as_bytes));
        let is_new = !matches!(self.base()?, BaseDocument::Here(known) if known == document);
        self.have_dirs()?;
        if is_new || self.memory.documents != documents {
            for (instance, text) in self.workload.instances.iter().zip(&instances) {
                self.workload.write(&instance.document(), text)?;
            }
            // The last, so that a killed hook leaves a difference.
            self.workload.write(&self.workload.places.base_document(), &document.text())?;
            self.base = Some(BaseDocument::Here(document.clone()));
        }
        if self.memory.documents != documents {
            self.memory.documents = documents;
            let is_port_new = document.listen_port() != Some(self.memory.port);
            self.owe(if is_port_new { Due::Restart } else { Due::Reload });
        }
        self.memory.port = document.listen_port().unwrap_or_default();
        self.share_document(document)
    }

    /// Makes the folders in a container that has no configuration yet.
    pub(super) fn have_dirs(&mut self) -> Result<(), Error> {
        if matches!(self.base()?, BaseDocument::Unreadable(_)) {
            self.workload.make_dirs()?;
        }
        Ok(())
    }

    /// Notes a step that the instances need.
    pub(crate) fn owe(&mut self, due: Due) {
        self.memory.due = self.memory.due.max(due);
    }

    /// Has the instances take over a document that was rendered, and then says in the databag that this unit runs with it.
    /// Defers until pebble-ready has run.
    pub(crate) fn run_with(&mut self, document: &Document) -> Result<Flow, Error> {
        let flow = self.apply()?;
        if flow == Flow::Done {
            self.tell_document(document)?;
        }
        Ok(flow)
    }

    /// Has running instances take over what was written, if anything was. Defers until pebble-ready has run.
    pub(crate) fn apply(&mut self) -> Result<Flow, Error> {
        if self.memory.due == Due::Nothing {
            return Ok(Flow::Done);
        }
        match self.workload.running()? {
            Running::NotPlanned | Running::Unreachable => return Ok(Flow::Defer),
            Running::All if self.memory.due == Due::Reload => self.workload.reload()?,
            Running::All | Running::Inactive { .. } => self.workload.restart()?,
        }
        self.memory.due = Due::Nothing;
        Ok(Flow::Done)
    }
}
