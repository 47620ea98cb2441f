//! How simulated time follows the reader's time.

use sim_core::time::{SimDuration, SimTime};

/// Longest reader's time that one frame stands for, in milliseconds: after a pause of the browser
/// (another tab was in front) the run goes on where it was instead of leaping.
const LONGEST_FRAME_MS: f64 = 100.0;

/// Simulated seconds per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Speed {
    /// As users live it.
    #[default]
    Real,
    /// Twice.
    Double,
    /// Five times.
    Five,
    /// Ten times.
    Ten,
    /// A minute a second.
    Sixty,
}

impl Speed {
    /// All, slowest first.
    pub const ALL: [Self; 5] = [Self::Real, Self::Double, Self::Five, Self::Ten, Self::Sixty];

    /// Simulated seconds per second.
    pub const fn factor(self) -> u32 {
        match self {
            Self::Real => 1,
            Self::Double => 2,
            Self::Five => 5,
            Self::Ten => 10,
            Self::Sixty => 60,
        }
    }
}

/// What a person, or the run itself, does to the playback.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Msg {
    /// Lets time run.
    Play,
    /// Holds time.
    Pause,
    /// One or the other.
    Toggled,
    /// Another speed.
    SpeedChosen(Speed),
    /// The next faster speed, if there is one.
    Faster,
    /// The next slower speed, if there is one.
    Slower,
    /// Shows another time.
    Scrubbed(SimTime),
    /// The time scrubbed to is shown.
    Arrived,
    /// The run is over.
    Ended,
}

/// Whether time runs, how fast, and where to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Playback {
    /// Whether time runs.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// The time that was scrubbed to, until it is shown.
    pub seeking: Option<SimTime>,
}

impl Playback {
    /// Takes a message; true if the recording must be rewound to the time scrubbed to.
    pub fn update(&mut self, msg: Msg, now: SimTime) -> bool {
        match msg {
            Msg::Play => self.playing = true,
            Msg::Pause => self.playing = false,
            Msg::Toggled => self.playing = !self.playing,
            Msg::SpeedChosen(speed) => self.speed = speed,
            Msg::Faster => self.shift_speed(1),
            Msg::Slower => self.shift_speed(-1),
            Msg::Arrived => self.seeking = None,
            Msg::Ended => (self.playing, self.seeking) = (false, None),
            Msg::Scrubbed(time) => {
                self.seeking = Some(time);
                return time < now;
            }
        }
        false
    }

    /// How far a frame that lasted `elapsed_ms` should bring the run; None if it should not move.
    pub fn goal(&self, now: SimTime, elapsed_ms: f64) -> Option<SimTime> {
        if let Some(time) = self.seeking {
            return Some(time);
        }
        let elapsed = elapsed_ms.clamp(0.0, LONGEST_FRAME_MS) / 1e3;
        let passed = SimDuration::from_secs_f64(elapsed * f64::from(self.speed.factor()));
        self.playing.then(|| now + passed)
    }

    /// Whether somebody watches time run, and does not wait for a moment that was scrubbed to.
    pub const fn is_watched(&self) -> bool {
        self.playing && self.seeking.is_none()
    }

    fn shift_speed(&mut self, by: isize) {
        let place = Speed::ALL.iter().position(|&speed| speed == self.speed).unwrap_or(0);
        let place = place.saturating_add_signed(by).min(Speed::ALL.len() - 1);
        self.speed = Speed::ALL[place];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SimTime = SimTime::from_secs(60);

    fn after(msgs: &[Msg]) -> Playback {
        let mut playback = Playback::default();
        for &msg in msgs {
            playback.update(msg, NOW);
        }
        playback
    }

    #[test]
    fn a_frame_moves_time_by_its_length_times_the_speed() {
        for (speed, millis) in [(Speed::Real, 16), (Speed::Ten, 160), (Speed::Sixty, 960)] {
            let playback = after(&[Msg::Play, Msg::SpeedChosen(speed)]);
            let goal = NOW + SimDuration::from_millis(millis);
            assert_eq!(playback.goal(NOW, 16.0), Some(goal), "{speed:?}");
        }
    }

    #[test]
    fn time_stands_still_until_somebody_presses_play() {
        assert_eq!(after(&[]).goal(NOW, 16.0), None);
        assert_eq!(after(&[Msg::Play, Msg::Pause]).goal(NOW, 16.0), None);
        assert_eq!(after(&[Msg::Play, Msg::Ended]).goal(NOW, 16.0), None);
    }

    #[test]
    fn a_tab_that_was_hidden_for_an_hour_does_not_leap() {
        let goal = after(&[Msg::Play]).goal(NOW, 3_600_000.0);
        assert_eq!(goal, Some(NOW + SimDuration::from_millis(100)));
    }

    #[test]
    fn scrubbing_back_rewinds_and_scrubbing_ahead_plays_on() {
        let mut playback = after(&[]);
        assert!(playback.update(Msg::Scrubbed(SimTime::from_secs(30)), NOW));
        assert_eq!(playback.goal(NOW, 16.0), Some(SimTime::from_secs(30)));
        assert!(!playback.update(Msg::Scrubbed(SimTime::from_secs(90)), NOW));
        playback.update(Msg::Arrived, NOW);
        assert_eq!(playback.goal(NOW, 16.0), None);
    }

    #[test]
    fn a_run_on_its_way_to_a_scrubbed_moment_is_awaited_and_not_watched() {
        let there = Msg::Scrubbed(SimTime::from_secs(90));
        for (msgs, watched) in [
            (&[][..], false),
            (&[Msg::Play], true),
            (&[there], false),
            (&[Msg::Play, there], false),
            (&[Msg::Play, there, Msg::Arrived], true),
        ] {
            assert_eq!(after(msgs).is_watched(), watched, "{msgs:?}");
        }
    }

    #[test]
    fn the_speed_stops_at_both_ends() {
        assert_eq!(after(&[Msg::Slower]).speed, Speed::Real);
        assert_eq!(after(&[Msg::Faster; 9]).speed, Speed::Sixty);
        assert_eq!(after(&[Msg::Faster, Msg::Faster, Msg::Slower]).speed, Speed::Double);
    }
}
