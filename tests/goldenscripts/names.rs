//! Names that the cluster made up, replaced by names that do not differ from seed to seed.
//!
//! `web-596556dd5f` is `web-v1`, its pods are `web-v1-*`, another template's set is `web-v2`; a uid is `uid-1`, the
//! next one `uid-2`; the address of a Service is `10.96.*.*`; less than a tenth of a second is `a moment`.

use std::collections::BTreeMap;

use regex::{Captures, Regex};

/// Letters of made-up names: no vowels, so that no words come about.
const LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";

/// The names that were met.
pub struct Names {
    /// Template hashes by number.
    versions: BTreeMap<String, usize>,
    uids: BTreeMap<String, usize>,
    word: Regex,
    uid: Regex,
    service_ip: Regex,
    moment: Regex,
}

impl Default for Names {
    fn default() -> Self {
        let pattern = |text| Regex::new(text).expect("a pattern");
        Self {
            versions: BTreeMap::new(),
            uids: BTreeMap::new(),
            word: pattern(r"[0-9A-Za-z]+(-[0-9A-Za-z]+)+"),
            uid: pattern(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
            moment: pattern(r"(?-u:\b)[0-9]{1,2}ms(?-u:\b)"),
            service_ip: pattern(r"10\.96\.[0-9]+\.([2-9]|[1-9][0-9]+)"),
        }
    }
}

impl Names {
    /// The text without made-up names.
    pub fn anonymous(&mut self, text: &str) -> String {
        let Self { versions, uids, word, uid, service_ip, moment } = self;
        let text = uid.replace_all(text, |found: &Captures<'_>| {
            let next = uids.len() + 1;
            format!("uid-{}", uids.entry(found[0].to_owned()).or_insert(next))
        });
        let text = service_ip.replace_all(&text, "10.96.*.*");
        let text = moment.replace_all(&text, "a moment");
        word.replace_all(&text, |found: &Captures<'_>| called(versions, &found[0])).into_owned()
    }

    /// The uid that a script calls `uid-1`.
    pub fn uid(&self, called: &str) -> String {
        let number = called.strip_prefix("uid-").and_then(|number| number.parse::<usize>().ok());
        let known = self.uids.iter().find(|(_, known)| Some(**known) == number);
        known.map_or(called, |(uid, _)| uid).to_owned()
    }
}

fn called(versions: &mut BTreeMap<String, usize>, word: &str) -> String {
    let made_up = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.chars().all(|letter| LETTERS.contains(letter))
    };
    let mut version = |hash: &str| {
        let next = versions.len() + 1;
        format!("v{}", versions.entry(hash.to_owned()).or_insert(next))
    };
    let Some((front, last)) = word.rsplit_once('-') else { return word.to_owned() };
    if made_up(last, 6..=10) {
        return format!("{front}-{}", version(last));
    }
    if !made_up(last, 5..=5) {
        return word.to_owned();
    }
    match front.rsplit_once('-') {
        Some((app, hash)) if made_up(hash, 6..=10) => format!("{app}-{}-*", version(hash)),
        _ => format!("{front}-*"),
    }
}
