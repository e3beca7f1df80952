//! The repository checks itself: layers, module docs, file sizes.
#![allow(clippy::disallowed_methods, reason = "a test of the source files reads them")]

use std::path::{Path, PathBuf};

/// The modules in layer order, as `src/lib.rs` lists them. A module uses only those above it; what one layer
/// shares as vocabulary with the next is named in `ALLOWED`.
fn layers() -> Vec<String> {
    let lib = std::fs::read_to_string("src/lib.rs").expect("src/lib.rs");
    lib.lines()
        .filter_map(|line| Some(line.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned()))
        .collect()
}

/// Uses against the order, each with its reason.
const ALLOWED: &[(&str, &str, &str)] = &[
    ("network", "actor", "packets name the actors between which they travel"),
    ("node", "actor", "a node is an actor"),
    ("network", "client", "the clients' actor"),
    ("node", "client", "kubelet and kube-proxy are loops"),
    ("apiserver", "actor", "the API server is an actor"),
    ("apiserver", "network", "service addresses are allocated by the API server"),
    ("actor", "client", "what can be seen of a loop"),
    ("manifests", "engine", "a document is sent as an input"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for entry in entries {
        match entry.is_dir() {
            true => sources(&entry, found),
            false if entry.extension().is_some_and(|extension| extension == "rs") => found.push(entry),
            false => {}
        }
    }
}

fn all_sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    files
        .into_iter()
        .map(|path| (path.clone(), std::fs::read_to_string(path).expect("a source file")))
        .collect()
}

/// The text without its test modules.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

#[test]
fn modules_use_only_the_layers_above_them() {
    let layers = layers();
    let place = |name: &str| layers.iter().position(|layer| layer == name);
    let mut wrong = Vec::new();
    for (path, text) in all_sources() {
        let mut parts = path.iter().skip(1).map(|part| part.to_string_lossy().into_owned());
        let Some(here) = parts.next().and_then(|module| place(&module).map(|place| (module, place))) else {
            continue;
        };
        for line in without_tests(&text).lines() {
            for used in line.split("crate::").skip(1) {
                let name: String =
                    used.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                let allowed = ALLOWED.iter().any(|(from, to, _)| *from == here.0 && *to == name);
                if place(&name).is_some_and(|there| there > here.1) && !allowed {
                    wrong.push(format!("{}: uses crate::{name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "against the order of src/lib.rs:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_opens_with_its_chapter() {
    let missing: Vec<String> = all_sources()
        .into_iter()
        .filter(|(path, text)| !text.starts_with("//!") && !path.ends_with("tests.rs"))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(missing.is_empty(), "without a chapter:\n{}", missing.join("\n"));
}

#[test]
fn files_are_small() {
    let long: Vec<String> = all_sources()
        .into_iter()
        .filter(|(path, text)| {
            let is_test = path.ends_with("tests.rs") || path.iter().any(|part| part == "tests");
            !is_test && (without_tests(text).lines().count() > 400 || text.lines().count() > 600)
        })
        .map(|(path, text)| format!("{} has {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "a missing concept?\n{}", long.join("\n"));
}

#[test]
fn time_threads_and_files_stay_at_the_rim() {
    let rim =
        ["src/live", "src/http", "src/cli", "src/record", "src/main.rs", "src/engine/driver/threads.rs"];
    let forbidden = [
        "SystemTime",
        "Instant::now",
        "thread::spawn",
        "thread::sleep",
        "std::fs::",
        // Addresses are plain data (`core::net`); sockets are not.
        "std::net::Tcp",
        "std::net::Udp",
        "tokio::",
    ];
    let mut wrong = Vec::new();
    for (path, text) in all_sources() {
        if rim.iter().any(|rim| path.starts_with(rim)) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.trim_start();
            if !code.starts_with("//") && forbidden.iter().any(|word| code.contains(word)) {
                wrong.push(format!("{}:{}: {}", path.display(), number + 1, code));
            }
        }
    }
    assert!(wrong.is_empty(), "below the rim:\n{}", wrong.join("\n"));
}
