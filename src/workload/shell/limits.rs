//! What is too much for a script: the parser is made for scripts that people write.

/// The longest script that is read. A ConfigMap holds at most 1 MiB; scripts in manifests are far shorter.
const LONGEST_BYTES: usize = 64 << 10;
/// How deep brackets may be nested.
const DEEPEST_BRACKETS: usize = 24;
/// How deep `$(...)` and `${...}` may be nested.
const DEEPEST_EXPANSIONS: usize = 6;
/// How deep `if` and loops may be nested.
const DEEPEST_COMPOUNDS: usize = 24;
/// How deep `case` may be nested.
const DEEPEST_CASES: usize = 6;

/// Refuses what could exhaust the parser's stack, trip it or keep it busy for ages: it recurses, and where it
/// tries alternatives again the work doubles with each level.
pub(super) fn check_size(text: &str) -> Result<(), String> {
    if text.len() > LONGEST_BYTES {
        return Err(format!("script is longer than {LONGEST_BYTES} bytes"));
    }
    let mut open: Vec<bool> = Vec::new();
    let (mut digits, mut dollar) = (0, false);
    for byte in text.bytes() {
        match byte {
            b'(' | b'{' => open.push(dollar),
            b')' | b'}' => {
                open.pop();
            }
            b'<' | b'>' if digits > 4 => return Err("bad file descriptor".to_owned()),
            _ => {}
        }
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        dollar = byte == b'$';
        let expansions = open.iter().filter(|expansion| **expansion).count();
        if open.len() > DEEPEST_BRACKETS || expansions > DEEPEST_EXPANSIONS {
            return Err("brackets are nested too deep".to_owned());
        }
    }
    let (mut compounds, mut cases) = (0_usize, 0_usize);
    for word in text.split(|c: char| c.is_whitespace() || c == ';') {
        match word {
            "if" | "while" | "until" | "for" => compounds += 1,
            "case" => cases += 1,
            "fi" | "done" => compounds = compounds.saturating_sub(1),
            "esac" => cases = cases.saturating_sub(1),
            _ => {}
        }
        if compounds > DEEPEST_COMPOUNDS || cases > DEEPEST_CASES {
            return Err("commands are nested too deep".to_owned());
        }
    }
    Ok(())
}
