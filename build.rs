//! What is embedded into the program is part of its source: when a lesson or a manifest changes, it is built again.

fn main() {
    for folder in ["lessons", "manifests", "assets"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
