//! Numbers and names as people read them.

use sim_core::time::SimTime;

/// `6:42`: for ticks and prompts. Before the beginning lies the set-up.
pub fn clock(time: SimTime) -> String {
    let secs = time.as_whole_secs();
    if secs < 0 { "setup".into() } else { format!("{}:{:02}", secs / 60, secs % 60) }
}

/// `108/s`; small rates keep a digit.
pub fn rate(per_second: f64) -> String {
    if per_second != 0.0 && per_second < 9.95 {
        format!("{per_second:.1}/s")
    } else {
        format!("{per_second:.0}/s")
    }
}

/// `90 %`, without pretending that a little is nothing or nearly all is all.
pub fn share(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        _ if percent <= 0.0 => "0 %".into(),
        _ if percent < 1.0 => "<1 %".into(),
        _ if 99.0 < percent && percent < 100.0 => ">99 %".into(),
        _ => format!("{percent:.0} %"),
    }
}

/// `1 request`, `2 requests`.
pub fn count(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// A text broken into at most two lines of `width` characters, at a space or an inner capital
/// (`CrashLoopBackOff`); what does not fit is cut.
pub fn two_lines(text: &str, width: usize) -> Vec<String> {
    if text.chars().count() <= width {
        return if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
    }
    let mut previous = ' ';
    let breaks = text.char_indices().filter(|&(index, letter)| {
        let inner_capital = letter.is_uppercase() && previous.is_lowercase();
        previous = letter;
        0 < index && (letter == ' ' || inner_capital)
    });
    let fits = |&(index, _): &(usize, char)| text[..index].chars().count() <= width;
    let place = breaks.take_while(fits).last().map(|(index, _)| index);
    let place = place
        .unwrap_or_else(|| text.char_indices().nth(width).map_or(text.len(), |(index, _)| index));
    vec![text[..place].to_owned(), cut(text[place..].trim_start(), width)]
}

/// At most `width` characters, the last an ellipsis if something is missing.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_round_to_all_or_nothing() {
        for (value, text) in
            [(0.0, "0 %"), (0.001, "<1 %"), (0.1, "10 %"), (0.999, ">99 %"), (1.0, "100 %")]
        {
            assert_eq!(share(value), text);
        }
    }

    #[test]
    fn rates_keep_a_digit_only_where_it_says_something() {
        assert_eq!([0.0, 0.25, 9.9, 108.4].map(rate), ["0/s", "0.2/s", "9.9/s", "108/s"]);
    }

    #[test]
    fn long_states_break_at_words_and_capitals() {
        for (text, lines) in [
            ("", vec![]),
            ("probe 1/3", vec!["probe 1/3"]),
            ("pulling image", vec!["pulling", "image"]),
            ("CrashLoopBackOff", vec!["CrashLoop", "BackOff"]),
            ("ContainerCreating", vec!["Container", "Creating"]),
            ("abcdefghijklmnopqrstuvwxyz", vec!["abcdefghijk", "lmnopqrstu…"]),
        ] {
            assert_eq!(two_lines(text, 11), lines, "{text}");
        }
    }

    #[test]
    fn the_clock_counts_minutes_beyond_the_hour() {
        assert_eq!(clock(SimTime::from_secs(402)), "6:42");
        assert_eq!(clock(SimTime::from_secs(3 * 3600)), "180:00");
        assert_eq!(clock(SimTime::from_secs(-5)), "setup");
    }
}
