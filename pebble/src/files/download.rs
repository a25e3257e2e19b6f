//! Reading of files: the parts of a multipart answer, with the contents as they arrive.

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;

use super::RESULTS;
use crate::client::{Client, JSON, read};
use crate::connect::Connect;
use crate::multipart::{self, Event, LONGEST_BOUNDARY, Reader, parameter};
use crate::types::FileResult;
use crate::wire::{PendingResponse, describe, media_type, within};
use crate::{Error, Garbage, request};

/// The longest result of one file in bytes.
pub(super) const LONGEST_VERDICT: usize = 1 << 20;

/// Files being read.
pub(super) struct Download<'a, C> {
    client: &'a Client<C>,
    /// Returned to the wire at the end, for the next request.
    answer: Option<PendingResponse>,
    what: String,
    reader: Reader,
    part: CurrentPart,
    /// Bytes of the part `response` so far.
    verdict: BytesMut,
}

/// Element of the answer.
pub(super) enum Element {
    /// The contents of the file with this path begin.
    File(String),
    /// The next piece of them.
    Data(Bytes),
    /// The last one: the result of each path, in the order of the request.
    Results(Vec<FileResult>),
}

/// Kind of the current part.
#[derive(PartialEq)]
enum CurrentPart {
    File,
    Verdict,
    Other,
}

impl<'a, C: Connect> Download<'a, C> {
    /// Requests files, and reads the head of the answer.
    pub(super) async fn begin(client: &'a Client<C>, paths: &[&str]) -> Result<Download<'a, C>, Error> {
        const MULTIPART: &str = "multipart/form-data";
        let request = request::read_files(paths)?;
        let what = describe(&request);
        let limit = client.wire.limits.answer;
        let answer = within(limit, || what.clone(), client.wire.send(request)).await??;
        let got = media_type(answer.headers());
        if got != MULTIPART {
            if got == JSON {
                let bytes = within(limit, || what.clone(), client.wire.collect(answer, JSON)).await??;
                client.open(&what, &bytes)?;
            }
            return Err(Error::garbage(&what, Garbage::content_type(&got, MULTIPART)));
        }
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = parameter(kind, "boundary").filter(|boundary| (1..=LONGEST_BOUNDARY).contains(&boundary.len()));
        let boundary =
            boundary.ok_or_else(|| Error::garbage(&what, Garbage::Multipart("names no boundary of 1 to 70 bytes")))?;
        Ok(Download {
            client,
            answer: Some(answer),
            what,
            reader: Reader::new(&boundary),
            part: CurrentPart::Other,
            verdict: BytesMut::new(),
        })
    }

    /// The next element. Nothing may be asked for after the results.
    pub(super) async fn next(&mut self) -> Result<Element, Error> {
        loop {
            let event = self.reader.next().map_err(|error| self.garbled(error))?;
            match event {
                Some(Event::Part(part)) if part.name.is_empty() => {
                    return Err(Error::garbage(&self.what, Garbage::Multipart("has a part without a name")));
                }
                Some(Event::Part(part)) => {
                    self.part = CurrentPart::named(&part.name);
                    if self.part == CurrentPart::File {
                        return Ok(Element::File(part.filename));
                    }
                }
                Some(Event::Data(data)) if self.part == CurrentPart::File => return Ok(Element::Data(data)),
                Some(Event::Data(data)) if self.part == CurrentPart::Verdict => self.verdict.extend_from_slice(&data),
                Some(Event::Data(_) | Event::PartEnd) => {}
                Some(Event::End) => return self.end().await.map(Element::Results),
                None => self.more().await?,
            }
            if self.verdict.len() > LONGEST_VERDICT {
                return Err(Error::garbage(&self.what, Garbage::TooLong { limit: LONGEST_VERDICT }));
            }
        }
    }

    async fn more(&mut self) -> Result<(), Error> {
        let bytes = match &mut self.answer {
            Some(answer) => answer.piece(self.client.wire.limits.idle).await?,
            None => None,
        };
        let bytes = bytes.ok_or_else(|| self.garbled(multipart::Error::Early))?;
        self.reader.push(bytes);
        Ok(())
    }

    fn garbled(&self, error: multipart::Error) -> Error {
        let how = match error {
            multipart::Error::Early => "ends too early",
            multipart::Error::Boundary => "has a broken boundary",
            multipart::Error::Head => "has an endless head",
        };
        Error::garbage(&self.what, Garbage::Multipart(how))
    }

    async fn end(&mut self) -> Result<Vec<FileResult>, Error> {
        if let Some(answer) = self.answer.take() {
            self.client.wire.keep(answer).await;
        }
        if self.verdict.is_empty() {
            return Err(Error::garbage(&self.what, Garbage::Multipart("has no result of the file")));
        }
        let envelope = self.client.open(&self.what, &self.verdict)?;
        read(&self.what, envelope.result, RESULTS)
    }

    /// The request, for errors.
    pub(super) fn what(&self) -> &str {
        &self.what
    }
}

impl CurrentPart {
    fn named(name: &str) -> CurrentPart {
        match name {
            "files" => CurrentPart::File,
            "response" => CurrentPart::Verdict,
            _ => CurrentPart::Other,
        }
    }
}
