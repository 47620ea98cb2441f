//! Times in seconds since 1970 as dates and times of day, in UTC.
//!
//! PromQL here counts from the beginning of the scenario, which says nothing of a date: the functions want
//! the time as an argument.

/// A moment, by the civil calendar.
struct Moment {
    /// Seconds since midnight.
    second: i64,
    /// Days since 1970.
    day: i64,
}

/// A date.
struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Moment {
    fn new(seconds: f64) -> Self {
        let seconds = seconds as i64;
        Self { second: seconds.rem_euclid(86_400), day: seconds.div_euclid(86_400) }
    }

    fn date(&self) -> Date {
        // Days since 0000-03-01, so that leap days end a year.
        let days = self.day.saturating_add(719_468);
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Date {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted + 2) / 5 + 1,
        }
    }
}

impl Date {
    fn days_in_month(&self) -> i64 {
        let is_leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        match self.month {
            2 => 28 + i64::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

pub(super) fn minute(seconds: f64) -> f64 {
    (Moment::new(seconds).second / 60 % 60) as f64
}

pub(super) fn hour(seconds: f64) -> f64 {
    (Moment::new(seconds).second / 3_600) as f64
}

/// Sunday is 0; 1970 began on a Thursday.
pub(super) fn day_of_week(seconds: f64) -> f64 {
    (Moment::new(seconds).day.rem_euclid(7) + 4).rem_euclid(7) as f64
}

pub(super) fn day_of_month(seconds: f64) -> f64 {
    Moment::new(seconds).date().day as f64
}

pub(super) fn days_in_month(seconds: f64) -> f64 {
    Moment::new(seconds).date().days_in_month() as f64
}

pub(super) fn day_of_year(seconds: f64) -> f64 {
    let mut date = Moment::new(seconds).date();
    let mut days = date.day;
    while 1 < date.month {
        date.month -= 1;
        days += date.days_in_month();
    }
    days as f64
}

pub(super) fn month(seconds: f64) -> f64 {
    Moment::new(seconds).date().month as f64
}

pub(super) fn year(seconds: f64) -> f64 {
    Moment::new(seconds).date().year as f64
}
