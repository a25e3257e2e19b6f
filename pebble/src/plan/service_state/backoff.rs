//! Backoff: the wait before a restart.

use std::time::Duration;

use crate::plan::{Service, Span};

/// The wait after `current`, which is zero before the first: the backoff delay, then multiplied by the factor, up to
/// the limit. Delay and limit may be below zero, as in Pebble: then the restart comes at once.
pub fn next_backoff(service: &Service, current: Span) -> Span {
    let limit = service.effective_backoff_limit();
    if current == Span::ZERO {
        return service.effective_backoff_delay();
    }
    if current >= limit {
        return limit;
    }
    product(current, service.effective_backoff_factor()).map_or(limit, |next| next.min(limit))
}

/// A span times a factor; `None` if that is no span.
fn product(span: Span, factor: f64) -> Option<Span> {
    let magnitude = Duration::from_nanos(span.as_nanos().unsigned_abs()).as_secs_f64() * factor;
    let magnitude = Span::from(Duration::try_from_secs_f64(magnitude).ok()?);
    Some(if span < Span::ZERO { Span::from_nanos(-magnitude.as_nanos()) } else { magnitude })
}

/// Random addition of at most a tenth of the wait, so that services that failed together don't restart together.
/// `chance` is from 0 to 1.
pub fn jitter(wait: Duration, chance: f64) -> Duration {
    wait.mul_f64(0.1 * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waits(service: &Service, count: usize) -> Vec<i64> {
        let mut wait = Span::ZERO;
        let next = std::iter::repeat_with(|| {
            wait = next_backoff(service, wait);
            wait.as_nanos() / 1_000_000
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

    #[test]
    fn spans_below_zero_are_pebbles() {
        let of = |delay: Option<i64>, limit: Option<i64>| Service {
            backoff_delay: delay.map(Span::from_secs),
            backoff_limit: limit.map(Span::from_secs),
            ..Service::default()
        };
        assert_eq!(waits(&of(Some(-1), None), 4), [-1000, -2000, -4000, -8000]);
        assert_eq!(waits(&of(Some(-1), Some(-2)), 3), [-1000, -2000, -2000]);
        assert_eq!(waits(&of(None, Some(-1)), 3), [500, -1000, -1000]);
    }

    proptest! {
        /// With a factor of at least 1 the wait grows until it is the limit, which it then stays.
        #[test]
        fn waits_grow_to_the_limit(delay in 1i64..100_000, factor in 1.0f64..10.0, limit in 1i64..1_000_000) {
            let service = Service {
                backoff_delay: Some(Span::from_millis(delay)),
                backoff_factor: Some(factor),
                backoff_limit: Some(Span::from_millis(limit)),
                ..Service::default()
            };
            let waits = waits(&service, 40);
            prop_assert_eq!(waits[0], delay);
            for pair in waits[1..].windows(2) {
                prop_assert!(pair[0] <= pair[1] && pair[1] <= limit, "{:?}", pair);
            }
            // One factor at a time, to a millisecond.
            for pair in waits.windows(2).filter(|pair| pair[0] < limit) {
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let expected = (pair[0] as f64 * factor).min(limit as f64);
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let got = pair[1] as f64;
                prop_assert!((got - expected).abs() <= factor + 1.0, "{} after {}", got, pair[0]);
            }
        }

        /// No definition makes the arithmetic panic.
        #[test]
        fn any_definition_has_waits(delay: i64, factor: f64, limit: i64, current: i64, chance: f64) {
            let service = Service {
                backoff_delay: Some(Span::from_nanos(delay)),
                backoff_factor: Some(factor),
                backoff_limit: Some(Span::from_nanos(limit)),
                ..Service::default()
            };
            let wait = next_backoff(&service, Span::from_nanos(current));
            prop_assert!(current == 0 || wait <= Span::from_nanos(limit));
            let wait = wait.to_std();
            prop_assert!(jitter(wait, chance) <= wait);
        }
    }
}
