//! The forms of names, labels, keys and ports: what they must look like, and the sentence that says so.
//!
//! Each function returns what is wrong with the text, nothing if all is well. The sentences are those of
//! `k8s.io/apimachinery/pkg/util/validation` and, for label keys and values, of `pkg/api/validate/content`
//! (which counts bytes where the other counts characters).

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const SUBDOMAIN_UNDERSCORE: &str = r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*";
const KEY_NAME: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// The sentence for a text that must match `regex` (`validation.RegexError`).
fn must_match(sentence: &str, regex: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{sentence} (e.g. {}regex used for validation is '{regex}')", examples.join(" or "))
}

fn at_most(limit: usize, unit: &str) -> String {
    format!("must be no more than {limit} {unit}")
}

fn is_lower(letter: u8) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit()
}

/// Whether the ends satisfy `end` and all between satisfies `inner` or `end`.
fn framed(text: &str, end: fn(u8) -> bool, inner: &[u8]) -> bool {
    let bytes = text.as_bytes();
    let ends = |at: Option<&u8>| at.copied().is_some_and(end);
    ends(bytes.first()) && ends(bytes.last()) && bytes.iter().all(|b| end(*b) || inner.contains(b))
}

fn is_label(text: &str) -> bool {
    framed(text, is_lower, b"-")
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// A name that may become a host name: `web-1` (RFC 1123 label).
pub fn dns_label(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push(at_most(63, "characters"));
    }
    if !is_label(text) {
        wrong.push(match is_subdomain(text) {
            true => "must not contain dots".to_owned(),
            false => must_match(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                 start and end with an alphanumeric character",
                LABEL,
                &["my-name", "123-abc"],
            ),
        });
    }
    wrong
}

fn subdomain_in(text: &str, unit: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 253 {
        wrong.push(at_most(253, unit));
    }
    if !is_subdomain(text) {
        wrong.push(must_match(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
             must start and end with an alphanumeric character",
            SUBDOMAIN,
            &["example.com"],
        ));
    }
    wrong
}

/// What most objects' names are: `web`, `example.com` (RFC 1123 subdomain).
pub fn dns_subdomain(text: &str) -> Vec<String> {
    subdomain_in(text, "characters")
}

/// A DNS search domain: a subdomain that may contain `_`.
pub fn dns_search(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 253 {
        wrong.push(at_most(253, "characters"));
    }
    let label = |part: &str| framed(part.strip_prefix('_').unwrap_or(part), is_lower, b"-_");
    if !text.split('.').all(label) {
        wrong.push(must_match(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', \
             and must start and end with an alphanumeric character",
            SUBDOMAIN_UNDERSCORE,
            &["example.com"],
        ));
    }
    wrong
}

fn is_alphanumeric(letter: u8) -> bool {
    letter.is_ascii_alphanumeric()
}

/// The key of a label or annotation, and what else must be a "qualified name": `app`, `example.com/app`.
pub fn qualified_name(text: &str) -> Vec<String> {
    let sentence = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                    alphanumeric character";
    let examples = ["MyName", "my.name", "123-abc"];
    let mut wrong = Vec::new();
    let mut parts = text.split('/');
    let name = match (parts.next(), parts.next(), parts.next()) {
        (Some(name), None, _) => name,
        (Some(prefix), Some(name), None) => {
            if prefix.is_empty() {
                wrong.push("prefix part must be non-empty".to_owned());
            }
            let found = if prefix.is_empty() { Vec::new() } else { subdomain_in(prefix, "bytes") };
            wrong.extend(found.into_iter().map(|fault| format!("prefix part {fault}")));
            name
        }
        _ => {
            return vec![
                must_match(&format!("a valid label key {sentence}"), KEY_NAME, &examples)
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
            ];
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        wrong.push(format!("name part {}", at_most(63, "bytes")));
    }
    if !framed(name, is_alphanumeric, b"-_.") {
        wrong.push(format!("name part {}", must_match(sentence, KEY_NAME, &examples)));
    }
    wrong
}

/// The value of a label.
pub fn label_value(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push(at_most(63, "bytes"));
    }
    if !text.is_empty() && !framed(text, is_alphanumeric, b"-_.") {
        wrong.push(must_match(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and \
             must start and end with an alphanumeric character",
            "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
            &["MyValue", "my_value", "12345"],
        ));
    }
    wrong
}

