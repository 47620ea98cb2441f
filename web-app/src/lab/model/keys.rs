//! What keys do in the lab when nobody is typing.

use sim_core::time::{SimDuration, SimTime};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    /// Play or pause.
    Toggle,
    /// The next thing that happens.
    Step,
    /// Show this time.
    Scrub(SimTime),
    /// Next faster speed.
    Faster,
    /// Next slower speed.
    Slower,
    /// Put the cursor into the terminal.
    Terminal,
    /// Show or hide the list of keys.
    Keys,
    /// Leave what is open.
    Leave,
}

/// Keys and what they do, for the list that `?` shows.
pub const LIST: [(&str, &str); 9] = [
    ("Space", "play or pause"),
    (".", "step to the next event"),
    ("← →", "five seconds back or ahead"),
    ("Shift ← →", "one minute back or ahead"),
    ("Home End", "go to the beginning, or as far as you have played"),
    ("+ −", "play faster or slower"),
    ("t", "type in the terminal"),
    ("Esc", "leave the terminal, close what is open"),
    ("?", "show or hide these keys"),
];

/// What a key asks for, at a shown time; `horizon` is as far as the run was played.
pub fn wish(key: &str, shift: bool, now: SimTime, horizon: SimTime) -> Option<Wish> {
    let leap = SimDuration::from_secs(if shift { 60 } else { 5 });
    let back = SimTime::ZERO + now.since(SimTime::ZERO + leap);
    Some(match key {
        " " => Wish::Toggle,
        "." => Wish::Step,
        "ArrowLeft" => Wish::Scrub(back),
        "ArrowRight" => Wish::Scrub(now + leap),
        "Home" => Wish::Scrub(SimTime::ZERO),
        "End" => Wish::Scrub(horizon),
        "+" => Wish::Faster,
        "-" => Wish::Slower,
        "t" => Wish::Terminal,
        "?" => Wish::Keys,
        "Escape" => Wish::Leave,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_move_five_seconds_or_with_shift_a_minute_but_not_before_the_beginning() {
        let horizon = SimTime::from_secs(300);
        for (key, shift, now, then) in [
            ("ArrowLeft", false, 100, 95),
            ("ArrowRight", false, 100, 105),
            ("ArrowLeft", true, 100, 40),
            ("ArrowLeft", true, 30, 0),
            ("End", false, 100, 300),
        ] {
            let wish = wish(key, shift, SimTime::from_secs(now), horizon);
            assert_eq!(wish, Some(Wish::Scrub(SimTime::from_secs(then))));
        }
    }

    #[test]
    fn other_keys_are_left_to_the_page() {
        assert_eq!(wish("s", false, SimTime::ZERO, SimTime::ZERO), None);
    }
}
