//! `kubeloop run`: scripts without a screen.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use smol_str::format_smolstr;

use super::args::{DriverKind, Output, RunArgs};
use super::{BadInput, Exit, files, table};
use crate::engine::driver::{Driver, Inline, Threads};
use crate::engine::{Engine, NodeSpec, World};
use crate::expression::Expression;
use crate::record::Disk;
use crate::record::trace_file;
use crate::script::{Held, Report, Runner, Script};

/// Plays every script; the worst result counts.
pub(super) fn run(args: &RunArgs) -> anyhow::Result<Exit> {
    let until = match args.until.as_deref().map(Expression::parse).transpose() {
        Ok(until) => until,
        Err(error) => {
            eprintln!("--until:1:{}: {error}", error.column);
            return Ok(Exit::BadInput);
        }
    };
    if args.scripts.len() > 1 && (args.trace.is_some() || args.journal.is_some()) {
        eprintln!("kubeloop: --trace and --journal are files of one run; play one script with them");
        return Ok(Exit::BadInput);
    }
    let mut worst = Exit::Done;
    for path in &args.scripts {
        match (one(path, args, until.as_ref())?, worst) {
            (Exit::BadInput, _) => worst = Exit::BadInput,
            (Exit::Failed, Exit::Done) => worst = Exit::Failed,
            _ => {}
        }
    }
    Ok(worst)
}

fn one(path: &Path, args: &RunArgs, until: Option<&Expression>) -> anyhow::Result<Exit> {
    let name = path.display();
    let Some(text) = files::read(path) else { return Ok(Exit::BadInput) };
    let script = match Script::parse(&text) {
        Ok(script) => script,
        Err(error) => {
            eprintln!("{name}:{error}");
            return Ok(Exit::BadInput);
        }
    };
    let mut config = script.world.config(&script.images, args.seed);
    if let Some(nodes) = args.nodes {
        config.nodes = (1..=nodes).map(|number| NodeSpec::new(format_smolstr!("node-{number}"))).collect();
    }
    let driver: Box<dyn Driver> = match args.driver {
        DriverKind::Inline => Box::new(Inline),
        DriverKind::Threads => Box::new(Threads::new(config.nodes.len())),
    };
    let began = Instant::now();
    let mut trace = args.trace.as_deref().map(open).transpose()?;
    if let Some(trace) = &mut trace {
        trace.write_all(trace_file::header(&config).as_bytes())?;
    }
    let mut engine = Engine::new(config, driver);
    if trace.is_some() {
        engine.tap();
    }
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let files = Disk { folder };
    let mut failure = None;
    let mut runner = Runner::new(&script, &files, &mut engine).on_every_instant(|engine| {
        if let Some(trace) = &mut trace {
            for event in engine.take_fresh() {
                if let Err(error) = trace.write_all(trace_file::line(&event).as_bytes()) {
                    failure.get_or_insert(error);
                }
            }
        }
    });
    if let Some(max) = args.max_time {
        runner = runner.with_max_time(max);
    }
    let report = runner.run(until);
    if let Some(error) = failure {
        return Err(error).context("cannot write the trace");
    }
    if let Some(trace) = &mut trace {
        trace.flush().context("cannot write the trace")?;
    }
    if let Some(path) = &args.journal {
        std::fs::write(path, engine.journal().to_text()).map_err(|error| cannot_write(path, &error))?;
    }
    let real = began.elapsed().as_secs_f64();
    match args.output {
        Output::Text => print_text(&path.display().to_string(), &report, engine.world(), real, args.quiet),
        Output::Json => println!("{}", json(&path.display().to_string(), &report, engine.world(), real)?),
    }
    Ok(match report.exit_code() {
        0 => Exit::Done,
        1 => Exit::Failed,
        _ => Exit::BadInput,
    })
}

fn open(path: &Path) -> Result<BufWriter<File>, BadInput> {
    File::create(path).map(BufWriter::new).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> BadInput {
    BadInput(format!("cannot write {}: {error}", path.display()))
}

fn print_text(name: &str, report: &Report, world: &World, real: f64, quiet: bool) {
    for finding in &report.findings {
        let place = match finding.line {
            0 => "--until".to_owned(),
            line => format!("{name}:{line}:{}", finding.column),
        };
        match finding.held {
            Held::Held if quiet => {}
            Held::Held => println!("ok     {:>9.3} s  {}", finding.t, finding.what),
            Held::Failed => {
                println!("FAILED {:>9.3} s  {}", finding.t, finding.what);
                println!("       {place}: {}", finding.detail.replace('\n', "\n         "));
                for cause in &finding.why {
                    println!("         because {cause}");
                }
            }
            Held::Refused => eprintln!("{place}: error: {}", finding.detail),
        }
    }
    if quiet {
        return;
    }
    let held = report.findings.iter().filter(|finding| finding.held == Held::Held).count();
    println!();
    print!("{}", table::objects(world));
    println!();
    println!(
        "{held} held, {} did not; {:.1} s of cluster time in {real:.2} s; {} events, hash {}",
        report.findings.len() - held,
        report.virtual_secs,
        report.events,
        report.hash
    );
}

fn json(name: &str, report: &Report, world: &World, real: f64) -> anyhow::Result<String> {
    let objects: Vec<serde_json::Value> = table::shown(world).map(|object| object.to_value()).collect();
    let value = serde_json::json!({
        "script": name, "good": report.is_good(), "report": report, "realSecs": real, "objects": objects,
    });
    serde_json::to_string_pretty(&value).context("cannot print the report")
}
