//! How long ago something was, as Kubernetes says it (`duration.HumanDuration` in `apimachinery`).

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, Time};

use crate::object::ObjectMeta;
use crate::time::VirtualTime;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY_HOURS: i64 = 24;
const YEAR_HOURS: i64 = 365 * DAY_HOURS;

/// A number of seconds in at most two units: `90s`, `2m5s`, `3h`, `8d`.
pub fn human(seconds: i64) -> String {
    let (minutes, hours) = (seconds / MINUTE, seconds / HOUR);
    let two = |first: i64, unit: char, second: i64, small: char| match second {
        0 => format!("{first}{unit}"),
        second => format!("{first}{unit}{second}{small}"),
    };
    match () {
        // A clock that is a little behind is no reason for an error.
        () if seconds < -1 => "<invalid>".to_owned(),
        () if seconds < 0 => "0s".to_owned(),
        () if seconds < 2 * MINUTE => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, 'm', seconds % MINUTE, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, 'h', minutes % 60, 'm'),
        () if hours < 2 * DAY_HOURS => format!("{hours}h"),
        () if hours < 8 * DAY_HOURS => two(hours / DAY_HOURS, 'd', hours % DAY_HOURS, 'h'),
        () if hours < 2 * YEAR_HOURS => format!("{}d", hours / DAY_HOURS),
        () if hours < 8 * YEAR_HOURS => two(hours / YEAR_HOURS, 'y', hours / DAY_HOURS % 365, 'd'),
        () => format!("{}y", hours / YEAR_HOURS),
    }
}

/// How long ago an instant was; `<unknown>` without one.
pub fn since(time: Option<&Time>, now: VirtualTime) -> String {
    time.map_or_else(unknown, |time| human(now.timestamp().as_second() - time.0.as_second()))
}

/// How long ago an instant with microseconds was; `<unknown>` without one.
pub fn since_micro(time: Option<&MicroTime>, now: VirtualTime) -> String {
    time.map_or_else(unknown, |time| human(now.timestamp().as_second() - time.0.as_second()))
}

/// How old an object is.
pub fn of(meta: &ObjectMeta, now: VirtualTime) -> String {
    since(meta.creation_timestamp.as_ref(), now)
}

fn unknown() -> String {
    "<unknown>".to_owned()
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn ages_are_said_in_at_most_two_units() {
        for (seconds, text) in [
            (-5, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (125, "2m5s"),
            (599, "9m59s"),
            (600, "10m"),
            (3 * 3600 - 1, "179m"),
            (3 * 3600, "3h"),
            (3 * 3600 + 60, "3h1m"),
            (8 * 3600, "8h"),
            (48 * 3600, "2d"),
            (49 * 3600, "2d1h"),
            (8 * 24 * 3600, "8d"),
            (730 * 24 * 3600, "2y"),
            (731 * 24 * 3600, "2y1d"),
            (9 * 365 * 24 * 3600, "9y"),
        ] {
            assert_eq!(human(seconds), text, "{seconds}");
        }
    }
}
