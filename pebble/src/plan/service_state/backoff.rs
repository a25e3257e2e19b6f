//! Backoff: the wait before a restart.

use std::time::Duration;

use crate::plan::Service;

/// The wait after `current`, which is zero before the first: the backoff delay, then multiplied by the factor, up to
/// the limit.
pub fn next_backoff(service: &Service, current: Duration) -> Duration {
    let limit = service.effective_backoff_limit();
    if current.is_zero() {
        return service.effective_backoff_delay();
    }
    if current >= limit {
        return limit;
    }
    let next = current.as_secs_f64() * service.effective_backoff_factor();
    Duration::try_from_secs_f64(next).map_or(limit, |next| next.min(limit))
}

/// Random addition of at most a tenth of the wait, so that services that failed together don't restart together.
/// `chance` is from 0 to 1.
pub fn jitter(wait: Duration, chance: f64) -> Duration {
    wait.mul_f64(0.1 * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Span;

    fn waits(service: &Service, count: usize) -> Vec<u128> {
        let mut wait = Duration::ZERO;
        let next = std::iter::repeat_with(|| {
            wait = next_backoff(service, wait);
            wait.as_millis()
        });
        next.take(count).collect()
    }

    #[test]
    fn grows_by_the_factor_up_to_the_limit() {
        assert_eq!(waits(&Service::default(), 8), [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
        let service = Service {
            backoff_delay: Some(Span::from_millis(100)),
            backoff_factor: Some(1.5),
            backoff_limit: Some(Span::from_millis(200)),
            ..Service::default()
        };
        assert_eq!(waits(&service, 4), [100, 150, 200, 200]);
        let flat = Service { backoff_factor: Some(1.0), ..Service::default() };
        assert_eq!(waits(&flat, 3), [500, 500, 500]);
    }

    #[test]
    fn a_delay_above_the_limit_holds_once() {
        let service = Service { backoff_delay: Some(Span::from_secs(60)), ..Service::default() };
        assert_eq!(waits(&service, 3), [60_000, 30_000, 30_000]);
    }

    #[test]
    fn absurd_factors_end_at_the_limit() {
        for factor in [f64::INFINITY, f64::NAN, 1e300] {
            let service = Service { backoff_factor: Some(factor), ..Service::default() };
            assert_eq!(waits(&service, 2), [500, 30_000], "{factor}");
        }
    }

    #[test]
    fn jitter_is_a_tenth_at_most() {
        let wait = Duration::from_secs(10);
        assert_eq!(jitter(wait, 0.0), Duration::ZERO);
        assert_eq!(jitter(wait, 0.5), Duration::from_millis(500));
        assert_eq!(jitter(wait, 1.0), Duration::from_secs(1));
        assert_eq!(jitter(wait, 7.0), Duration::from_secs(1));
    }
}
