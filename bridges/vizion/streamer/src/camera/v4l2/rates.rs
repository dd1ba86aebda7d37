//! Frames per second, from the times between frames that a driver names.

use v4l2::Fraction;

/// What is offered of a range of rates.
const COMMON: [u32; 12] = [5, 10, 15, 20, 24, 25, 30, 50, 60, 90, 120, 240];

/// The rate of a time between frames, to the nearest whole number; `None` for one below 1.
pub fn rate_of(interval: Fraction) -> Option<u32> {
    let (numerator, denominator) = (
        u64::from(interval.numerator),
        u64::from(interval.denominator),
    );
    let rate = (2 * denominator + numerator).checked_div(2 * numerator)?;
    u32::try_from(rate).ok().filter(|&rate| rate > 0)
}

/// The rates of a range of times that is `least` to `most`, in steps of `step` if there is one:
/// the common ones, and the fastest.
pub fn rates_of(least: Fraction, most: Fraction, step: Option<Fraction>) -> Vec<(u32, Fraction)> {
    if least.denominator == 0 || most.denominator == 0 {
        return Vec::new();
    }
    let fastest = rate_of(least).map(|rate| (rate, least));
    let common = COMMON.into_iter().map(|rate| {
        let interval = Fraction {
            numerator: 1,
            denominator: rate,
        };
        (rate, interval)
    });
    let inside = common.filter(|&(_, interval)| {
        !is_less(interval, least) && !is_less(most, interval) && is_on(interval, least, step)
    });
    let mut rates: Vec<_> = inside.chain(fastest).collect();
    rates.sort_by_key(|&(rate, _)| rate);
    rates.dedup_by_key(|&mut (rate, _)| rate);
    rates
}

fn is_less(one: Fraction, other: Fraction) -> bool {
    u64::from(one.numerator) * u64::from(other.denominator)
        < u64::from(other.numerator) * u64::from(one.denominator)
}

/// Whether `interval` is a whole number of steps away from `least`.
fn is_on(interval: Fraction, least: Fraction, step: Option<Fraction>) -> bool {
    let Some(step) = step else {
        return true;
    };
    let wide = |number: u32| i128::from(number);
    // (a/b - c/d) / (e/f) = (ad - cb)f / bde
    let (a, b) = (wide(interval.numerator), wide(interval.denominator));
    let (c, d) = (wide(least.numerator), wide(least.denominator));
    let (e, f) = (wide(step.numerator), wide(step.denominator));
    let steps = (a * d - c * b) * f;
    steps.checked_rem(b * d * e) == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn fraction(numerator: u32, denominator: u32) -> Fraction {
        Fraction {
            numerator,
            denominator,
        }
    }

    fn numbers(rates: Vec<(u32, Fraction)>) -> Vec<u32> {
        rates.into_iter().map(|(rate, _)| rate).collect()
    }

    #[test]
    fn a_rate_is_rounded_and_never_divides_by_nothing() {
        assert_eq!(rate_of(fraction(1, 30)), Some(30));
        assert_eq!(rate_of(fraction(1001, 30_000)), Some(30));
        assert_eq!(rate_of(fraction(1001, 24_000)), Some(24));
        assert_eq!(rate_of(fraction(2, 15)), Some(8));
        assert_eq!(rate_of(fraction(333_333, 10_000_000)), Some(30));
        assert_eq!(rate_of(fraction(10, 1)), None);
        assert_eq!(rate_of(fraction(0, 30)), None);
        assert_eq!(rate_of(fraction(1, 0)), None);
        assert_eq!(rate_of(fraction(u32::MAX, u32::MAX)), Some(1));
    }

    #[test]
    fn of_a_continuous_range_the_common_rates_and_the_fastest_are_offered() {
        let rates = rates_of(fraction(1, 75), fraction(1, 10), None);
        assert_eq!(numbers(rates), [10, 15, 20, 24, 25, 30, 50, 60, 75]);
        let rates = rates_of(fraction(1, 30), fraction(1, 30), None);
        assert_eq!(rates, [(30, fraction(1, 30))]);
    }

    #[test]
    fn of_a_range_with_steps_only_those_on_a_step_are_offered() {
        // 1/60 s, and each further 1/60 s: 60, 30, 20, 15, 12, 10, ... 5.
        let rates = rates_of(fraction(1, 60), fraction(1, 5), Some(fraction(1, 60)));
        assert_eq!(numbers(rates), [5, 10, 15, 20, 30, 60]);
    }

    #[test]
    fn a_range_that_makes_no_sense_offers_nothing() {
        assert_eq!(rates_of(fraction(0, 0), fraction(0, 0), None), []);
        let step = Some(fraction(0, 0));
        let rates = rates_of(fraction(1, 60), fraction(1, 5), step);
        assert_eq!(numbers(rates), [60]);
    }
}
