//! What README says can be typed works, and every manifest and script that the repository brings is valid.
#![allow(clippy::disallowed_methods, reason = "the test reads the repository's own files")]

use std::path::{Path, PathBuf};
use std::process::Command;

use kubeloop::engine::driver::Inline;
use kubeloop::engine::{ClusterConfig, Engine};
use kubeloop::manifests;
use kubeloop::object::Kind;
use kubeloop::script::Script;
use kubeloop::time::Span;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Commands that end by themselves and need no terminal; of the others it is only checked that they are understood.
const RUNNABLE: [&str; 6] = ["run", "replay", "fidelity", "completions", "man", "lesson"];

fn readme() -> String {
    std::fs::read_to_string(Path::new(ROOT).join("README.md")).expect("README.md")
}

/// The code blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let open = format!("```{language}\n");
    let parts = text.split(&open).skip(1);
    parts.map(|part| part.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// The commands of the code blocks and of the text, without comments; a line may hold several.
fn commands(text: &str) -> Vec<String> {
    let shell = blocks(text, "sh").concat();
    let lines = shell.lines().map(|line| line.split(" #").next().unwrap_or_default().trim().to_owned());
    let in_blocks = lines.flat_map(|line| line.split(" && ").map(str::to_owned).collect::<Vec<_>>());
    let inline = text.split('`').skip(1).step_by(2).filter(|code| code.starts_with("kubeloop "));
    let mut found: Vec<String> =
        in_blocks.chain(inline.map(str::to_owned)).filter(|line| !line.is_empty()).collect();
    found.dedup();
    found
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(std::fs::copy(&path, target).expect("copied")),
        }
    }
}

/// A folder with what the commands name, in which they may write.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["assets", "manifests", "lessons"] {
        copy(&Path::new(ROOT).join(name), &folder.path().join(name));
    }
    folder
}

fn kubeloop(folder: &Path, args: &[String]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubeloop"));
    let output = command.current_dir(folder).args(args).output().expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "kubeloop {}:\n{out}{err}", args.join(" "));
}

#[test]
fn every_command_works() {
    let folder = workplace();
    let commands = commands(&readme());
    assert!(commands.len() >= 6, "{commands:?}");
    for line in commands {
        let mut words = shlex::split(&line).unwrap_or_else(|| panic!("{line}")).into_iter();
        match words.next().as_deref() {
            Some("kubeloop") => {
                let mut args: Vec<String> = words.collect();
                if !args.first().is_some_and(|word| RUNNABLE.contains(&word.as_str())) {
                    args.push("--help".to_owned());
                }
                kubeloop(folder.path(), &args);
            }
            Some("cargo") => {
                let rest: Vec<String> = words.collect();
                let known = [vec!["run", "--release"], vec!["test"]];
                assert!(known.iter().any(|known| *known == rest), "{line}");
            }
            _ => panic!("what is this? {line}"),
        }
    }
}

#[test]
fn the_screen_shown_is_one_that_is_tested() {
    let snapshot = Path::new(ROOT).join("tests/snapshots/screens__healing_at_80x24.snap");
    let text = std::fs::read_to_string(snapshot).expect("the snapshot");
    let screen = text.splitn(3, "---\n").nth(2).expect("a head and a screen");
    let shown = blocks(&readme(), "text");
    assert_eq!(
        shown.first().map(|text| text.trim_end()),
        Some(screen.trim_end()),
        "README shows another screen"
    );
}

#[test]
fn every_script_shown_holds() {
    let folder = workplace();
    let scripts = blocks(&readme(), "yaml");
    assert!(!scripts.is_empty());
    for script in scripts {
        std::fs::write(folder.path().join("assets/scripts/shown.yaml"), script).expect("written");
        kubeloop(folder.path(), &["run".to_owned(), "assets/scripts/shown.yaml".to_owned()]);
    }
}

#[test]
fn every_folder_named_is_there() {
    let text = readme();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("/`"));
    let folders: Vec<&str> = rows.map(|(folder, _)| folder).collect();
    assert!(folders.len() >= 5, "{folders:?}");
    for folder in folders {
        assert!(Path::new(ROOT).join("src").join(folder).is_dir(), "src/{folder}");
    }
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => yaml_files(&path, found),
            false if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") => {
                found.push(path);
            }
            false => {}
        }
    }
    found.sort();
}

/// Manifests are accepted by the API server; scripts can be read; nothing else lies around.
#[test]
fn every_manifest_and_script_is_valid() {
    let mut files = Vec::new();
    for folder in ["manifests", "assets"] {
        yaml_files(&Path::new(ROOT).join(folder), &mut files);
    }
    let mut engine = Engine::new(ClusterConfig::with_nodes(0, 7), Box::new(Inline));
    engine.run_until(engine.now() + Span::secs(2));
    let mut manifests_seen = 0;
    for file in files {
        let name = file.strip_prefix(ROOT).expect("in the repository").display().to_string();
        let text = std::fs::read_to_string(&file).expect("a file");
        if text.lines().any(|line| line.starts_with("apiVersion:")) {
            let mut documents = manifests::parse(&name, &text)
                .unwrap_or_else(|problems| panic!("{}", problems[0].render(false)));
            documents.sort_by_key(|document| document.kind != Kind::Namespace);
            for document in documents {
                let sent = manifests::send::send(&mut engine, &document, "test", "apply", &mut None);
                sent.unwrap_or_else(|problem| panic!("{}", problem.render(false)));
                engine.run_until(engine.now() + Span::secs(1));
            }
            manifests_seen += 1;
        } else if text.lines().any(|line| line.starts_with("steps:")) {
            Script::parse(&text).unwrap_or_else(|error| panic!("{name}:{error}"));
        } else {
            // The catalogue of images is read by its own tests.
            assert!(name.ends_with("images.yaml"), "{name} is neither a manifest nor a script");
        }
    }
    assert!(manifests_seen >= 3);
}
