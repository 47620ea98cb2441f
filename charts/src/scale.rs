//! Axes: where ticks stand and how they read.

/// The value axis: from 0 to `top`, a tick every `step`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ValueAxis {
    pub(crate) top: f64,
    pub(crate) step: f64,
}

impl ValueAxis {
    /// The axis that fits values up to `max` with at most `steps` steps. With `fixed`, `max` is the top.
    pub(crate) fn new(max: f64, fixed: bool, steps: u32) -> Self {
        let max = if max.is_finite() && 0.0 < max { max.clamp(1e-9, 1e15) } else { 1.0 };
        let step = nice_step(max / f64::from(steps.max(1)));
        let top = if fixed { max } else { (max / step - 1e-9).ceil() * step };
        Self { top, step }
    }

    pub(crate) fn ticks(self) -> Vec<f64> {
        let count = (self.top / self.step + 1e-9).floor() as u32;
        (0..=count).map(|index| f64::from(index) * self.step).collect()
    }

    /// A tick's text, with the digits that the step needs.
    pub(crate) fn text(self, value: f64) -> String {
        let (divisor, suffix) = match self.top {
            top if 1e7 <= top => (1e6, "M"),
            top if 1e4 <= top => (1e3, "k"),
            _ => (1.0, ""),
        };
        let (value, mut step, mut digits) = (value / divisor, self.step / divisor, 0);
        while digits < 9 && 1e-6 < (step - step.round()).abs() {
            step *= 10.0;
            digits += 1;
        }
        if value == 0.0 { "0".to_owned() } else { format!("{value:.digits$}{suffix}") }
    }
}

/// The smallest of 1, 2, 5, 10, 20, ... (and of 0.5, 0.2, 0.1, ...) that is not below `least`.
fn nice_step(least: f64) -> f64 {
    let mut decade = 1.0;
    while least <= decade / 10.0 {
        decade /= 10.0;
    }
    while decade < least {
        decade *= 10.0;
    }
    let nice = [decade / 5.0, decade / 2.0];
    nice.into_iter().find(|step| least <= step * (1.0 + 1e-9)).unwrap_or(decade)
}

/// Ticks of the time axis, at most `most` of them, at round minutes or seconds.
pub(crate) fn time_ticks(from: f64, to: f64, most: u32) -> Vec<f64> {
    const STEPS: [f64; 12] =
        [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];
    let fits = |step: &f64| (to - from) / step <= f64::from(most.max(1));
    let mut step = STEPS.into_iter().find(fits).unwrap_or(7200.0);
    while !fits(&step) {
        step *= 2.0;
    }
    let first = (from / step).ceil();
    let count = (to / step).floor() - first;
    (0..=count.clamp(0.0, 100.0) as u32)
        .map(|index| (first + f64::from(index)) * step)
        .filter(|tick| (from..=to).contains(tick))
        .collect()
}

/// Minutes and seconds: `6:05`.
pub(crate) fn clock(secs: f64) -> String {
    let whole = secs.abs().round() as u64;
    let sign = if secs < 0.0 && 0 < whole { "-" } else { "" };
    format!("{sign}{}:{:02}", whole / 60, whole % 60)
}

/// A value for people: three significant digits at least, no needless zeros.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if 100.0 <= size => 0,
        size if 10.0 <= size => 1,
        size if 1.0 <= size => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    if !text.contains('.') {
        return text;
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_ticks_are_few_and_round() {
        let texts = |max: f64, steps| {
            let axis = ValueAxis::new(max, false, steps);
            axis.ticks().into_iter().map(|tick| axis.text(tick)).collect::<Vec<_>>().join(" ")
        };
        let table = [
            (120.0, "0 50 100 150"),
            (100.0, "0 50 100"),
            (3.0, "0 1 2 3"),
            (0.4, "0 0.2 0.4"),
            (0.0031, "0 0.002 0.004"),
            (1.0, "0 0.5 1.0"),
            (26_000.0, "0 10k 20k 30k"),
            (2_500_000.0, "0 1000k 2000k 3000k"),
            (25_000_000.0, "0 10M 20M 30M"),
            (0.0, "0 0.5 1.0"),
            (f64::NAN, "0 0.5 1.0"),
        ];
        for (max, expected) in table {
            assert_eq!(texts(max, 3), expected, "{max}");
        }
    }

    #[test]
    fn a_fixed_top_is_kept() {
        let axis = ValueAxis::new(130.0, true, 3);
        assert_eq!((axis.top, axis.ticks()), (130.0, vec![0.0, 50.0, 100.0]));
    }

    #[test]
    fn time_ticks_stand_at_round_times() {
        let texts = |from, to, most| {
            let ticks = time_ticks(from, to, most).into_iter().map(clock);
            ticks.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(texts(0.0, 1200.0, 5), "0:00 5:00 10:00 15:00 20:00");
        assert_eq!(texts(402.0, 460.0, 6), "6:50 7:00 7:10 7:20 7:30 7:40");
        assert_eq!(texts(-60.0, 60.0, 4), "-1:00 -0:30 0:00 0:30 1:00");
        assert_eq!(texts(0.0, 90.0, 6), "0:00 0:15 0:30 0:45 1:00 1:15 1:30");
        assert_eq!(texts(0.0, 100_000.0, 5), "0:00 480:00 960:00 1440:00");
    }

    #[test]
    fn numbers_keep_the_digits_that_matter() {
        let table =
            [(0.0, "0"), (-0.0001, "0"), (0.1234, "0.123"), (12.34, "12.3"), (1200.4, "1200")];
        for (value, expected) in table {
            assert_eq!(number(value), expected);
        }
    }
}
