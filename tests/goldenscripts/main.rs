//! Each component by script: commands in, what it answers and does out.
//!
//! `COMPONENT/NAME` is one script. It opens with what it shows and why the real component does so; the outputs were
//! made by the simulator and read against recordings of a real cluster and the source of Kubernetes. A changed output is
//! a changed behaviour: read the difference, then accept it with `UPDATE_GOLDENFILES=1 cargo test --test
//! goldenscripts`.
//!
//! The commands are listed where they are carried out: [`requests`] (to the API server), [`cluster`], [`server`] and
//! [`store`] (the three stages on which scripts are played).
#![allow(clippy::disallowed_methods, reason = "the harness reads the scripts")]

mod args;
mod cluster;
mod fields;
mod names;
mod requests;
mod server;
mod store;
mod story;

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use cluster::ClusterRunner;
use goldenscript::Runner;
use server::ServerRunner;
use store::StoreRunner;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldenscripts");

/// The scripts of a component, in the order of their names.
fn scripts(component: &str) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(format!("{FOLDER}/{component}")).expect("the component's scripts");
    let mut found: Vec<PathBuf> = folder.map(|entry| entry.expect("a script").path()).collect();
    found.sort();
    found
}

/// Plays every script of a component, each on a stage of its own.
fn play<R: Runner>(component: &str, stage: impl Fn() -> R)
where
    <R::Command as TryFrom<&'static goldenscript::Command>>::Error: Display,
{
    let found = scripts(component);
    assert!(found.len() >= 3, "{component} has only {} scripts", found.len());
    let mut failed = Vec::new();
    for script in found {
        let name = format!("{component}/{}", script.file_name().unwrap_or_default().to_string_lossy());
        // A changed output panics, with the difference on stderr.
        match catch_unwind(AssertUnwindSafe(|| goldenscript::run(&mut stage(), &script))) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failed.push(format!("{name}: {error}")),
            Err(_) => failed.push(format!("{name}: its output changed")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Scripts on a whole cluster, which show what these components do unless they say otherwise.
macro_rules! components {
    ($($test:ident $folder:literal: $($shown:literal)+;)*) => { $(
        #[test]
        fn $test() {
            play($folder, || ClusterRunner::showing(&[$($shown),+]));
        }
    )* };
}

components! {
    deployment "deployment": "deployment";
    replicaset "replicaset": "replicaset";
    endpointslice "endpointslice": "endpointslice";
    endpoints "endpoints": "endpoints";
    nodelifecycle "nodelifecycle": "node-lifecycle";
    tainteviction "tainteviction": "taint-eviction";
    garbagecollector "garbagecollector": "garbage-collector";
    namespace "namespace": "namespace";
    podgc "podgc": "pod-gc";
    serviceaccount "serviceaccount": "serviceaccount" "root-ca-publisher";
    scheduler "scheduler": "scheduler";
    kubelet "kubelet": "kubelet" "runtime";
    kube_proxy "kube-proxy": "kube-proxy";
}

#[test]
fn etcd() {
    play("etcd", StoreRunner::default);
}

#[test]
fn apiserver() {
    play("apiserver", ServerRunner::default);
}

/// Every script is played, and says first what it is about.
#[test]
fn scripts_open_with_what_they_show() {
    let folders = std::fs::read_dir(FOLDER).expect("the folder");
    let folders = folders.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    let source = include_str!("main.rs");
    for folder in folders {
        let component = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        assert!(source.contains(&format!("\"{component}\"")), "{component} is not played");
        for script in scripts(&component) {
            let text = std::fs::read_to_string(&script).expect("a script");
            let comment = text.lines().take_while(|line| line.starts_with('#')).count();
            assert!(comment >= 2, "{} should say what it shows, and why that is so", script.display());
        }
    }
}
