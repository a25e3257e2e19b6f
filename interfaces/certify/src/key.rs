//! Random numbers, and keys made of them.

use p256::SecretKey;

use crate::Error;

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Error::Random)?;
    Ok(bytes)
}

/// A key: a number below the curve's order. Of 2^32 numbers, one is not.
pub(crate) fn draw() -> Result<SecretKey, Error> {
    loop {
        if let Ok(key) = SecretKey::from_slice(&random::<32>()?) {
            return Ok(key);
        }
    }
}