/// A name that may stand in a path: all that is asked of kinds without a rule of their own.
pub fn path_segment(text: &str) -> Vec<String> {
    let not_be =
        [".", ".."].into_iter().filter(|name| text == *name).map(|name| format!("may not be '{name}'"));
    let not_contain = ["/", "%"].into_iter().filter(|part| text.contains(part));
    not_be.chain(not_contain.map(|part| format!("may not contain '{part}'"))).collect()
}

/// A key of a ConfigMap or Secret, which becomes a file name.
pub fn config_key(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 253 {
        wrong.push(at_most(253, "characters"));
    }
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
        wrong.push(must_match(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    match text {
        "." => wrong.push("must not be '.'".to_owned()),
        ".." => wrong.push("must not be '..'".to_owned()),
        _ if text.starts_with("..") => wrong.push("must not start with '..'".to_owned()),
        _ => {}
    }
    wrong
}

/// The name of a port: `http`.
pub fn port_name(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut when = |fault: bool, sentence: &str| {
        if fault {
            wrong.push(sentence.to_owned());
        }
    };
    when(text.len() > 15, "must be no more than 15 characters");
    when(
        text.is_empty() || !text.bytes().all(|b| is_lower(b) || b == b'-'),
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    when(!text.bytes().any(|b| b.is_ascii_lowercase()), "must contain at least one letter (a-z)");
    when(text.contains("--"), "must not contain consecutive hyphens");
    when(text.starts_with('-') || text.ends_with('-'), "must not begin or end with a hyphen");
    wrong
}

/// A port's number.
pub fn port_number(number: i64) -> Option<&'static str> {
    (!(1..=65535).contains(&number)).then_some("must be between 1 and 65535, inclusive")
}

/// The name of an environment variable.
pub fn variable_name(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.is_empty() {
        wrong.push("environment variable name must be non-empty".to_owned());
    }
    if text.bytes().any(|b| !(b' '..=b'~').contains(&b) || b == b'=') {
        wrong.push(
            "a valid environment variable name must consist only of printable ASCII characters other than '='"
                .to_owned(),
        );
    }
    wrong
}

/// The name of an HTTP header.
pub fn http_header(text: &str) -> Vec<String> {
    match !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        true => Vec::new(),
        false => vec![must_match(
            "a valid HTTP header must consist of alphanumeric characters or '-'",
            "[-A-Za-z0-9]+",
            &["X-Header-Name"],
        )],
    }
}

/// A percentage: `25%`.
pub fn percentage(text: &str) -> Result<u64, String> {
    let digits = text.strip_suffix('%').filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()));
    digits.map(|digits| digits.parse().unwrap_or(u64::MAX)).ok_or_else(|| {
        must_match(
            "a valid percent string must be a numeric string followed by an ending '%'",
            "[0-9]+%",
            &["1%", "93%"],
        )
    })
}

/// A rule for objects' names.
pub type NameRule = fn(&str) -> Vec<String>;

/// Applies a rule to the beginning of a name (`generateName`), where a dash may come last.
pub fn prefix(rule: NameRule, text: &str) -> Vec<String> {
    match text.strip_suffix('-') {
        // The real server replaces the last two characters by one `a`.
        Some(rest) => rule(&format!("{}a", rest.get(..rest.len().saturating_sub(1)).unwrap_or(""))),
        None => rule(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        for (rule, good, bad) in [
            (dns_label as NameRule, "web-1", "Web"),
            (dns_subdomain, "a.b-c", "a..b"),
            (qualified_name, "example.com/Name_1", "a/b/c"),
            (label_value, "", "-x"),
            (config_key, "a.b", "a b"),
            (port_name, "http", "1234"),
            (variable_name, "A B", "a=b"),
            (dns_search, "_tcp.a_b", "A"),
            (path_segment, "Any_thing", ".."),
        ] {
            assert_eq!(rule(good), Vec::<String>::new(), "{good}");
            assert!(!rule(bad).is_empty(), "{bad}");
        }
        assert_eq!(dns_label("a.b"), ["must not contain dots"]);
        assert_eq!(prefix(dns_subdomain, "web-"), Vec::<String>::new());
        assert_eq!(percentage("25%"), Ok(25));
        assert!(percentage("x%").is_err());
    }
}
