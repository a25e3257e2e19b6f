//! Random bytes for secret keys, passwords and request ids.

use sha2::{Digest, Sha512};

/// Source of random bytes. An argument of the stages, so that tests choose the bytes.
pub type Random<'a> = &'a mut dyn FnMut() -> [u8; 64];

/// Random bytes of the operating system, for any number of keys. Each draw hashes the seed with a counter, so a key that
/// another application sees (a proxy's request id, for example) does not reveal the others.
pub struct Keys {
    seed: [u8; 64],
    drawn: u64,
}

impl Keys {
    /// Draws the seed: the only call to the operating system, so only this can fail.
    ///
    /// # Errors
    ///
    /// The operating system gives no random bytes.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 64];
        getrandom::fill(&mut seed)?;
        Ok(Self { seed, drawn: 0 })
    }

    /// Draws new bytes.
    pub fn draw(&mut self) -> [u8; 64] {
        self.drawn += 1;
        Sha512::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_from_each_other_and_from_the_seed() {
        let mut keys = Keys { seed: [7; 64], drawn: 0 };
        let drawn = [keys.seed, keys.draw(), keys.draw(), Keys::new().unwrap().draw()];
        for (at, key) in drawn.iter().enumerate() {
            assert!(drawn[..at].iter().all(|other| other[..8] != key[..8]));
        }
    }
}
