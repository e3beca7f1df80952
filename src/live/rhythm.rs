//! How often the screen is painted, and how often traffic on it is brought up to date.
//!
//! | what | full motion | less motion | over ssh |
//! |---|---|---|---|
//! | an answer to a key | at once | at once | 8 a second |
//! | something happens | 15 a second | 4 a second | 8 a second |
//! | traffic | 4 a second | 1 a second | as the motion is |
//! | all is well | the clock, once a second | the same | the same |

use std::time::Duration;

use crate::tui::motion::Motion;

const FRAME: Duration = Duration::from_millis(66);
const FAR_FRAME: Duration = Duration::from_millis(125);
const CALM_FRAME: Duration = Duration::from_millis(250);
const STEADY_FRAME: Duration = Duration::from_secs(1);
const RIBBON: Duration = Duration::from_millis(250);
const CALM_RIBBON: Duration = Duration::from_secs(1);

/// What there is to be painted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct News {
    /// Somebody did something.
    pub(super) typed: bool,
    /// Something on the screen moved by itself.
    pub(super) moved: bool,
    /// Time went on.
    pub(super) stale: bool,
    /// All is well: only the clock changes.
    pub(super) settled: bool,
}

/// The rhythm of a terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    /// How much moves.
    pub(super) motion: Motion,
    /// Whether the terminal is at the other end of a network.
    pub(super) far: bool,
}

impl Rhythm {
    /// The time from one frame to the next, at least.
    fn frame(self) -> Duration {
        match (self.motion, self.far) {
            (Motion::Reduced, _) => CALM_FRAME,
            (Motion::Full, true) => FAR_FRAME,
            (Motion::Full, false) => FRAME,
        }
    }

    /// Whether a frame is to be painted, this long after the last one.
    pub(super) fn is_due(self, since: Duration, news: News) -> bool {
        let least = self.frame();
        let patience = if news.settled { STEADY_FRAME } else { least };
        let answer = if self.far { FAR_FRAME } else { Duration::ZERO };
        (news.typed && since >= answer) || (news.moved && since >= least) || (news.stale && since >= patience)
    }

    /// Whether traffic is to be brought up to date, this long after the last time.
    pub(super) fn is_ribbon_due(self, since: Duration) -> bool {
        since >= if self.motion == Motion::Reduced { CALM_RIBBON } else { RIBBON }
    }

    /// How long to sleep at most while something waits to be painted.
    pub(super) fn nap() -> Duration {
        FRAME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVED: News = News { typed: false, moved: true, stale: true, settled: false };

    /// How many frames there are in ten seconds in which there is always this news; looked at each millisecond.
    fn frames(motion: Motion, far: bool, news: News) -> usize {
        let rhythm = Rhythm { motion, far };
        let mut last = 0;
        (1..=10_000_u64)
            .filter(|now| {
                let due = rhythm.is_due(Duration::from_millis(now - last), news);
                last = if due { *now } else { last };
                due
            })
            .count()
    }

    #[test]
    fn frames_are_capped_by_motion_and_by_the_network() {
        assert_eq!(frames(Motion::Full, false, MOVED), 151);
        assert_eq!(frames(Motion::Full, true, MOVED), 80, "8 a second over ssh");
        assert_eq!(frames(Motion::Reduced, false, MOVED), 40);
        assert_eq!(frames(Motion::Reduced, true, MOVED), 40);
        let steady = News { moved: false, settled: true, ..MOVED };
        assert_eq!(frames(Motion::Full, false, steady), 10, "nothing but the clock");
        assert_eq!(frames(Motion::Full, false, News::default()), 0);
    }

    #[test]
    fn keys_are_answered_at_once_but_over_ssh_with_the_next_frame() {
        let typed = News { typed: true, ..News::default() };
        for motion in [Motion::Full, Motion::Reduced] {
            assert!(Rhythm { motion, far: false }.is_due(Duration::ZERO, typed));
        }
        assert_eq!(frames(Motion::Full, true, typed), 80);
    }

    #[test]
    fn traffic_is_slower_than_frames() {
        let due = |motion, since| Rhythm { motion, far: false }.is_ribbon_due(Duration::from_millis(since));
        assert!(due(Motion::Full, 250) && !due(Motion::Full, 249));
        assert!(due(Motion::Reduced, 1000) && !due(Motion::Reduced, 999));
    }
}
